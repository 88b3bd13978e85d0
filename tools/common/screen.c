// SPDX-License-Identifier: MIT
/*
 * Standard output.  The block is drawn over itself instead of on a cleared
 * screen: what stood above stays, and what was shown last remains at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/screen.h"
#include "common/text.h"

#define SCREEN_COLUMNS	80
#define SCREEN_ROWS	24

void screen_guard(void)
{
	int fd;

	/* Opened the wrong way round: writing fails as on a closed one. */
	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
			_exit(1);
}

void screen_measure(struct screen *screen)
{
	struct winsize size;
	size_t columns = SCREEN_COLUMNS, rows = SCREEN_ROWS;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col && size.ws_row) {
		columns = size.ws_col;
		rows = size.ws_row;
	}
	/* The terminal has wrapped the old block: nobody knows how. */
	if (screen->shown && (columns != screen->columns || rows != screen->rows)) {
		fputs("\033[H\033[2J", stdout);
		screen->shown = 0;
	}
	screen->columns = columns;
	screen->rows = rows;
}

void screen_init(struct screen *screen)
{
	const char *term;

	memset(screen, 0, sizeof(*screen));
	term = getenv("TERM");
	screen->terminal = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb");
	screen_measure(screen);
}

void screen_show(struct screen *screen, const char *text)
{
	size_t lines = 0, len;

	if (!screen->terminal) {
		fputs(text, stdout);
		return;
	}
	if (screen->shown)
		printf("\033[%zuA", screen->shown);
	for (; *text && lines + 1 < screen->rows; lines++) {
		len = strcspn(text, "\n");
		/* \033[K first: at the last column it would eat a character. */
		fputs("\r\033[K", stdout);
		fwrite(text, 1, text_fit(text, screen->columns) < len ?
		       text_fit(text, screen->columns) : len, stdout);
		putc('\n', stdout);
		text += len + (text[len] == '\n');
	}
	fputs("\033[J", stdout);
	screen->shown = lines;
}

int screen_flush(void)
{
	int rc = 0;

	if (fflush(stdout) || ferror(stdout))
		rc = errno ? -errno : -EIO;
	if (rc && rc != -EPIPE)
		fprintf(stderr, "fraktor: cannot write to standard output: %s\n",
			strerror(-rc));
	return rc;
}
