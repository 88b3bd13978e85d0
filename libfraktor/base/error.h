/* SPDX-License-Identifier: MIT */
/*
 * error.h - fill in the record that says why a call failed.  The only file of
 * base/ that knows stdio: the freestanding folders do not use it.
 */
#ifndef FRKI_BASE_ERROR_H
#define FRKI_BASE_ERROR_H

#include <fraktor/base.h>

/**
 * frki_error_set() - say why a call failed
 * @error: the record to overwrite; NULL does nothing.
 * @code: a negative errno.
 * @driver: name of the driver concerned; NULL for none.
 * @call: the operation as a manual writes it; NULL for none.
 * @format: one line for people: what happened and what to do; no newline.
 *
 * What is too long is cut, never overrun.
 *
 * Return: @code, so that a caller can fail in one line.
 */
int frki_error_set(struct frk_error *error, int code, const char *driver,
		   const char *call, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/**
 * frki_error_name() - symbolic name of an errno
 * @code: an errno, negative or positive.
 *
 * Return: "ENOENT", "EPERM", ...; "?" for a number without a name.  Static,
 * any thread.
 */
const char *frki_error_name(int code);

#endif /* FRKI_BASE_ERROR_H */
