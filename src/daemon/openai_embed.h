/*
 * OpenAI's "Create embeddings", the daemon's side: request bytes to inputs, vectors
 * to response bytes.  No sockets, no threads.
 *
 * Beside OpenAI's members a response has the object `shammah`, which says where
 * the vectors come from: clients compare them only with others from there.
 */
#pragma once

#include "base/arena.h"
#include "daemon/openai.h"

#define EMBED_INPUTS_MAX 2048          /* texts in a request, as OpenAI has it */

/* One text, or tokens somebody else made of it (text.p NULL). */
struct embed_input {
	struct str text;
	const int32_t *ids;
	size_t count;
};

struct embed_request {
	struct arena arena;            /* holds everything below */
	struct embed_input *inputs;
	size_t input_count;
	struct str model;              /* "auto" unless stated */
	bool base64;                   /* little-endian float32; else a list of numbers */
	size_t dimensions;             /* 0: as many as the vectors have */
};

#define EMBED_REQUEST_INIT(limit) { .arena = ARENA_INIT(limit) }

static inline void embed_request_done(struct embed_request *r) { arena_done(&r->arena); }
#define own_embed_request owns(embed_request_done) struct embed_request

/* As openai_read(). */
bool openai_read_embed(struct str body, struct embed_request *r, struct openai_fault *fault, struct error *err)
	must_use;

/* vectors[count][dimensions], in the order of the inputs. */
struct embed_result {
	const float *vectors;
	size_t count, dimensions;
	size_t tokens;                 /* of all inputs together */
};

/* Appends the response body; `source->name` is what it calls the model. */
bool openai_write_embed(const struct embed_request *r, const struct embed_result *result,
	const struct openai_source *source, struct buf *out, struct error *err) must_use;
