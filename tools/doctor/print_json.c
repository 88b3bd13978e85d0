// SPDX-License-Identifier: MIT
/*
 * The report for programs.  Members are added, never changed: the man page
 * lists them.
 */
#include <stdio.h>

#include <fraktor/base.h>

#include "common/json.h"
#include "doctor/doctor.h"

static void print_json_finding(struct json *json, const struct doctor_finding *finding)
{
	const struct doctor_check *check = finding->check;

	json_open(json, NULL, '{');
	json_string(json, "id", check->id);
	json_string(json, "severity", doctor_severity_name(check->severity));
	json_string(json, "verdict", doctor_verdict_name(finding->verdict));
	json_string(json, "text", finding->text);
	json_string(json, "why", check->why);
	json_string(json, "remedy", check->remedy);
	json_close(json, '}');
}

void doctor_print_json(const struct doctor_report *report)
{
	struct json json = { .out = stdout };
	char kernel[96];

	host_read(report->host, "/proc/sys/kernel/osrelease", kernel, sizeof(kernel));
	json_open(&json, NULL, '{');
	json_unsigned(&json, "schema", 1);
	json_string(&json, "version", frk_version());
	json_string(&json, "root", host_is_live(report->host) ? "/" : report->host->root);
	json_string(&json, "kernel", kernel);
	json_unsigned(&json, "problems", doctor_count(report, DOCTOR_PROBLEM));
	json_unsigned(&json, "warnings", doctor_count(report, DOCTOR_WARNING));
	json_unsigned(&json, "notes", doctor_count(report, DOCTOR_NOTE));
	json_unsigned(&json, "unknown", doctor_count_unknown(report));
	json_open(&json, "checks", '[');
	for (size_t i = 0; i < report->count; i++)
		print_json_finding(&json, &report->finding[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	putchar('\n');
}
