// SPDX-License-Identifier: MIT
/*
 * What was measured, for programs.  Members are added, never changed: the man
 * page lists them.
 */
#include <string.h>
#include <sys/utsname.h>

#include "common/json.h"
#include "latency/latency.h"

static void json_histogram(struct json *json, const struct spread *spread)
{
	json_open(json, "histogram", '[');
	for (size_t i = 0; i < SPREAD_BUCKETS; i++) {
		if (!spread->bucket[i])
			continue;
		json_open(json, NULL, '[');
		json_unsigned(json, NULL, spread_low(i));
		json_unsigned(json, NULL, spread->bucket[i]);
		json_close(json, ']');
	}
	json_close(json, ']');
}

static void json_path(struct json *json, const struct latency_run *run,
		      const struct latency_path *path)
{
	const struct spread *spread = &path->spread;

	json_open(json, NULL, '{');
	json_string(json, "path", path->kind->name);
	json_string(json, "driver", path->info.name);
	json_string(json, "waits_by", latency_waits_by(path));
	json_string(json, "driver_version", path->info.version);
	json_string(json, "note", path->info.note);
	json_unsigned(json, "ticks", spread->count);
	json_unsigned(json, "missed", path->missed);
	json_unsigned(json, "dropped", path->dropped);
	json_unsigned(json, "early", path->early);
	json_string(json, "choice", path->info.choice);
	json_unsigned(json, "lead_ns", path->info.lead_ns);
	json_unsigned(json, "lead_ticks", path->lead_ticks);
	json_unsigned(json, "lead_hits", path->lead_hits);
	json_unsigned(json, "spin_ns", path->spin_ns);
	json_unsigned(json, "min_ns", spread->min_ns);
	json_unsigned(json, "mean_ns", spread->count ? spread->sum_ns / spread->count : 0);
	json_unsigned(json, "p50_ns", spread_quantile(spread, 50000));
	json_unsigned(json, "p99_ns", spread_quantile(spread, 99000));
	json_unsigned(json, "p999_ns", spread_quantile(spread, 99900));
	json_unsigned(json, "max_ns", spread->max_ns);
	json_unsigned(json, "ratio_p50_permille", latency_ratio(run, path, 50000));
	json_unsigned(json, "ratio_p99_permille", latency_ratio(run, path, 99000));
	json_histogram(json, spread);
	json_close(json, '}');
}

void latency_print_json(const struct latency_run *run, bool interrupted, FILE *out)
{
	struct json json = { .out = out };
	struct utsname host = { 0 };

	uname(&host);
	json_open(&json, NULL, '{');
	json_unsigned(&json, "schema", 1);
	json_string(&json, "version", frk_version());
	json_string(&json, "kernel", host.release);
	json_bool(&json, "preempt_rt", strstr(host.version, "PREEMPT_RT") != NULL);
	json_unsigned(&json, "period_ns", run->plan.period_ns);
	json_unsigned(&json, "rounds", run->plan.rounds);
	json_signed(&json, "priority", run->plan.rt_priority);
	json_signed(&json, "cpu", run->plan.cpu);
	json_bool(&json, "interrupted", interrupted);
	json_string(&json, "remark", run->remark.code ? run->remark.text : "");
	json_open(&json, "paths", '[');
	for (size_t i = 0; i < run->paths; i++)
		json_path(&json, run, &run->path[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	putc('\n', out);
}
