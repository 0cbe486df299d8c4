/*
 * The calls of one answer: each is understood, judged, run, and gets its result.
 *
 * Calls that only read run side by side; those that change something one after the
 * other, in the order of the answer, and so do the results.
 */
#pragma once

#include "agent/agent.h"
#include "agent/guard.h"

enum turn_end {
	TURN_DONE,
	TURN_CANCELLED,
	TURN_STOPPED,              /* the user said no */
	TURN_REPEATED,             /* the guard has seen the same too often */
};

/* Adds one tool message for each call of the answer, whatever happens. */
enum turn_end turn_run(struct agent *a, const struct agent_answer *answer, struct guard *guard, struct cancel *cancel);
