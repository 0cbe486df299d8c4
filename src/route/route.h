/*
 * Who answers: one decision for each request, with its reasons.
 *
 * A pure function of facts; it asks nobody and keeps nothing.  The reasons are
 * what the terminal shows and the metric counts.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum route_wish { WISH_AUTO, WISH_KNOWN, WISH_LOCAL, WISH_TEACHER };

enum local_state { LOCAL_NONE, LOCAL_LOADING, LOCAL_READY, LOCAL_FAILED };

/* TEACHER_RESTING: all that could be asked have failed lately.  TEACHER_SPENT: the month's budget is. */
enum teacher_state { TEACHER_NONE, TEACHER_READY, TEACHER_RESTING, TEACHER_SPENT };

struct route_facts {
	enum route_wish wish;        /* who the user wants */
	bool known;                  /* a known answer is above its bar */
	enum local_state local;
	enum teacher_state teacher;
	bool fetching;               /* a model is on its way to this machine */
	bool pictures;               /* are in the conversation, and local models have no eyes */
};

enum route_to {
	ROUTE_KNOWN,
	ROUTE_LOCAL,                 /* also while it loads: the request waits */
	ROUTE_TEACHER,
	ROUTE_SPENT,                 /* a teacher would, but the budget is spent */
	ROUTE_NOBODY,
};

struct route_decision {
	enum route_to to;
	const char *reason;          /* a literal; one clause, lower case */
};

struct route_decision route_decide(const struct route_facts *facts);

/* "auto", "known", "local", "teacher", as --source takes them; false for anything else. */
bool route_wish_find(struct str name, enum route_wish *wish);

/*
 * The plain statement for ROUTE_NOBODY: what is missing, and the one command
 * that gets it; two lines, a literal.
 */
const char *route_nobody_text(const struct route_facts *facts);
