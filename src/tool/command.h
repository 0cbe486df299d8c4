/*
 * One command line of a shell: prepared, run, and what came of it.
 *
 * Prepared where the conversation's state may be read; command_run() touches nothing of it
 * and may be in a thread of its own.
 */
#pragma once

#include <pthread.h>

#include "process/child.h"
#include "tool/output.h"
#include "tool/sandbox.h"

#define COMMAND_TEXT_MAX 100000          /* bytes: what systems take as one argument */

struct command {
	/* Given. */
	const struct tool_context *context;
	const char *text;
	bool unconfined;                 /* not even if it could be */
	bool background;                 /* all output goes to the file, and nobody asks where it ended */
	size_t keep;                     /* bytes of output, as output_init() has it */
	unsigned timeout_ms;             /* 0: none */
	struct cancel *cancel;
	pthread_mutex_t *lock;           /* guards `output` while it runs; NULL: nobody else looks */
	void (*progress)(void *user, struct str bytes);
	void *user;

	/* What came of it. */
	struct output output;
	struct child_end end;
	bool confined;
	char *folder;                    /* where the shell ended, absolute; NULL: unknown */
	struct buf made;                 /* names of files that only the user may make (sandbox_watch_end()) */

	/* Internal. */
	char *script, *place, *added[12];
	const char **environment, *argv[5];
	struct confined wrapped;
	struct sandbox_watch watch;
};

/* command_done() in any case. */
bool command_prepare(struct command *c, struct error *err) must_use;

/* False: it could not be run at all. */
bool command_run(struct command *c, struct error *err) must_use;
void command_done(struct command *c);
