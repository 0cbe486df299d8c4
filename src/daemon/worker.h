/*
 * The inference worker: one thread that owns every timeline and gives each
 * answer under way one slice of work (a piece of its prompt, or one token) a
 * turn, so that a short request is not stuck behind a long one.  Answers of a
 * prepared model take their turn together, in one run (daemon/turn.h).
 *
 * Models load on a thread of their own and are swapped in between slices; answers
 * under way finish on the model they began with.
 */
#pragma once

#include "daemon/delivery.h"
#include "model/engine.h"
#include "route/route.h"

#define ANSWERS_MAX 100           /* under way at once */
#define WAITING_MAX 400           /* behind them; more are refused */

struct worker;

struct worker_options {
	int threads;              /* 0: the number of cores */
	size_t context;           /* 0: the model's own limit */
	unsigned keep_alive_s;    /* after so long without an answer the model's memory is given back; 0: never */
	size_t kv_bytes;          /* for all keys and values; 0: a quarter of the memory */
	uint64_t beginnings_bytes;   /* of computed system prompts on disk; 0: none are kept */
	bool small_kv;            /* keys and values in 8 bits; model/engine.h */
};

struct worker *worker_create(const struct worker_options *options);

/* Cancels what is under way and ends the thread; nothing can be submitted any more. */
void worker_stop(struct worker *w);

/* worker_stop() first. */
void worker_destroy(struct worker *w);

/*
 * Loads the model in a folder, in its chosen precision, in the background; the same
 * again does nothing unless it failed.
 */
void worker_load(struct worker *w, const char *folder);

struct worker_status {
	enum local_state state;
	bool asleep;              /* ready, but not in memory: the next answer loads it again */
	char name[128], folder[512], error[400];      /* "" where there is none */
	char precision[16], attention[64], runtime[64];       /* of a ready model */
	char reason[400];                             /* why it is run so */
	char progress[64];                            /* of preparing it, while loading */
	size_t context;
	size_t active, waiting;
	size_t parked;                                /* of the active ones, without memory for now */
	struct engine_memory memory;
};

/* A consistent copy; any thread. */
void worker_status(struct worker *w, struct worker_status *status);

/*
 * Takes the delivery, begun, and finishes all its answers some time.  False (and the answer
 * stays the caller's) when too many wait or the worker has stopped.
 */
bool worker_submit(struct worker *w, struct delivery *a, struct error *err) must_use;
