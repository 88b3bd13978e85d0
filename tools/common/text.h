/* SPDX-License-Identifier: MIT */
/*
 * Text on a terminal: how wide it is, what of it is safe to print, and
 * whether the terminal knows more than ASCII.  Knows no units.
 */
#ifndef TOOL_TEXT_H
#define TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the locale writes UTF-8; else "us" for "µs" and '#' for a bar. */
bool text_is_utf8(void);

/* Bytes of the UTF-8 character at @text, 0 if there is none. */
size_t text_char_len(const char *text);

/*
 * The character at @text, if it is one that a terminal obeys instead of showing
 * it: controls, and what turns the direction of the text around; else 0.
 */
uint32_t text_obeyed(const char *text);

/* Columns of @text, one for each character (no wide ones are printed). */
size_t text_width(const char *text);

/* Bytes of @text that fit into @columns. */
size_t text_fit(const char *text, size_t columns);

/* Copies @text, replacing what a terminal would obey with '?'. */
void text_clean(char *out, size_t size, const char *text);

#endif /* TOOL_TEXT_H */
