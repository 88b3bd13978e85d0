// SPDX-License-Identifier: MIT
/*
 * A source of our own, by the device itself: the library's tick line has no
 * words for policies, and would hand out ticks that nobody here wants.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/fraktor.h>

#include "common/text.h"
#include "common/units.h"
#include "create/line.h"

#define LINE_DEVICE		"/dev/fraktor"
#define LINE_SLOTS_LEAST	1024U
#define LINE_SLOTS_MOST		65536U
#define LINE_BATCH		512
#define NS_PER_S		UINT64_C(1000000000)

/* --- what is wrong ------------------------------------------------------- */

static int line_explain_open(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		fputs("fraktor: no permission for " LINE_DEVICE ": your user is not in the group \"fraktor\"\n",
		      stderr);
		break;
	case ENOENT:
	case ENXIO:
	case ENODEV:
		fputs("fraktor: there is no " LINE_DEVICE ": modprobe fraktor\n", stderr);
		break;
	default:
		fprintf(stderr, "fraktor: cannot open " LINE_DEVICE ": %s\n", strerror(error));
	}
	return -error;
}

static bool line_name_is_valid(const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(name);

	return len < FRAKTOR_NAME_LEN && strspn(name, good) == len;
}

/* The module says EINVAL to all of it; the limits tell which it means. */
static int line_check(const struct line_wish *wish, const struct fraktor_info *limits)
{
	uint64_t period_ns = wish->how.period_ns;
	char name[256];

	if (!line_name_is_valid(wish->name)) {
		text_clean(name, sizeof(name), wish->name);
		fprintf(stderr, "fraktor: no source can have the name \"%s\": up to %d letters, digits and . _ - are needed\n",
			name, FRAKTOR_NAME_LEN - 1);
		return -EINVAL;
	}
	if (period_ns < limits->period_floor_ns || period_ns > limits->period_max_ns) {
		fprintf(stderr, "fraktor: a period of %s is out of limits: %s to %s\n",
			units_period(period_ns).s, units_period(limits->period_floor_ns).s,
			units_period(limits->period_max_ns).s);
		return -ERANGE;
	}
	if (wish->slots && (wish->slots < limits->slots_min || wish->slots > limits->slots_max)) {
		fprintf(stderr, "fraktor: a ring of %" PRIu32 " slots is out of limits: %u to %u\n",
			wish->slots, limits->slots_min, limits->slots_max);
		return -EINVAL;
	}
	return 0;
}

static const char *line_inval(const struct fraktor_create *create)
{
	if (create->phase_ns && !(create->flags & FRAKTOR_SOURCE_F_ALIGN))
		return "a phase needs --flags=align";
	if (create->phase_ns >= create->period_ns)
		return "a phase is less than the period";
	if (create->lead_ns && create->accuracy_ns)
		return "a lead and an accuracy exclude each other";
	if (create->lead_ns && create->clockid == CLOCK_TAI)
		return "the clock tai can be set back: there is no lead with it";
	if (create->lead_ns > FRAKTOR_LEAD_MAX_NS)
		return "a lead is at most 1 ms";
	if (create->lead_ns > create->period_ns / 2 ||
	    create->accuracy_ns > create->period_ns / 2)
		return "a lead and an accuracy are at most half a period";
	if (create->slots & (create->slots - 1))
		return "the slots are a power of two";
	return "the module refuses these values, or there is no such CPU";
}

static int line_explain_create(const struct fraktor_create *create,
			       const struct fraktor_info *limits, int error)
{
	fprintf(stderr, "fraktor: cannot make the source%s%s: ", *create->name ? " " : "",
		create->name);
	switch (error) {
	case EPERM:
		fprintf(stderr, "a period of %s needs CAP_SYS_RESOURCE; without it the limit is %s\n",
			units_period(create->period_ns).s, units_period(limits->period_min_ns).s);
		break;
	case EEXIST:
		fputs("there is one of that name, see fraktor list\n", stderr);
		break;
	case ENOSPC:
		fprintf(stderr, "at most %u exist at once, %u of one user without CAP_SYS_RESOURCE\n",
			limits->sources_max, limits->sources_max_user);
		break;
	case ENODEV:
		fprintf(stderr, "CPU %d is offline\n", create->cpu);
		break;
	case ENOMEM:
		fprintf(stderr, "no memory for %u slots: raise ulimit -l, or ask for fewer with --slots\n",
			create->slots);
		break;
	case EINVAL:
		fprintf(stderr, "%s\n", line_inval(create));
		break;
	default:
		fprintf(stderr, "%s\n", strerror(error));
	}
	return -error;
}

/* --- making -------------------------------------------------------------- */

/* A power of two that holds a second, within what is allowed. */
static uint32_t line_slots(uint64_t period_ns, const struct fraktor_info *limits)
{
	uint32_t slots = LINE_SLOTS_LEAST;

	while (slots < NS_PER_S / period_ns && slots < LINE_SLOTS_MOST)
		slots *= 2;
	while (slots > limits->slots_max)
		slots /= 2;
	while (slots < limits->slots_min)
		slots *= 2;
	return slots;
}

static int line_create(struct line *line, const struct line_wish *wish,
		       const struct fraktor_info *limits)
{
	const struct frk_source_change *how = &wish->how;
	struct fraktor_create create = {
		.period_ns = how->period_ns,
		.clockid = wish->clockid,
		.cpu = wish->cpu,
		.missed = how->missed_policy,
		.slots = wish->slots ? wish->slots : line_slots(how->period_ns, limits),
		.flags = how->flags,
		.stall_periods = how->stall_periods,
		.phase_ns = how->phase_ns,
		.late_ns = how->late_ns,
		.drift_ppb = how->drift_budget_ppb,
		.lead_ns = how->lead_ns,
		.accuracy_ns = how->accuracy_ns,
	};

	memcpy(create.name, wish->name, strlen(wish->name));
	if (ioctl(line->fd, FRAKTOR_IOC_CREATE, &create))
		return line_explain_create(&create, limits, errno);
	line->id = create.source;
	memcpy(line->name, create.name, sizeof(line->name));
	return 0;
}

int line_open(struct line *line, const struct line_wish *wish)
{
	struct fraktor_info limits = { 0 };
	int rc;

	line->fd = open(LINE_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (line->fd < 0)
		return line_explain_open(errno);
	rc = ioctl(line->fd, FRAKTOR_IOC_INFO, &limits) ? line_explain_open(errno) :
							  line_check(wish, &limits);
	if (!rc)
		rc = line_create(line, wish, &limits);
	if (rc)
		line_close(line);
	return rc;
}

int line_start(struct line *line)
{
	int error;

	if (!ioctl(line->fd, FRAKTOR_IOC_START))
		return 0;
	error = errno;
	/* An administrator was faster. */
	if (error == EALREADY)
		return 0;
	fprintf(stderr, "fraktor: cannot start the source %s: %s\n", line->name,
		error == ENOSPC ? "the CPU has all the ticks per second it may have" :
		error == ENODEV ? "the CPU is offline" :
				  strerror(error));
	return -error;
}

/* --- having -------------------------------------------------------------- */

enum line_state line_empty(struct line *line)
{
	struct fraktor_tick ticks[LINE_BATCH];
	struct fraktor_info info = { 0 };

	/* The state first: what it left comes with the reads that follow. */
	if (ioctl(line->fd, FRAKTOR_IOC_INFO, &info))
		return LINE_STOPPED;
	while (read(line->fd, ticks, sizeof(ticks)) == (ssize_t)sizeof(ticks))
		;
	if (info.state == FRAKTOR_STATE_RUNNING)
		return LINE_RUNNING;
	return info.started_ns ? LINE_STOPPED : LINE_FRESH;
}

void line_close(struct line *line)
{
	if (line->fd >= 0)
		close(line->fd);
	line->fd = -1;
}
