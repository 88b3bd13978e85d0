/* SPDX-License-Identifier: MIT */
/*
 * fraktor/fraktor.h - the core in one include: ticks, actors, the system,
 * and what a real-time program asks of its host.
 */
#ifndef FRK_FRAKTOR_H
#define FRK_FRAKTOR_H

#include <fraktor/actor.h>
#include <fraktor/base.h>
#include <fraktor/breaker.h>
#include <fraktor/buffer.h>
#include <fraktor/dispatcher.h>
#include <fraktor/event.h>
#include <fraktor/filter.h>
#include <fraktor/machine.h>
#include <fraktor/mailbox.h>
#include <fraktor/message.h>
#include <fraktor/router.h>
#include <fraktor/rt.h>
#include <fraktor/system.h>
#include <fraktor/tick.h>

#endif /* FRK_FRAKTOR_H */
