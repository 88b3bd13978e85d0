// SPDX-License-Identifier: MIT
/*
 * What checks and reports share.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor/doctor.h"

enum doctor_verdict doctor_say(char *text, enum doctor_verdict verdict,
			       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, DOCTOR_TEXT_SIZE, format, args);
	va_end(args);
	return verdict;
}

enum doctor_verdict doctor_unread(char *text, const char *path, int err)
{
	return doctor_say(text, DOCTOR_UNKNOWN, "%s: %s", path, strerror(-err));
}

const char *doctor_severity_name(enum doctor_severity severity)
{
	static const char *const names[] = {
		[DOCTOR_PROBLEM] = "problem",
		[DOCTOR_WARNING] = "warning",
		[DOCTOR_NOTE] = "note",
	};

	return names[severity];
}

const char *doctor_verdict_name(enum doctor_verdict verdict)
{
	static const char *const names[] = {
		[DOCTOR_FINE] = "fine",
		[DOCTOR_FOUND] = "found",
		[DOCTOR_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

size_t doctor_count(const struct doctor_report *report, enum doctor_severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		count += report->finding[i].verdict == DOCTOR_FOUND &&
			 report->finding[i].check->severity == severity;
	return count;
}

size_t doctor_count_unknown(const struct doctor_report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		count += report->finding[i].verdict == DOCTOR_UNKNOWN;
	return count;
}
