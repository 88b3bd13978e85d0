/* SPDX-License-Identifier: MIT */
/*
 * What a check is and what it says.  A new one is an entry in the table of the
 * file whose noun it is about, a row in Documentation/realtime.rst, and a fault
 * planted in tools/tests/tool-doctor.sh.  Knows no format.
 */
#ifndef TOOL_DOCTOR_H
#define TOOL_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "doctor/host.h"

/* A finding, or why there is none; one line. */
#define DOCTOR_TEXT_SIZE 256

enum doctor_verdict {
	DOCTOR_FINE,
	DOCTOR_FOUND,
	DOCTOR_UNKNOWN,		/* it cannot be looked at; the text says why */
};

enum doctor_severity {
	DOCTOR_PROBLEM,		/* ticks are late, or there are none */
	DOCTOR_WARNING,		/* some ticks are late, now and then */
	DOCTOR_NOTE,		/* good to know */
	DOCTOR_SEVERITIES,
};

/**
 * struct doctor_check - one check
 * @id: its name for ever: in JSON, in scripts.
 * @severity: how much it matters when it finds something.
 * @why: what it does to ticks; a sentence.
 * @remedy: what to do; a sentence.
 * @look: looks, and writes what it found, or why it cannot tell.
 */
struct doctor_check {
	const char *id;
	enum doctor_severity severity;
	const char *why;
	const char *remedy;
	enum doctor_verdict (*look)(const struct host *host, char *ret_text);
};

/* By the file they are in; each ends with an entry without an id. */
extern const struct doctor_check doctor_kernel[];
extern const struct doctor_check doctor_setting[];
extern const struct doctor_check doctor_timer[];
extern const struct doctor_check doctor_processor[];
extern const struct doctor_check doctor_isolation[];
extern const struct doctor_check doctor_memory[];
extern const struct doctor_check doctor_privilege[];
extern const struct doctor_check doctor_uring[];
extern const struct doctor_check doctor_module[];

struct doctor_finding {
	const struct doctor_check *check;
	enum doctor_verdict verdict;
	char text[DOCTOR_TEXT_SIZE];
};

struct doctor_report {
	const struct host *host;
	struct doctor_finding *finding;
	size_t count;
};

/* Writes @format and what follows into @text; @verdict is returned. */
enum doctor_verdict doctor_say(char *text, enum doctor_verdict verdict,
			       const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A file cannot be read: why, by its negative errno. */
enum doctor_verdict doctor_unread(char *text, const char *path, int err);

/* "problem", "warning", "note"; "fine", "found", "unknown". */
const char *doctor_severity_name(enum doctor_severity severity);
const char *doctor_verdict_name(enum doctor_verdict verdict);

/* How many were found of a severity; how many could not be made. */
size_t doctor_count(const struct doctor_report *report, enum doctor_severity severity);
size_t doctor_count_unknown(const struct doctor_report *report);

/* The report for people: @columns wide, one line each if @brief, also what is
 * fine if @all. */
struct doctor_style {
	size_t columns;
	bool colour, brief, all;
};
void doctor_print(const struct doctor_report *report, const struct doctor_style *style);

/* The same for programs: one object on one line. */
void doctor_print_json(const struct doctor_report *report);

#endif /* TOOL_DOCTOR_H */
