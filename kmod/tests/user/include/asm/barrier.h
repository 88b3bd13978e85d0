/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FRAKTOR_USER_BARRIER_H
#define FRAKTOR_USER_BARRIER_H

#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif
