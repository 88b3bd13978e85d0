/* SPDX-License-Identifier: MIT */
/*
 * atomics.h - atomic operations before each of which another thread of the model may come.
 * Included before everything else (-include) in the sources that are explored, which say
 * atomic_..._explicit() as always.
 *
 * The orders are not looked at: what is explored is in the order of the program, one
 * thread at a time.  What needs an order that is too weak ThreadSanitizer may find.
 */
#ifndef FRKI_MODEL_ATOMICS_H
#define FRKI_MODEL_ATOMICS_H

#include <stdatomic.h>

/* Another thread may have its turn here. */
void model_point(void);

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and_explicit

#define MODEL_VALUE(ptr) __typeof__((void)0, *(ptr))

#define atomic_load_explicit(ptr, order)                                        \
	__extension__({                                                         \
		__auto_type model_ptr = (ptr);                                  \
		MODEL_VALUE(model_ptr) model_value;                             \
		model_point();                                                  \
		__atomic_load(model_ptr, &model_value, __ATOMIC_SEQ_CST);       \
		model_value;                                                    \
	})

#define atomic_store_explicit(ptr, value, order)                                \
	__extension__({                                                         \
		__auto_type model_ptr = (ptr);                                  \
		MODEL_VALUE(model_ptr) model_value = (value);                   \
		model_point();                                                  \
		__atomic_store(model_ptr, &model_value, __ATOMIC_SEQ_CST);      \
	})

#define atomic_exchange_explicit(ptr, value, order)                             \
	__extension__({                                                         \
		__auto_type model_ptr = (ptr);                                  \
		MODEL_VALUE(model_ptr) model_value = (value), model_old;        \
		model_point();                                                  \
		__atomic_exchange(model_ptr, &model_value, &model_old,          \
				  __ATOMIC_SEQ_CST);                            \
		model_old;                                                      \
	})

#define atomic_compare_exchange_strong_explicit(ptr, expected, value, yes, no)  \
	__extension__({                                                         \
		__auto_type model_ptr = (ptr);                                  \
		MODEL_VALUE(model_ptr) model_value = (value);                   \
		model_point();                                                  \
		__atomic_compare_exchange(model_ptr, (expected), &model_value,  \
					  0, __ATOMIC_SEQ_CST,                  \
					  __ATOMIC_SEQ_CST);                    \
	})
#define atomic_compare_exchange_weak_explicit atomic_compare_exchange_strong_explicit

#define MODEL_FETCH(op, ptr, value)                                             \
	__extension__({                                                         \
		__auto_type model_ptr = (ptr);                                  \
		MODEL_VALUE(model_ptr) model_value = (value);                   \
		model_point();                                                  \
		__atomic_fetch_##op(model_ptr, model_value, __ATOMIC_SEQ_CST);  \
	})
#define atomic_fetch_add_explicit(ptr, value, order) MODEL_FETCH(add, ptr, value)
#define atomic_fetch_sub_explicit(ptr, value, order) MODEL_FETCH(sub, ptr, value)
#define atomic_fetch_or_explicit(ptr, value, order) MODEL_FETCH(or, ptr, value)
#define atomic_fetch_and_explicit(ptr, value, order) MODEL_FETCH(and, ptr, value)

#endif /* FRKI_MODEL_ATOMICS_H */
