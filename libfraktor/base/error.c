/* SPDX-License-Identifier: MIT */
/*
 * error.c - the error record: filled in where a call fails, printed where a
 * program ends.  It knows no driver and allocates nothing.
 */
#include <stdarg.h>
#include <string.h>

#include "base/error.h"

static void error_copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

int frki_error_set(struct frk_error *error, int code, const char *driver,
		   const char *call, const char *format, ...)
{
	va_list args;

	if (!error)
		return code;
	error->code = code;
	error_copy(error->driver, sizeof(error->driver), driver);
	error_copy(error->call, sizeof(error->call), call);
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

const char *frki_error_name(int code)
{
	const char *name = strerrorname_np(code < 0 ? -code : code);

	return name ? name : "?";
}

/* "driver D: CALL: ERRNO" without what is not known. */
static void error_print_where(const struct frk_error *error, FILE *stream)
{
	if (error->driver[0])
		fprintf(stream, "driver %s: ", error->driver);
	if (error->call[0])
		fprintf(stream, "%s: ", error->call);
	fputs(frki_error_name(error->code), stream);
}

int frk_error_print(const struct frk_error *error, FILE *stream)
{
	fprintf(stream, "fraktor: %s (", error->text);
	error_print_where(error, stream);
	fputs(")\n", stream);
	return 1;
}
