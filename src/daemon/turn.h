/*
 * One turn of the worker: every answer under way that can goes on by one slice,
 * a piece of its prompt, or a token and what was guessed to follow it.
 *
 * Answers of a prepared model share one run.  Prompts get a bounded number of
 * rows in it, in equal shares, so that answers being written do not stall.  When
 * the pages for keys and values run out the newest answer waits, and computes
 * again later what was lost; its text is the same.
 */
#pragma once

#include "daemon/job.h"
#include "daemon/worker.h"

struct turn {
	struct job *jobs[ANSWERS_MAX];   /* under way, oldest first */
	size_t count;
	uint64_t turns;

	struct job *batch[ANSWERS_MAX];  /* of the run at hand */
	struct advance advances[ANSWERS_MAX];
	size_t batch_count;
};

/* True when anybody got further or ended; those that ended are gone from the list. */
bool turn_take(struct turn *t);

/* How many are parked. */
size_t turn_parked(const struct turn *t);
