/*
 * A download under way: its files, their pieces, and who does what.
 *
 * Workers (one thread and one connection each) take one step after another:
 * prepare a file (ask where it lies, lock it, see what is there), fetch a run of
 * its pieces, finish it (check the hash, give it its name).  What a step's worker
 * needs of a file that others may use at the same time is under the job's lock.
 * Internal to hub/.
 */
#pragma once

#include <pthread.h>

#include "hub/ask.h"
#include "hub/parts.h"

#define JOB_WORKERS_MAX 16
#define JOB_RESTARTS_MAX 3

enum item_state { ITEM_NEW, ITEM_PREPARING, ITEM_BLOCKED, ITEM_OPEN, ITEM_CHECKING, ITEM_DONE };
enum piece_state { PIECE_FREE, PIECE_TAKEN, PIECE_WHOLE };

struct item {
	const struct hub_file *listed;
	/* Its preparer's, then constant while the state is OPEN. */
	char hash[HUB_HASH_MAX + 1];
	char *blob;                       /* the path it will have */
	struct parts parts;
	int lock;                         /* on the blob; -1: not held */
	bool resumed;                     /* an earlier download had brought pieces */
	unsigned restarts;
	/* Under the job's lock. */
	enum item_state state;
	uint64_t size;
	char *url;                        /* of the bytes */
	char etag[160];                   /* that the bytes came with */
	uint8_t *pieces;                  /* enum piece_state of each */
	size_t left;                      /* pieces that are not whole */
	unsigned busy;                    /* workers that fetch it */
	_Atomic bool restart;             /* what has come is another file's: begin anew when nobody is busy */
	bool one_stream, streaming;       /* the server knows no ranges; somebody reads it from its beginning */
	uint64_t retry_at;                /* BLOCKED: clock_ms() of the next look */
	_Atomic uint64_t bytes;           /* that are there; any thread */
};

struct job {
	const struct hub *hub;
	const char *repo, *folder, *commit;
	struct item *items;
	size_t count;
	unsigned workers;
	struct cancel cancels[JOB_WORKERS_MAX];   /* one a worker, for its connection */
	pthread_mutex_t lock;             /* guards what follows, and of the items what is said above */
	pthread_cond_t changed;
	bool stopping;
	struct error problem;             /* why, if kind is not ERROR_NONE */
	char trouble[400];                /* "": all is well */
};

enum step_kind { STEP_PREPARE, STEP_FETCH, STEP_FINISH, STEP_END };

struct step {
	enum step_kind kind;
	struct item *item;
	size_t first, count;              /* FETCH: which pieces */
	bool from_start;                  /* FETCH: the whole file will come, from its beginning */
};

struct worker {
	struct job *job;
	struct http_client *client;
	struct cancel *cancel;
	pthread_t thread;
};

/* `chosen` outlives the job. */
void job_init(struct job *job, const struct hub *hub, const char *repo, const char *folder,
	const struct hub_listing *chosen);
void job_done(struct job *job);

/* The next step, which it waits for; STEP_END when all is done or the job stops. */
struct step job_next(struct job *job);

/* A fetch step has ended, well or not: pieces that are not whole can be taken by others. */
void job_return(struct job *job, const struct step *step);

/* The item is in another state; a preparer's or finisher's last word. */
void job_set_state(struct job *job, struct item *item, enum item_state state);

/* What has come of the item cannot be used, or not any more. */
void job_restart(struct job *job, struct item *item);

/* Ends the job: with an error, the first of which counts.  Wakes all workers. */
void job_stop(struct job *job, const struct error *why);

void job_trouble(struct job *job, const char *text);

/* Bytes still to come, as far as sizes are known. */
uint64_t job_left(struct job *job);

/* The steps; each false with an error that ends the job.  prepare.c and fetch.c. */
bool item_prepare(struct worker *w, struct item *item, struct error *err) must_use;
bool item_finish(struct worker *w, struct item *item, struct error *err) must_use;
bool item_fetch(struct worker *w, const struct step *step, struct error *err) must_use;

/* Asks again where the bytes lie; once. */
bool item_resolve(struct worker *w, struct item *item, struct answer *answer, struct error *err) must_use;
