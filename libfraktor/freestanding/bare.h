/* SPDX-License-Identifier: MIT */
/*
 * bare.h - an actor system of static arrays, fed by a loop that counts: what the
 * freestanding folders are without an operating system (S11).
 */
#ifndef FRKI_FREESTANDING_BARE_H
#define FRKI_FREESTANDING_BARE_H

/**
 * frki_bare_run() - two actors, timers and messages, for a thousand ticks, and the end
 *
 * Return: 0, or the number of what was wrong: see bare.c.
 */
int frki_bare_run(void);

#endif /* FRKI_FREESTANDING_BARE_H */
