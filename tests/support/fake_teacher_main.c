/*
 * The fake teacher (fake_teacher.h) as a program, for end-to-end tests and by
 * hand.  Prints the URL it listens at, then answers until it is killed or its
 * standard input ends (--until-eof).
 *
 *   --port N        listen there instead of at any free port
 *   --turns JSON    an array: what becomes of the first requests
 *   --always JSON   what becomes of all further ones
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/fake_teacher.h"

struct options {
	unsigned long port;
	const char *turns, *always;
	bool until_eof;
};

static bool read_options(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {
		{ "port", required_argument, NULL, 'p' }, { "turns", required_argument, NULL, 't' },
		{ "always", required_argument, NULL, 'a' }, { "until-eof", no_argument, NULL, 'e' }, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'p': o->port = strtoul(optarg, NULL, 10); break;
		case 't': o->turns = optarg; break;
		case 'a': o->always = optarg; break;
		case 'e': o->until_eof = true; break;
		default: return false;
		}
	}
	return optind == argc && o->port <= UINT16_MAX;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	char byte;

	if (!read_options(argc, argv, &options))
		return 2;

	struct fake_teacher *teacher = fake_teacher_start((uint16_t)options.port);
	if (!teacher) {
		fprintf(stderr, "fake-teacher: port %lu cannot be had\n", options.port);
		return 1;
	}
	if (options.turns)
		fake_teacher_turns(teacher, options.turns);
	if (options.always)
		fake_teacher_always(teacher, options.always);
	printf("%s\n", fake_teacher_url(teacher, ""));
	fflush(stdout);
	if (!options.until_eof)
		for (;;)
			pause();
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	fake_teacher_stop(teacher);
	return 0;
}
