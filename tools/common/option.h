/* SPDX-License-Identifier: MIT */
/*
 * What several commands ask of their arguments, and complain of in the same words.
 * Knows no command.
 */
#ifndef TOOL_OPTION_H
#define TOOL_OPTION_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* A decimal number from @min to @max and nothing else.  Return: whether @text is
 * one; @ret_value stays untouched if not. */
bool option_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);

/* Seconds as typed behind @option, which is without its dashes.  Return: nanoseconds;
 * it does not return if they are wrong. */
uint64_t option_seconds_ns(const char *option, const char *text, struct argp_state *state);

/* There is an argument where the command takes none.  Does not return. */
void option_no_argument(const char *arg, struct argp_state *state);

/* Options and parser of a command that has --json and nothing else; its input is a bool. */
extern const struct argp_option option_json_alone[];
error_t option_parse_json_alone(int key, char *arg, struct argp_state *state);

#endif /* TOOL_OPTION_H */
