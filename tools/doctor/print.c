// SPDX-License-Identifier: MIT
/*
 * The report for people: the worst first, each with what it does and what to
 * do.  Knows no check by name.
 */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "doctor/doctor.h"

/* Columns before the text: "problem  ", "         why  ". */
#define PRINT_MARGIN	9
#define PRINT_INNER	14

/* Prints @text from column @at on, wrapped at words and indented by @at. */
static void print_wrapped(const char *text, size_t at, size_t columns)
{
	size_t room = columns > at + 20 ? columns - at : 20;
	size_t used = 0, len;

	for (; *text; text += len) {
		len = strcspn(text, " ");
		if (used && used + 1 + len > room) {
			printf("\n%*s", (int)at, "");
			used = 0;
		}
		if (used)
			putchar(' ');
		printf("%.*s", (int)len, text);
		used += len + (used != 0);
		len += strspn(text + len, " ");
	}
	putchar('\n');
}

static void print_word(const char *word, const char *colour,
		       const struct doctor_style *style)
{
	int pad = PRINT_MARGIN - (int)strlen(word);

	if (style->colour)
		printf("\033[%sm%s\033[0m%*s", colour, word, pad, "");
	else
		printf("%s%*s", word, pad, "");
}

static void print_part(const char *name, const char *text, const struct doctor_style *style)
{
	printf("%*s%-*s", PRINT_MARGIN, "", PRINT_INNER - PRINT_MARGIN, name);
	print_wrapped(text, PRINT_INNER, style->columns);
}

static void print_finding(const struct doctor_finding *finding,
			  const struct doctor_style *style)
{
	static const char *const colours[] = {
		[DOCTOR_PROBLEM] = "1;31", [DOCTOR_WARNING] = "1;33", [DOCTOR_NOTE] = "1;34",
	};
	const struct doctor_check *check = finding->check;
	char text[DOCTOR_TEXT_SIZE], line[DOCTOR_TEXT_SIZE + 64];

	text_clean(text, sizeof(text), finding->text);
	snprintf(line, sizeof(line), "%s: %s", check->id, text);
	print_word(doctor_severity_name(check->severity), colours[check->severity], style);
	if (style->brief) {
		puts(line);
		return;
	}
	print_wrapped(line, PRINT_MARGIN, style->columns);
	print_part("why", check->why, style);
	print_part("do", check->remedy, style);
	putchar('\n');
}

/* What is not found has one line at most. */
static void print_rest(const struct doctor_report *report, enum doctor_verdict verdict,
		       const struct doctor_style *style)
{
	char text[DOCTOR_TEXT_SIZE], line[DOCTOR_TEXT_SIZE + 64];

	for (size_t i = 0; i < report->count; i++) {
		if (report->finding[i].verdict != verdict)
			continue;
		text_clean(text, sizeof(text), report->finding[i].text);
		snprintf(line, sizeof(line), "%s%s%s", report->finding[i].check->id,
			 *text ? ": " : "", text);
		print_word(doctor_verdict_name(verdict),
			   verdict == DOCTOR_FINE ? "32" : "2", style);
		print_wrapped(line, PRINT_MARGIN, style->columns);
	}
}

static void print_count(size_t count, const char *what)
{
	printf("%zu %s%s", count, what, count == 1 ? "" : "s");
}

static void print_sum(const struct doctor_report *report, const struct doctor_style *style)
{
	size_t unknown = doctor_count_unknown(report);

	for (int i = 0; i < DOCTOR_SEVERITIES; i++) {
		fputs(i ? ", " : "", stdout);
		print_count(doctor_count(report, (enum doctor_severity)i),
			    doctor_severity_name((enum doctor_severity)i));
	}
	fputs(" in ", stdout);
	print_count(report->count, "check");
	if (unknown)
		printf("; %zu could not be made%s", unknown,
		       style->all ? "" : " (--all says why)");
	putchar('\n');
}

void doctor_print(const struct doctor_report *report, const struct doctor_style *style)
{
	for (int severity = 0; severity < DOCTOR_SEVERITIES; severity++)
		for (size_t i = 0; i < report->count; i++)
			if (report->finding[i].verdict == DOCTOR_FOUND &&
			    (int)report->finding[i].check->severity == severity)
				print_finding(&report->finding[i], style);
	if (style->all) {
		print_rest(report, DOCTOR_FINE, style);
		print_rest(report, DOCTOR_UNKNOWN, style);
	}
	print_sum(report, style);
}
