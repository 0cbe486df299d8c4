/*
 * Who makes vectors of texts: one thread with a queue, and the model that is
 * configured; without one, hashed features (text/lexical.h), and the answer says so.
 *
 * The model is loaded by that thread when it is first needed.
 */
#pragma once

#include "daemon/openai_embed.h"
#include "daemon/reply.h"

#define EMBEDDINGS_WAITING_MAX 100         /* requests; more are refused */
#define EMBEDDINGS_LEXICAL "shammah-lexical"

struct embeddings;

/* `model` as hub/spec.h reads it; NULL: none.  `threads` 0: the number of cores. */
struct embeddings *embeddings_create(const char *model, int threads);

/* Refuses what waits and ends the thread, after the text at hand. */
void embeddings_stop(struct embeddings *e);
void embeddings_destroy(struct embeddings *e);

/* Takes the request over and answers some time, in any case; shares the reply. */
void embeddings_ask(struct embeddings *e, struct embed_request *r, struct reply *reply);

struct embeddings_status {
	const char *state;         /* "lexical", "configured" (not needed yet), "ready", "failed" */
	char name[128];            /* what a request may call the model */
	char error[400];
	size_t dimensions, waiting;
};

/* A consistent copy; any thread. */
void embeddings_status(struct embeddings *e, struct embeddings_status *s);

/* POST /v1/embeddings; user is the struct service. */
struct http_request_in;
void embeddings_handler(void *user, const struct http_request_in *in, struct reply *reply);
