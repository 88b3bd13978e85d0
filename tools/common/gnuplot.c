// SPDX-License-Identifier: MIT
/*
 * gnuplot as a child: its commands and data go into a pipe, and what it draws
 * into memory, so that a file that is there stays until there is another picture.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/gnuplot.h"
#include "common/replace.h"

extern char **environ;

static bool gnuplot_ends_in(const char *file, const char *end)
{
	size_t len = strlen(file), end_len = strlen(end);

	return len > end_len && !strcmp(file + len - end_len, end);
}

bool gnuplot_suits(const char *file)
{
	return gnuplot_ends_in(file, ".png") || gnuplot_ends_in(file, ".svg");
}

/* gnuplot, reading @in and writing @out. */
static int gnuplot_spawn(int in, int out, char *const *argv, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	err = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int gnuplot_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int gnuplot_try(void)
{
	static char *const argv[] = { "gnuplot", "--version", NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;
	int err;

	if (null < 0)
		return -errno;
	err = gnuplot_spawn(null, null, argv, &pid);
	close(null);
	return err ? err : gnuplot_wait(pid);
}

static int gnuplot_unwritable(const char *file, int err)
{
	fprintf(stderr, "fraktor: cannot write the plot %s: %s\n", file, strerror(-err));
	return err;
}

int gnuplot_open(const char *option, const char *file)
{
	int err = gnuplot_try(), fd;

	if (err) {
		fprintf(stderr, "fraktor: %s needs the program gnuplot, which does not run here: apt install gnuplot-nox\n",
			option);
		return err;
	}
	err = replace_try(file);
	if (err)
		return gnuplot_unwritable(file, err);
	fd = memfd_create("plot", MFD_CLOEXEC);
	return fd < 0 ? gnuplot_unwritable(file, -errno) : fd;
}

const char *gnuplot_colour(size_t curve)
{
	static const char *const colours[] = {
		"#0060ad", "#dd181f", "#009e73", "#e69f00", "#56b4e9", "#cc79a7", "#444444", "#8a6d3b",
	};

	return colours[curve % (sizeof(colours) / sizeof(*colours))];
}

double gnuplot_s(uint64_t ns)
{
	return (double)(ns ? ns : 1) / 1e9;
}

void gnuplot_above(const struct spread *spread, FILE *out)
{
	uint64_t above = spread->count;

	/* Before the smallest, all are above; no time of 0 on such a scale. */
	fprintf(out, "%g 100\n", gnuplot_s(spread->min_ns));
	for (size_t i = 0; i < SPREAD_BUCKETS; i++) {
		if (!spread->bucket[i])
			continue;
		above -= spread->bucket[i];
		if (above)
			fprintf(out, "%g %g\n", gnuplot_s(spread_high(i)),
				100.0 * (double)above / (double)spread->count);
	}
	/* The last one ends at the maximum, half a tick from the ground. */
	fprintf(out, "%g %g\ne\n", gnuplot_s(spread->max_ns), 50.0 / (double)spread->count);
}

static void gnuplot_begin(FILE *out, bool svg, unsigned int height)
{
	fprintf(out, "set encoding utf8\nset micro\nset terminal %s noenhanced size 900,%u %s\n",
		svg ? "svg" : "pngcairo", height,
		svg ? "font 'sans,14' background '#ffffff'" : "font 'sans,11'");
	fputs("set grid xtics ytics lt 1 lw 1 lc rgb '#dddddd'\n"
	      "as_time = '%.0s %cs'\nset format '%g'\nset key top right\n", out);
}

static int gnuplot_feed(int fd, bool svg, unsigned int height,
			void (*script)(FILE *out, const void *data), const void *data)
{
	static char *const argv[] = { "gnuplot", NULL };
	int pipes[2], err;
	FILE *out;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	err = gnuplot_spawn(pipes[0], fd, argv, &pid);
	close(pipes[0]);
	out = err ? NULL : fdopen(pipes[1], "w");
	if (!out) {
		close(pipes[1]);
		return err ? err : -errno;
	}
	gnuplot_begin(out, svg, height);
	script(out, data);
	fclose(out);
	return gnuplot_wait(pid);
}

/* gnuplot does not say that it could not write all of it. */
static int gnuplot_is_whole(int fd, bool svg)
{
	const char *last = svg ? "</svg>" : "IEND";
	char end[16] = "";
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t n;

	n = pread(fd, end, sizeof(end), size > (off_t)sizeof(end) ? size - (off_t)sizeof(end) : 0);
	return n > 0 && memmem(end, (size_t)n, last, strlen(last)) ? 0 : -EIO;
}

void gnuplot_abandon(const char *file, int fd, const char *why)
{
	close(fd);
	fprintf(stderr, "fraktor: gnuplot could not draw %s: %s\n", file, why);
}

int gnuplot_draw(const char *file, int fd, unsigned int height,
		 void (*script)(FILE *out, const void *data), const void *data)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	bool svg = gnuplot_ends_in(file, ".svg");
	int err = gnuplot_feed(fd, svg, height, script, data);

	signal(SIGPIPE, old);
	if (!err)
		err = gnuplot_is_whole(fd, svg);
	if (err) {
		gnuplot_abandon(file, fd, strerror(-err));
		return err;
	}
	err = replace_by(file, fd);
	close(fd);
	return err ? gnuplot_unwritable(file, err) : 0;
}
