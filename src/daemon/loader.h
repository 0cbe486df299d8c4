/*
 * Loads models on a thread of its own and keeps the newest.
 */
#pragma once

#include "daemon/worker.h"
#include "model/generation.h"
#include "model/pool.h"

/* A loaded model with its timelines.  Reference-counted; the pool is the worker's alone. */
struct loaded {
	atomic_uint refs;
	struct model *model;
	struct pool *pool;
	double row_ns;            /* what a token of a prompt takes; 0: not known yet.  The worker's alone */
};

struct loaded *loaded_share(struct loaded *l);
void loaded_release(struct loaded *l);    /* accepts NULL */

struct loader;

/* `changed` is called (any thread, no lock held) when a model became ready or failed. */
struct loader *loader_create(const struct worker_options *options, void (*changed)(void *user), void *user);

/* Waits for a load under way, which cannot be cancelled; a preparation ends soon. */
void loader_destroy(struct loader *l);

/* As worker_load(). */
void loader_load(struct loader *l, const char *folder);

/* The ready model, shared with the caller; NULL when there is none, or it sleeps. */
struct loaded *loader_get(struct loader *l);

/*
 * A ready model that nobody needs at the moment is let go, and stays ready; who
 * needs it has it loaded again.
 */
void loader_sleep(struct loader *l);
void loader_wake(struct loader *l);    /* nothing to do unless it sleeps */

/* Fills what concerns the model; of one that sleeps too. */
void loader_status(struct loader *l, struct worker_status *status);
