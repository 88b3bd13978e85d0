// SPDX-License-Identifier: MIT
/*
 * The terminal.  Signals come through a descriptor: none can fall between
 * looking and sleeping, and nothing but this file runs when one comes.  Those
 * of a program that went wrong cannot; they give the terminal back and go on.
 */
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "common/waiting.h"
#include "top/terminal.h"

#define NS_PER_MS UINT64_C(1000000)
/* Longest that Escape may be the begin of a key's sequence. */
#define ESCAPE_MS 25

static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

static SCREEN *terminal;
static int terminal_signals = -1;
static bool terminal_colours;
static struct termios terminal_modes;
static char terminal_leave[64];

/* --- the way back -------------------------------------------------------- */

/* Nothing of ncurses: it may be what went wrong. */
static void terminal_crash(int signal)
{
	ssize_t written = write(STDOUT_FILENO, terminal_leave,
				strlen(terminal_leave));

	(void)written;
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal_modes);
	raise(signal);
}

/* In the terminal's own words: visible cursor, normal screen, no attributes. */
static void terminal_learn_leaving(void)
{
	static const char *const names[] = { "sgr0", "cnorm", "rmkx", "rmcup" };
	size_t used = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *words = tigetstr(names[i]);

		if (!words || words == (const char *)-1 ||
		    used + strlen(words) >= sizeof(terminal_leave))
			continue;
		strcpy(terminal_leave + used, words);
		used += strlen(words);
	}
}

static void terminal_expect_crashes(void)
{
	struct sigaction action = { .sa_handler = terminal_crash,
				    .sa_flags = (int)SA_RESETHAND };

	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		sigaction(crashes[i], &action, NULL);
}

void terminal_end(void)
{
	if (!terminal)
		return;
	endwin();
	delscreen(terminal);
	terminal = NULL;
	close(terminal_signals);
}

/* --- the way there ------------------------------------------------------- */

static int terminal_refuse(const char *why, int code)
{
	fprintf(stderr, "fraktor: top needs a terminal%s: \"fraktor stat --watch\" does without one\n",
		why);
	return code;
}

static int terminal_block(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	terminal_signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (terminal_signals < 0 || sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return 0;
}

static void terminal_colour(void)
{
	const char *unwanted = getenv("NO_COLOR");

	terminal_colours = has_colors() && !(unwanted && *unwanted);
	if (!terminal_colours)
		return;
	start_color();
	use_default_colors();
	init_pair(TERMINAL_GOOD, COLOR_GREEN, -1);
	init_pair(TERMINAL_WARN, COLOR_YELLOW, -1);
	init_pair(TERMINAL_BAD, COLOR_RED, -1);
	init_pair(TERMINAL_DIM, COLOR_CYAN, -1);
}

int terminal_attr(enum terminal_colour colour)
{
	/* Without colours what is bad still stands out. */
	if (!terminal_colours)
		return colour == TERMINAL_BAD ? A_BOLD : A_NORMAL;
	return colour == TERMINAL_PLAIN ? A_NORMAL : COLOR_PAIR(colour);
}

int terminal_begin(void)
{
	int rc;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &terminal_modes))
		return terminal_refuse(" for its output and its keys", -ENOTTY);
	rc = terminal_block();
	if (rc)
		return terminal_refuse("", rc);
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal)
		return terminal_refuse(", and of the kind that TERM names nothing is known", -ENOTTY);
	terminal_learn_leaving();
	terminal_expect_crashes();
	atexit(terminal_end);
	terminal_colour();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	return 0;
}

/* --- meanwhile ----------------------------------------------------------- */

static void terminal_resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	/* What the terminal made of the old screen, nobody knows. */
	clearok(curscr, TRUE);
}

/* Ctrl-Z: the shell has the terminal as it was until we are wanted again. */
static void terminal_pause(void)
{
	endwin();
	raise(SIGSTOP);
	terminal_resize();
	refresh();
}

static enum terminal_news terminal_signal(void)
{
	struct signalfd_siginfo info;
	enum terminal_news news = TERMINAL_RESIZED;

	while (read(terminal_signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			terminal_resize();
		else if (info.ssi_signo == SIGTSTP)
			terminal_pause();
		else
			news = TERMINAL_END;
	}
	return news;
}

enum terminal_news terminal_wait(uint64_t until_ns)
{
	struct pollfd fds[] = {
		{ .fd = terminal_signals, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = 0 },
	};
	uint64_t now_ns = waiting_now_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	struct timespec left = { .tv_sec = (time_t)(left_ns / 1000 / NS_PER_MS),
				 .tv_nsec = (long)(left_ns % (1000 * NS_PER_MS)) };
	int rc = ppoll(fds, 3, &left, NULL);

	if (rc < 0)
		return errno == EINTR ? TERMINAL_RESIZED : TERMINAL_END;
	if ((fds[1].revents | fds[2].revents) & (POLLERR | POLLHUP | POLLNVAL))
		return TERMINAL_END;
	if (fds[0].revents)
		return terminal_signal();
	return fds[1].revents ? TERMINAL_KEYS : TERMINAL_TIME;
}

int terminal_key(void)
{
	int key = getch();

	return key == ERR ? -1 : key;
}
