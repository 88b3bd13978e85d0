// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints fraktor:*, through tracefs: what the trace says is what the
 * ring, the meta page and the events say, tick by tick.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define TRACING	"/sys/kernel/tracing"
/* An instance of our own: nobody's trace is disturbed, nobody disturbs. */
#define OURS	TRACING "/instances/fraktor-selftest"
#define PERIOD	(5 * T_MS)
#define TELL_MS	10000
#define LINES	4096

FIXTURE(trace) {
	struct t_ring ring;
	char *text;
};

static int put_text(const char *file, const char *text)
{
	char path[256];
	int fd, ret = 0;

	snprintf(path, sizeof(path), OURS "/%s", file);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* The whole trace as it stands, in lines that begin after the CPU's number. */
static int read_trace(FIXTURE_DATA(trace) *self)
{
	size_t len = 0, size = 1 << 20;
	int fd = open(OURS "/trace", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	self->text = realloc(self->text, size);
	while ((n = read(fd, self->text + len, size - len - 1)) > 0)
		len += n;
	close(fd);
	self->text[len] = '\0';
	return n < 0 ? -errno : 0;
}

/* Source of a line on CPU @cpu, traced from now on, alone. */
static int begin(struct t_ring *ring, struct fraktor_create *create)
{
	char filter[32];
	int ret = t_ring_make(ring, create);

	if (ret)
		return ret;
	snprintf(filter, sizeof(filter), "source == %u", ring->source);
	ret = put_text("events/fraktor/filter", filter);
	if (!ret)
		ret = put_text("events/fraktor/enable", "1");
	return ret ? ret : t_start(ring->fd);
}

FIXTURE_SETUP(trace)
{
	self->ring.fd = -1;
	self->text = NULL;
	if (access(TRACING "/instances", W_OK))
		SKIP(return, "no tracefs at " TRACING);
	ASSERT_EQ(0, access(TRACING "/events/fraktor", F_OK))
		TH_LOG("no tracepoints: is the module loaded?");
	rmdir(OURS);
	ASSERT_EQ(0, mkdir(OURS, 0700));
}

FIXTURE_TEARDOWN(trace)
{
	put_text("events/enable", "0");
	rmdir(OURS);
	free(self->text);
	t_ring_close(&self->ring);
}

/* Lines of one event, each from its name on; how many there are. */
static unsigned int lines_of(FIXTURE_DATA(trace) *self, const char *event,
			     const char *lines[LINES])
{
	char name[64];
	const char *at = self->text;
	unsigned int n = 0;

	snprintf(name, sizeof(name), ": %s: ", event);
	while ((at = strstr(at, name)) && n < LINES)
		lines[n++] = at++;
	return n;
}

/* Who sees that a line has stopped may see it before its CPU has traced it. */
static int until_traced(FIXTURE_DATA(trace) *self, const char *event)
{
	const char *lines[LINES];
	uint64_t start = t_now();
	int ret;

	do {
		ret = read_trace(self);
		if (ret || lines_of(self, event, lines))
			return ret;
		usleep(10000);
	} while (t_ms_since(start) < TELL_MS);
	return -ETIMEDOUT;
}

/* The number behind "name=" in this line. */
static int64_t field(const char *line, const char *name)
{
	const char *end = strchr(line, '\n');
	char text[64];
	const char *at;

	snprintf(text, sizeof(text), " %s=", name);
	at = strstr(line, text);
	return at && (!end || at < end) ? strtoll(at + strlen(text), NULL, 0) :
					  INT64_MIN;
}

/* The CPU in brackets, before the event's name. */
static int cpu_of(const char *line, const char *text)
{
	while (line > text && *line != '[')
		line--;
	return atoi(line + 1);
}

TEST_F(trace, ticks_are_those_of_the_ring)
{
	const char *lines[LINES];
	struct t_ring *ring = &self->ring;
	struct fraktor_create create;
	struct fraktor_tick tick;
	unsigned int n, i;

	t_create_init(&create, PERIOD, 256);
	strcpy(create.name, "traced");
	create.cpu = 0;
	ASSERT_EQ(0, begin(ring, &create));
	ASSERT_EQ(0, t_until_head(ring, 30, TELL_MS));
	ASSERT_EQ(0, t_stop(ring->fd));
	ASSERT_EQ(0, read_trace(self));

	n = lines_of(self, "fraktor_start", lines);
	ASSERT_EQ(1, n);
	EXPECT_EQ(ring->source, field(lines[0], "source"));
	EXPECT_EQ(PERIOD, field(lines[0], "period_ns"));
	EXPECT_EQ(0, field(lines[0], "cpu"));
	EXPECT_NE(NULL, strstr(lines[0], " name=traced "));

	n = lines_of(self, "fraktor_tick", lines);
	EXPECT_EQ(t_head(ring), n);
	for (i = 0; i < n && t_take(ring, &tick) > 0; i++) {
		EXPECT_EQ(ring->source, field(lines[i], "source"));
		EXPECT_EQ(tick.deadline_ns, field(lines[i], "deadline_ns"));
		EXPECT_EQ(tick.fired_ns, field(lines[i], "fired_ns"));
		EXPECT_EQ(tick.fired_ns - tick.deadline_ns,
			  field(lines[i], "lateness_ns"));
		EXPECT_EQ(tick.periods, field(lines[i], "periods"));
		EXPECT_EQ(tick.flags, field(lines[i], "flags"));
		EXPECT_EQ(0, cpu_of(lines[i], self->text));
	}
	EXPECT_EQ(n, i);

	n = lines_of(self, "fraktor_stop", lines);
	ASSERT_EQ(1, n);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, field(lines[0], "reason"));
}

TEST_F(trace, every_dropped_record_is_traced)
{
	const char *lines[LINES];
	struct t_ring *ring = &self->ring;
	struct fraktor_create create;
	unsigned int n, i;

	t_create_init(&create, PERIOD, 16);
	ASSERT_EQ(0, begin(ring, &create));
	ASSERT_EQ(0, t_until_head(ring, 16 + 20, TELL_MS));
	ASSERT_EQ(0, t_stop(ring->fd));
	ASSERT_EQ(0, read_trace(self));
	n = lines_of(self, "fraktor_drop", lines);
	EXPECT_LE(20, n);
	EXPECT_EQ(t_dropped(ring), n);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(i + 1, field(lines[i], "dropped_total"));
		EXPECT_EQ(ring->source, field(lines[i], "source"));
		EXPECT_LT(0, field(lines[i], "reader"));
	}
}

TEST_F(trace, moves_are_traced)
{
	const char *lines[LINES];
	struct fraktor_create create;
	unsigned int n;

	if (t_cpu_online(1) != 1)
		SKIP(return, "needs a second CPU (--smp 2)");
	t_create_init(&create, PERIOD, 256);
	create.cpu = 1;
	ASSERT_EQ(0, begin(&self->ring, &create));
	ASSERT_EQ(0, t_cpu_set_online(1, false));
	ASSERT_EQ(0, t_cpu_set_online(1, true));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_EQ(0, read_trace(self));
	n = lines_of(self, "fraktor_migrate", lines);
	ASSERT_EQ(2, n);
	EXPECT_EQ(1, field(lines[0], "from"));
	EXPECT_EQ(0, field(lines[0], "to"));
	EXPECT_EQ(0, field(lines[1], "from"));
	EXPECT_EQ(1, field(lines[1], "to"));
}

/* No line keeps a budget of a billionth. */
TEST_F_TIMEOUT(trace, drift_is_traced_with_its_budget, 60)
{
	const char *lines[LINES];
	struct fraktor_create create;
	unsigned int n, i;

	t_create_init(&create, PERIOD, 4096);
	create.drift_ppb = 1;
	create.flags = FRAKTOR_SOURCE_F_DRIFT_STOPS;
	ASSERT_EQ(0, begin(&self->ring, &create));
	ASSERT_EQ(0, t_until_state(&self->ring, FRAKTOR_STATE_STOPPED, 30000));
	EXPECT_EQ(FRAKTOR_REASON_DRIFT, t_reason(&self->ring));
	ASSERT_EQ(0, until_traced(self, "fraktor_stop"));
	n = lines_of(self, "fraktor_drift", lines);
	ASSERT_LE(1, n);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(1, field(lines[i], "budget_ppb"));
		EXPECT_NE(0, field(lines[i], "drift_ppb"));
	}
	n = lines_of(self, "fraktor_stop", lines);
	ASSERT_EQ(1, n);
	EXPECT_EQ(FRAKTOR_REASON_DRIFT, field(lines[0], "reason"));
}

TEST_F(trace, nothing_is_traced_when_it_is_off)
{
	const char *lines[LINES];
	struct fraktor_create create;

	t_create_init(&create, PERIOD, 256);
	ASSERT_EQ(0, begin(&self->ring, &create));
	ASSERT_EQ(0, put_text("events/fraktor/enable", "0"));
	ASSERT_EQ(0, put_text("trace", ""));
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 10,
				  TELL_MS));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_EQ(0, read_trace(self));
	EXPECT_EQ(0, lines_of(self, "fraktor_tick", lines));
	EXPECT_EQ(0, lines_of(self, "fraktor_stop", lines));
}

TEST_HARNESS_MAIN
