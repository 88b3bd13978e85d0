/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine under the fuzzer, put back as it was.
 */
#ifndef FUZZ_MACHINE_H
#define FUZZ_MACHINE_H

/* Remember the module's parameters. */
void machine_save(void);
/* No more ticks, and nothing else, than leaves the fuzzer room to work. */
void machine_calm(void);
/* All CPUs online, all parameters as they were. */
void machine_restore(unsigned int cpus);
/*
 * Until close() of what this returns, no CPU goes or comes.  io_uring before 6.4
 * needs that where a task gets its part of it: it tells the CPUs' notifiers of a
 * pool of workers that is not there yet (io_wq_create()).
 */
int machine_hold_cpus(void);
/* Write a parameter: 0 or -errno. */
int machine_write(const char *parameter, const char *value);

#endif /* FUZZ_MACHINE_H */
