/*
 * One answer on its way: takes the deltas of whoever answers, writes them in the
 * client's dialect into the reply, and keeps the books (metrics, the log line).
 *
 * Made by the handler, then owned by exactly one answerer (the handler itself,
 * the worker, or a teacher's thread), which ends it with delivery_finish(), once
 * for each answer that request.choices asks for.
 */
#pragma once

#include "chat/delta.h"
#include "chat/request.h"
#include "daemon/metrics.h"
#include "daemon/openai.h"
#include "daemon/reply.h"
#include "daemon/seals.h"
#include "provider/price.h"

struct books;
struct provider;
struct teacher_list;

struct delivery {
	struct request request;
	struct reply *reply;
	struct metrics *metrics;
	struct teacher_list *list;        /* the teachers it may be asked of, a reference; NULL: none */
	struct openai_writer *writer;     /* NULL until delivery_begin() */
	enum metric_source source;
	const struct provider *provider;  /* of the teacher that answers; NULL: none does */
	struct price price;               /* of its model, where the user says so */
	bool priced;
	char *teacher, *model;            /* what it is called, and its model */
	bool escalated;                   /* a teacher is asked because the local model is not ready or able */
	struct books *books;              /* where it is written down; NULL: nowhere */
	struct seals *seals;              /* take note of what its vendor seals; NULL: nobody does */
	struct seal_notes notes;
	struct buf out;                   /* streamed, not yet handed to the reply */
	bool waits;                       /* a full reply is waited for (teacher's thread), not returned to */
	bool sent;                        /* something went out */
	struct usage usage;
	bool ended;                       /* a DELTA_END came: the usage is known, where it is said at all */
	bool noted;                       /* that its teacher was asked in vain is in the books already */
	size_t received;                  /* bytes of the answer, thoughts and calls among them */
	unsigned open;                    /* answers that have not ended */
	struct error failure;             /* the first of theirs, with its param and code; kind ERROR_NONE: none */
	const char *param, *code;
	uint64_t started_ns;
};

/* With an empty request, for the dialect to fill.  Holds a reference of its own to the reply. */
struct delivery *delivery_create(struct reply *reply, struct metrics *metrics);

/* Says who answers, every one of the answers; before the first delta, once more when another takes over. */
void delivery_begin(struct delivery *a, enum metric_source source, const char *model,
	const struct openai_source *shown);

/* Says which model answers, now that this is known: what waits gets the one that is there when its turn comes. */
void delivery_name(struct delivery *a, const char *model, const char *build);

/* Says which teacher is asked from now on, and what it costs by its user (NULL: unsaid); before the first delta. */
void delivery_teacher(struct delivery *a, const char *name, const struct provider *provider, const char *model,
	const struct price *price);

/* The teacher was sent the question so often and did not answer in time, which it may charge for. */
void delivery_unanswered(struct delivery *a, unsigned attempts);

/* What a vendor seals in this answer is kept for clients that do not send it back; before the first delta. */
void delivery_keep_seals(struct delivery *a, struct seals *seals);

/* Tells a client that wants to know; before the first delta. */
void delivery_notice(struct delivery *a, const struct openai_notice *notice);

/* A delta_fn with the answer as user.  ERROR_CANCELLED when the client is gone. */
bool delivery_delta(void *answer, const struct delta *delta, struct error *err);

/* Hands over what is written so far.  False when the reply has no room for it yet. */
bool delivery_flush(struct delivery *a);

/* Whether the client has hung up, or another of the answers has failed: nobody waits for this one any more. */
bool delivery_is_gone(struct delivery *a);

/*
 * Ends one answer; with the last it is freed.  `failure` NULL: its DELTA_END was
 * given; else the first failure becomes the response, or the stream's last event.
 */
void delivery_finish(struct delivery *a, const struct error *failure);

/* Ends all that have not ended. */
void delivery_abandon(struct delivery *a, const struct error *failure);

/* As delivery_finish(), with a param and code (literals) of its own; only before anything was sent. */
void delivery_refuse(struct delivery *a, const struct error *failure, const char *param, const char *code);
