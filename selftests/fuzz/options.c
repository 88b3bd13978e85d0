// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "ops.h"

static const char usage[] =
"usage: fuzz [OPTION...]\n"
"\n"
"Use the module at random, from several processes and threads, and watch that\n"
"it keeps its contract.  Run it as root, on a machine that may be lost.\n"
"\n"
"  --seed N         what all depends on; default: the time, and it is printed\n"
"  --seconds S      how long (default: 10; 0: until --ops are done)\n"
"  --ops N          operations of each thread (default: no bound)\n"
"  --threads T      threads, of every four two share a process, one has less\n"
"                   privileges and one keeps to the contract (default: 4)\n"
"  --no-machine     leave CPUs and module parameters alone, kill no process\n"
"  --replay N       thread N alone, with the operations it has with this seed;\n"
"                   63: CPUs, parameters and kills\n"
"  --only LIST      only the kinds of operations named, separated by commas\n"
"  --without LIST   all but these; what the others do stays the same\n"
"  --verbose        a line on stdout before each operation and after it\n"
"  --trace FILE     these lines into a file\n"
"  --mark N         a mark in the kernel log every N operations of a thread\n"
"                   (default: 1000; 0: none)\n"
"  --list           print the kinds of operations\n"
"  --help           this text\n"
"\n"
"Exit status: 0; 1 if the module broke its contract (the kernel log may say\n"
"more); 2 if operations that should often succeed did not; 3 for errors of\n"
"use, or without the module.\n";

enum { SEED = 256, SECONDS, OPS, THREADS, MACHINE, REPLAY, ONLY, WITHOUT,
       VERBOSE, TRACE, MARK, LIST, NOTHING, HELP };

static const struct option table[] = {
	{ "seed", required_argument, NULL, SEED },
	{ "seconds", required_argument, NULL, SECONDS },
	{ "ops", required_argument, NULL, OPS },
	{ "threads", required_argument, NULL, THREADS },
	{ "no-machine", no_argument, NULL, MACHINE },
	{ "replay", required_argument, NULL, REPLAY },
	{ "only", required_argument, NULL, ONLY },
	{ "without", required_argument, NULL, WITHOUT },
	{ "verbose", no_argument, NULL, VERBOSE },
	{ "trace", required_argument, NULL, TRACE },
	{ "mark", required_argument, NULL, MARK },
	{ "list", no_argument, NULL, LIST },
	/* What a child becomes that does exec: nothing. */
	{ "nothing", no_argument, NULL, NOTHING },
	{ "help", no_argument, NULL, HELP },
	{ }
};

static int options_error(const char *what, const char *value)
{
	fprintf(stderr, "fuzz: error: %s: %s (try --help)\n", what, value);
	return 3;
}

static bool options_number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 0);
	return !errno && end != text && !*end && *text != '-' && *ret <= max;
}

static void options_list(void)
{
	unsigned int i;

	for (i = 0; i < ops_nr; i++)
		puts(ops[i].name);
}

/* Those with a number: whether it was one. */
static bool options_take(struct options *options, int option)
{
	uint64_t n = 0;
	bool ok;

	switch (option) {
	case SEED:
		return options_number(optarg, UINT64_MAX, &options->seed);
	case OPS:
		return options_number(optarg, UINT64_MAX, &options->ops);
	case SECONDS:
		ok = options_number(optarg, 1000000, &n);
		options->seconds = n;
		return ok;
	case THREADS:
		ok = options_number(optarg, BOARD_MACHINE, &n) && n;
		options->threads = n;
		return ok;
	case REPLAY:
		ok = options_number(optarg, BOARD_MACHINE, &n);
		options->replay = n;
		return ok;
	default:
		ok = options_number(optarg, 1000000000, &n);
		options->mark = n;
		return ok;
	}
}

int options_parse(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){
		.seed = time(NULL) * 1000ULL + getpid() % 1000, .seconds = 10,
		.ops = UINT64_MAX, .threads = 4, .replay = -1, .machine = true,
		.mark = 1000,
	};
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (option) {
		case MACHINE:
			options->machine = false;
			break;
		case ONLY:
			options->only = optarg;
			break;
		case WITHOUT:
			options->without = optarg;
			break;
		case VERBOSE:
			options->verbose = true;
			break;
		case TRACE:
			options->trace = optarg;
			break;
		case LIST:
			options_list();
			return 0;
		case NOTHING:
			return 0;
		case HELP:
			fputs(usage, stdout);
			return 0;
		case '?':
			return 3;
		default:
			if (!options_take(options, option))
				return options_error("not a good number", optarg);
		}
	}
	if (optind < argc)
		return options_error("not an option", argv[optind]);
	return -1;
}
