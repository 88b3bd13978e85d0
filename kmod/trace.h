/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what a line does, as it does it.  A line of how to read each is
 * in Documentation/tracing.rst.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM fraktor

#if !defined(FRAKTOR_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define FRAKTOR_TRACE_H

#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/fraktor.h>

TRACE_EVENT(fraktor_tick,
	TP_PROTO(const struct fraktor_tick *tick),
	TP_ARGS(tick),
	TP_STRUCT__entry(
		__field(u64, deadline_ns)
		__field(u64, fired_ns)
		__field(u32, periods)
		__field(u16, source)
		__field(u16, flags)
	),
	TP_fast_assign(
		__entry->deadline_ns = tick->deadline_ns;
		__entry->fired_ns = tick->fired_ns;
		__entry->periods = tick->periods;
		__entry->source = tick->source;
		__entry->flags = tick->flags;
	),
	TP_printk("source=%u deadline_ns=%llu fired_ns=%llu lateness_ns=%llu periods=%u flags=0x%x",
		  __entry->source, __entry->deadline_ns, __entry->fired_ns,
		  __entry->fired_ns - __entry->deadline_ns, __entry->periods,
		  __entry->flags)
);

TRACE_EVENT(fraktor_drop,
	TP_PROTO(u32 source, u32 reader, u64 dropped),
	TP_ARGS(source, reader, dropped),
	TP_STRUCT__entry(
		__field(u32, source)
		__field(u32, reader)
		__field(u64, dropped)
	),
	TP_fast_assign(
		__entry->source = source;
		__entry->reader = reader;
		__entry->dropped = dropped;
	),
	TP_printk("source=%u reader=%u dropped_total=%llu",
		  __entry->source, __entry->reader, __entry->dropped)
);

TRACE_EVENT(fraktor_start,
	TP_PROTO(u32 source, const char *name, u32 cpu, u64 period_ns),
	TP_ARGS(source, name, cpu, period_ns),
	TP_STRUCT__entry(
		__array(char, name, FRAKTOR_NAME_LEN)
		__field(u32, source)
		__field(u32, cpu)
		__field(u64, period_ns)
	),
	TP_fast_assign(
		strscpy(__entry->name, name, FRAKTOR_NAME_LEN);
		__entry->source = source;
		__entry->cpu = cpu;
		__entry->period_ns = period_ns;
	),
	TP_printk("source=%u name=%s cpu=%u period_ns=%llu",
		  __entry->source, __entry->name, __entry->cpu,
		  __entry->period_ns)
);

TRACE_EVENT(fraktor_stop,
	TP_PROTO(u32 source, u32 reason),
	TP_ARGS(source, reason),
	TP_STRUCT__entry(
		__field(u32, source)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->source = source;
		__entry->reason = reason;
	),
	TP_printk("source=%u reason=%u", __entry->source, __entry->reason)
);

TRACE_EVENT(fraktor_drift,
	TP_PROTO(u32 source, s64 ppb, u64 budget_ppb),
	TP_ARGS(source, ppb, budget_ppb),
	TP_STRUCT__entry(
		__field(u32, source)
		__field(s64, ppb)
		__field(u64, budget_ppb)
	),
	TP_fast_assign(
		__entry->source = source;
		__entry->ppb = ppb;
		__entry->budget_ppb = budget_ppb;
	),
	TP_printk("source=%u drift_ppb=%lld budget_ppb=%llu",
		  __entry->source, __entry->ppb, __entry->budget_ppb)
);

TRACE_EVENT(fraktor_migrate,
	TP_PROTO(u32 source, u32 from, u32 to),
	TP_ARGS(source, from, to),
	TP_STRUCT__entry(
		__field(u32, source)
		__field(u32, from)
		__field(u32, to)
	),
	TP_fast_assign(
		__entry->source = source;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("source=%u from=%u to=%u", __entry->source, __entry->from,
		  __entry->to)
);

#endif /* FRAKTOR_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
