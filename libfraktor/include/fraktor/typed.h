/* SPDX-License-Identifier: MIT */
/*
 * fraktor/typed.h - messages with a type: the kind and what is in it are registered
 * together, and whoever sends something else does not compile.  All of it is inline,
 * over fraktor/actor.h and fraktor/system.h.
 */
#ifndef FRK_TYPED_H
#define FRK_TYPED_H

#include <errno.h>

#include <fraktor/buffer.h>
#include <fraktor/system.h>

#ifdef __cplusplus
#include <type_traits>

template <class T, class U> inline const T &frk_exactly(const U &value)
{
	static_assert(std::is_same<T, U>::value, "not the type of this message");
	return value;
}
#define FRKI_EXACTLY(type, value) frk_exactly<type>(value)
#define FRKI_TYPED_ASSERT(condition, text) static_assert(condition, text)
#else
#define FRKI_EXACTLY(type, value) _Generic((value), type: (value)) /* no conversion */
#define FRKI_TYPED_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/*
 * Register a kind of messages: FRK_MESSAGE_TYPE(name, number, type);
 *
 * name: of the message, for FRK_TELL() and the others; number: its kind, from
 * FRK_MESSAGE_USER up, another one for each name; type: of what is in it, at most
 * FRK_MESSAGE_PAYLOAD_MAX bytes, copied as it is.  At file scope, mostly in a header of
 * those who talk to each other.  Declares the constant NAME_kind and the type NAME_type.
 * The structure at its end takes the semicolon.
 */
#define FRK_MESSAGE_TYPE(name, number, ...) \
	typedef __VA_ARGS__ name##_type; \
	enum { name##_kind = (number) }; \
	FRKI_TYPED_ASSERT((number) >= FRK_MESSAGE_USER, \
			 #name ": kinds below FRK_MESSAGE_USER are the library's"); \
	FRKI_TYPED_ASSERT(sizeof(name##_type) <= FRK_MESSAGE_PAYLOAD_MAX, \
			 #name ": larger than FRK_MESSAGE_PAYLOAD_MAX"); \
	static inline int name##_tell(struct frk_context *context, struct frk_pid to, \
				      name##_type value) \
	{ \
		return frk_context_send(context, to, name##_kind, &value, sizeof(value)); \
	} \
	static inline int name##_post(struct frk_system *system, struct frk_pid to, \
				      name##_type value) \
	{ \
		return frk_system_send(system, to, name##_kind, &value, sizeof(value)); \
	} \
	static inline int name##_ask(struct frk_context *context, struct frk_pid to, \
				     name##_type value, uint64_t timeout_ns, \
				     struct frk_timer *ret_ask) \
	{ \
		return frk_context_ask(context, to, name##_kind, &value, sizeof(value), \
				       timeout_ns, ret_ask); \
	} \
	static inline int name##_answer(struct frk_context *context, \
					const struct frk_message *question, \
					name##_type value) \
	{ \
		return frk_context_answer(context, question, name##_kind, &value, \
					  sizeof(value)); \
	} \
	static inline const name##_type *name##_of(const struct frk_message *message) \
	{ \
		return message->kind == name##_kind && \
				       message->size == sizeof(name##_type) ? \
			       (const name##_type *)message->payload : NULL; \
	} \
	struct frk_typed_##name

/*
 * Likewise for what is sent by reference (fraktor/buffer.h), and may be as large as a
 * buffer: FRK_BUFFER_TYPE(name, number, type);
 *
 * Declares struct NAME_buffer, too: a reference to a buffer with a NAME_type at its
 * beginning, &NAME_buffer.raw.  Other members of the type's family do not fit.
 */
#define FRK_BUFFER_TYPE(name, number, ...) \
	typedef __VA_ARGS__ name##_type; \
	enum { name##_kind = (number) }; \
	FRKI_TYPED_ASSERT((number) >= FRK_MESSAGE_USER, \
			 #name ": kinds below FRK_MESSAGE_USER are the library's"); \
	struct name##_buffer { \
		struct frk_buffer *raw; \
	}; \
	static inline int name##_get(struct frk_buffer_pool *from, \
				     struct name##_buffer *ret_buffer) \
	{ \
		struct frk_buffer *raw = NULL; \
		int ret = frk_buffer_pool_get(from, &raw); \
\
		if (!ret && raw->size < sizeof(name##_type)) { \
			raw = frk_buffer_unref(raw); \
			ret = -EMSGSIZE; \
		} \
		ret_buffer->raw = raw; \
		return ret; \
	} \
	static inline name##_type *name##_data(struct name##_buffer buffer) \
	{ \
		return (name##_type *)buffer.raw->data; \
	} \
	static inline int name##_tell(struct frk_context *context, struct frk_pid to, \
				      struct name##_buffer buffer) \
	{ \
		return frk_context_send_buffer(context, to, name##_kind, buffer.raw); \
	} \
	static inline int name##_post(struct frk_system *system, struct frk_pid to, \
				      struct name##_buffer buffer) \
	{ \
		return frk_system_send_buffer(system, to, name##_kind, buffer.raw); \
	} \
	static inline int name##_ask(struct frk_context *context, struct frk_pid to, \
				     struct name##_buffer buffer, uint64_t timeout_ns, \
				     struct frk_timer *ret_ask) \
	{ \
		return frk_context_ask_buffer(context, to, name##_kind, buffer.raw, \
					      timeout_ns, ret_ask); \
	} \
	static inline int name##_answer(struct frk_context *context, \
					const struct frk_message *question, \
					struct name##_buffer buffer) \
	{ \
		return frk_context_answer_buffer(context, question, name##_kind, buffer.raw); \
	} \
	static inline const name##_type *name##_of(const struct frk_message *message) \
	{ \
		return message->kind == name##_kind && message->buffer && \
				       message->size >= sizeof(name##_type) ? \
			       (const name##_type *)message->payload : NULL; \
	} \
	static inline struct name##_buffer name##_keep(const struct frk_message *message) \
	{ \
		struct name##_buffer buffer = { \
			name##_of(message) ? frk_buffer_ref(message->buffer) : NULL \
		}; \
\
		return buffer; \
	} \
	struct frk_typed_##name

/* frk_buffer_pool_get() of a struct NAME_buffer; -EMSGSIZE if those are too small.  On
 * failure its .raw is NULL. */
#define FRK_GET(pool, name, ret_buffer) name##_get(pool, ret_buffer)
/* What is in it: a NAME_type *. */
#define FRK_DATA(name, buffer) name##_data(buffer)
/* frk_context_send_buffer() and the others, of a struct NAME_buffer. */
#define FRK_TELL_BUFFER(context, to, name, buffer) name##_tell(context, to, buffer)
#define FRK_POST_BUFFER(system, to, name, buffer) name##_post(system, to, buffer)
#define FRK_ASK_BUFFER(context, to, name, buffer, timeout_ns, ret_ask) \
	name##_ask(context, to, buffer, timeout_ns, ret_ask)
#define FRK_ANSWER_BUFFER(context, question, name, buffer) \
	name##_answer(context, question, buffer)
/* frk_buffer_ref() of what is in a message, if it is of that name; else .raw is NULL. */
#define FRK_KEEP(name, message) name##_keep(message)

/* frk_context_send() of a NAME_type: FRK_TELL(context, to, reading, value). */
#define FRK_TELL(context, to, name, value) \
	name##_tell(context, to, FRKI_EXACTLY(name##_type, value))
/* frk_system_send(), likewise, from outside. */
#define FRK_POST(system, to, name, value) \
	name##_post(system, to, FRKI_EXACTLY(name##_type, value))
/* frk_context_ask(), likewise. */
#define FRK_ASK(context, to, name, value, timeout_ns, ret_ask) \
	name##_ask(context, to, FRKI_EXACTLY(name##_type, value), timeout_ns, ret_ask)
/* frk_context_answer(), likewise. */
#define FRK_ANSWER(context, question, name, value) \
	name##_answer(context, question, FRKI_EXACTLY(name##_type, value))
/* What is in a message, if it is of that name: a const NAME_type *, or NULL.  Of both. */
#define FRK_OF(name, message) name##_of(message)

#endif /* FRK_TYPED_H */
