// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens around the module: CPUs go and come, its parameters change,
 * processes are killed.  One process does these, so that it is known who did.
 */
#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../lib.h"
#include "ops.h"

#define PARAMETERS	"/sys/module/fraktor/parameters"
#define SAVED_MAX	32

static struct saved {
	char name[64];
	char value[64];
} saved[SAVED_MAX];
static unsigned int saved_nr;

static int machine_path(char *path, size_t len, const char *name)
{
	snprintf(path, len, PARAMETERS "/%s", name);
	return open(path, O_RDWR | O_CLOEXEC);
}

int machine_write(const char *parameter, const char *value)
{
	char path[300];
	int fd = machine_path(path, sizeof(path), parameter), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static void machine_save_one(const char *name)
{
	struct saved *s = &saved[saved_nr];
	char path[300];
	int fd = machine_path(path, sizeof(path), name);
	ssize_t len;

	if (fd < 0 || strlen(name) >= sizeof(s->name))
		return;
	len = read(fd, s->value, sizeof(s->value) - 1);
	close(fd);
	if (len <= 0)
		return;
	s->value[len] = '\0';
	strcpy(s->name, name);
	saved_nr++;
}

void machine_save(void)
{
	DIR *dir = opendir(PARAMETERS);
	struct dirent *entry;

	if (!dir)
		return;
	while (saved_nr < SAVED_MAX && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			machine_save_one(entry->d_name);
	closedir(dir);
}

/* With lockdep and KASAN, ticks in an emulator leave little for all else. */
static unsigned int machine_rate(void)
{
	return access("/proc/lockdep", F_OK) ? 4000 : 1000;
}

/*
 * kmemleak's thread looks through all memory with RCU held off, at a low
 * priority: among busy threads in an emulator that ends in a report of a stall
 * that is nobody's fault.  The lab scans when all is over.
 */
static void machine_scan_later(void)
{
	int fd = open("/sys/kernel/debug/kmemleak", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "scan=off", 8) != 8)
		fprintf(stderr, "fuzz: kmemleak goes on scanning\n");
	close(fd);
}

void machine_calm(void)
{
	char rate[16];

	machine_scan_later();
	snprintf(rate, sizeof(rate), "%u", machine_rate());
	machine_write("max_rate", rate);
}

static void machine_parameters(void)
{
	unsigned int i;

	for (i = 0; i < saved_nr; i++)
		machine_write(saved[i].name, saved[i].value);
}

void machine_restore(unsigned int cpus)
{
	unsigned int i;

	for (i = 1; i < cpus; i++)
		t_cpu_set_online(i, true);
	machine_parameters();
}

/* A lock that ends with its holder, on a file that all have. */
static int machine_lock(int operation)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, operation) && errno == EINTR)
		;
	return fd;
}

int machine_hold_cpus(void)
{
	return machine_lock(LOCK_SH);
}

/* --- operations */

int machine_cpu(struct worker *w)
{
	unsigned int cpu = 1 + rnd_below(&w->rnd, w->board->cpus - 1);
	bool online = rnd_below(&w->rnd, 2);
	int lock, ret;

	if (w->board->cpus < 2)
		return IDLE;
	if (t_cpu_online(cpu) == online)
		return IDLE;
	say(w, "cpu %u %s", cpu, online ? "online" : "offline");
	lock = machine_lock(LOCK_EX);
	ret = t_cpu_set_online(cpu, online);
	t_close(&lock);
	return ret;
}

/* Up to what it was, never beyond: the fuzzer shall not starve itself. */
int machine_parameter(struct worker *w)
{
	static const unsigned int rates[] = { 0, 1, 4, 8 };
	static const unsigned int shares[] = { 0, 1, 4, 16, 16 };
	const struct saved *s;
	unsigned long long was;
	char value[32], *end;

	if (!saved_nr)
		return IDLE;
	/* Often all as it was: limits that refuse everything show nothing. */
	if (rnd_below(&w->rnd, 3)) {
		machine_parameters();
		machine_calm();
		return 0;
	}
	s = &saved[rnd_below(&w->rnd, saved_nr)];
	was = strtoull(s->value, &end, 0);
	if (!strcmp(s->name, "max_rate"))
		snprintf(value, sizeof(value), "%u",
			 machine_rate() / 4 * rnd_of(&w->rnd, rates));
	else if (end == s->value)
		snprintf(value, sizeof(value), "%c", "NY"[rnd_below(&w->rnd, 2)]);
	else
		snprintf(value, sizeof(value), "%llu",
			 was * rnd_of(&w->rnd, shares) / 16);
	say(w, "%s = %s", s->name, value);
	return machine_write(s->name, value);
}

int machine_kill(struct worker *w)
{
	unsigned int i, victim = rnd_below(&w->rnd, w->options->threads);
	pid_t pid = w->board->seats[victim].pid;

	if (!pid || w->board->seats[victim].killed_ns)
		return IDLE;
	say(w, "process %d of thread %u", pid, victim);
	for (i = 0; i < BOARD_MACHINE; i++)
		if (w->board->seats[i].pid == pid)
			w->board->seats[i].killed_ns = t_now();
	return kill(pid, SIGKILL) ? -errno : 0;
}

int machine_rest(struct worker *w)
{
	unsigned int i, ms = rnd_below(&w->rnd, 400);

	for (i = 0; i < ms && !board_stopped(w->board); i += 20)
		t_sleep_ms(20);
	return 0;
}
