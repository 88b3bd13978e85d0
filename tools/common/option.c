// SPDX-License-Identifier: MIT
/*
 * What several commands ask of their arguments.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/option.h"
#include "common/waiting.h"

bool option_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	/* The C library takes a sign and spaces before it. */
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

uint64_t option_seconds_ns(const char *option, const char *text, struct argp_state *state)
{
	uint64_t ns = waiting_parse_ns(text);

	if (!ns)
		argp_error(state, "--%s=%s: seconds from 0.1 to 1000000 are needed", option, text);
	return ns;
}

void option_no_argument(const char *arg, struct argp_state *state)
{
	argp_error(state, "\"%s\" is one too many: this command takes options only", arg);
}

const struct argp_option option_json_alone[] = {
	{ "json", 'j', NULL, 0, "Print an object on a line", 0 },
	{ 0 },
};

error_t option_parse_json_alone(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	switch (key) {
	case 'j':
		*json = true;
		return 0;
	case ARGP_KEY_ARG:
		option_no_argument(arg, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}
