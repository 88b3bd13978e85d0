/* SPDX-License-Identifier: MIT */
/*
 * signals.h - SIGTERM and SIGINT stop a system, if it was asked for.  They are the
 * process's, so that this is for one system at a time; what handled them before does so
 * again afterwards, and for who sends a second one.
 */
#ifndef FRKI_SYSTEM_SIGNALS_H
#define FRKI_SYSTEM_SIGNALS_H

struct frk_system;
struct frk_error;

/**
 * frki_signals_take() - let the signals stop a system
 * @system: the system.
 * @error: where to say why not; may be NULL.
 *
 * Return: 0; -EBUSY if they stop another one.
 */
int frki_signals_take(struct frk_system *system, struct frk_error *error);

/**
 * frki_signals_release() - and no more; no handler looks at the system afterwards
 * @system: a system, whether it took them or not.
 */
void frki_signals_release(struct frk_system *system);

#endif /* FRKI_SYSTEM_SIGNALS_H */
