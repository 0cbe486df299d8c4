/*
 * Confinement: how much of the machine a command sees and may change.
 *
 * The whole system read-only, minus what is hidden; folders of its own to write to; a /tmp of its
 * own; no network unless allowed; and nobody to talk to: no process outside, no socket of the system's.
 * Linux: bubblewrap, with a filter of system calls (seccomp_linux.c).  macOS: sandbox-exec.
 * What to hide, to guard and to open is the caller's to know; paths are absolute, lists end
 * with NULL, and what does not exist is passed over.  Any thread.
 */
#pragma once

#include "base/error.h"
#include "process/child.h"

struct confinement {
	const char *const *writable;     /* folders */
	const char *const *guarded;      /* in those: stay as, and where, they are; what is not there may be made */
	const char *const *hidden;       /* files cannot be opened, folders are empty */
	const char *temp;                /* a writable folder, /tmp as well; NULL: /tmp goes with the command */
	const char *folder;              /* where the command begins; NULL: /tmp */
	bool network;
	bool bare;                       /* of the system, its programs and settings only: no home, no other files */
};

/* A command line that runs one confined. */
struct confined {
	const char **argv;
	int passed[CHILD_PASSED_MAX];    /* descriptors it needs, as child_plan's `passed` */
	size_t passed_count;
	const char *folder;              /* where the command line is to be run; NULL: anywhere.  Borrowed */
	char *text;                      /* what some of argv point into */
};

/*
 * Whether commands can be confined here, found out once in a process by running one; false:
 * `why` says what is missing and what to do about it.  The first call takes some milliseconds.
 */
bool confine_available(struct error *why) must_use;

/* argv stays the caller's and must live as long as `out`.  confined_done() in any case. */
bool confine(struct confined *out, const struct confinement *c, const char *const *argv, struct error *err) must_use;
void confined_done(struct confined *c);
#define own_confined owns(confined_done) struct confined

/* Lets `plan` run what is confined. */
void confined_plan(const struct confined *c, struct child_plan *plan);
