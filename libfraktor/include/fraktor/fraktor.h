/* SPDX-License-Identifier: MIT */
/*
 * fraktor/fraktor.h - the core in one include: ticks, actors, the system.
 */
#ifndef FRK_FRAKTOR_H
#define FRK_FRAKTOR_H

#include <fraktor/actor.h>
#include <fraktor/base.h>
#include <fraktor/message.h>
#include <fraktor/system.h>
#include <fraktor/tick.h>

#endif /* FRK_FRAKTOR_H */
