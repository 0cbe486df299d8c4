/*
 * Child processes: run one, feed it, read it, and be sure that it ends.
 *
 * The one way of this house.  A child gets a process group of its own, no descriptor
 * but those it is given, no signal blocked or ignored, and as standard input the bytes
 * given or /dev/null.  child_run() returns when the child has ended: by itself, at the
 * time limit, or because it was stopped; then its group gets SIGTERM and, after the grace,
 * SIGKILL.  Blocks; any thread may call it, several at once.
 *
 * CHILD_TREE holds on Linux: a supervisor (supervisor_linux.c: this very program, started
 * under another name) adopts whatever the child starts, so nothing outlives the child, not
 * even what has made a session of its own or whose parent has ended; and all of it is
 * killed when this process ends, however it does.  Elsewhere CHILD_TREE is CHILD_GROUP.
 */
#pragma once

#include "base/cancel.h"
#include "base/error.h"
#include "base/str.h"

enum child_care {
	CHILD_GROUP,             /* its process group is stopped with it; what it leaves when it ends by itself stays */
	CHILD_TREE,              /* everything it has started ends with it */
};

enum child_stream { CHILD_OUT, CHILD_ERR };

/* Some output, in order within its stream.  False: enough, the child is stopped.  Not called again then. */
typedef bool child_output_fn(void *user, enum child_stream stream, struct str bytes);

#define CHILD_PASSED_MAX 4
#define CHILD_GRACE_MS 2000      /* what a child usually gets to end in good order */

struct child_plan {
	const char *const *argv;         /* ends with NULL; a name without a slash is looked up in our PATH */
	const char *const *environment;  /* "NAME=value", ends with NULL; NULL: ours */
	const char *folder;              /* where it runs; NULL: where we do */
	struct str input;                /* its standard input; empty: /dev/null */
	const int *passed;               /* descriptors that become its 3, 4, ...; borrowed */
	size_t passed_count;             /* at most CHILD_PASSED_MAX */
	bool merged;                     /* standard error goes where standard output goes, as they come */
	child_output_fn *output;         /* NULL: both go to /dev/null */
	void *user;
	unsigned timeout_ms;             /* 0: none */
	unsigned grace_ms;               /* between SIGTERM and SIGKILL; 0: SIGKILL at once */
	struct cancel *cancel;           /* may be NULL */
	enum child_care care;
	bool wrapped;                    /* argv[0] is a wrapper that ends when what it runs does: it gets no SIGTERM */
	unsigned most_processes;         /* of a CHILD_TREE, the wrapper's included; 0: any number */
	unsigned most_megabytes;         /* of their memory, pages they share counted for each; 0: any */
};

enum child_how {
	CHILD_EXITED,
	CHILD_SIGNALLED,         /* by a signal that was not ours */
	CHILD_TIMED_OUT,
	CHILD_CANCELLED,
	CHILD_STOPPED,           /* the output callback had enough */
	CHILD_TOO_MANY,          /* it had more than most_processes: looked at some fifty times a second */
	CHILD_TOO_LARGE,         /* more than most_megabytes */
};

struct child_end {
	enum child_how how;
	int code;                /* CHILD_EXITED: the exit status; CHILD_SIGNALLED: the signal */
	unsigned left;           /* CHILD_TREE: processes that it left when it ended, and that were ended too */
};

/* False: it could not be started (ERROR_NOT_FOUND: no such program or folder), or nobody knows how it ended. */
bool child_run(const struct child_plan *plan, struct child_end *end, struct error *err) must_use;
