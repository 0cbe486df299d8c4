/*
 * OpenAI's Chat Completions, the daemon's side: request bytes to our vocabulary,
 * our deltas to response bytes.  No sockets, no threads.
 *
 * Shapes: OpenAI API reference, "Create chat completion" and "chat completion
 * chunk object".  Beside them an answer carries an object `shammah` that says who
 * answered and why; clients that do not know it ignore it.
 */
#pragma once

#include "base/buf.h"
#include "chat/delta.h"
#include "chat/messages.h"
#include "chat/request.h"

/* Why a request was refused, as OpenAI's error object wants it. */
struct openai_fault {
	struct chat_place place; /* "messages[2].content"; empty: none */
	const char *code;        /* a literal or NULL */
};

/* Says in both that the field `param` is wrong, and how: "`param` `what`" (ERROR_INVALID).  False, as error_set(). */
bool openai_refuse(struct openai_fault *fault, struct error *err, const char *param, const char *what);

/*
 * Reads a request body.  Unknown fields are ignored; known ones that cannot be
 * honoured are refused (ERROR_INVALID), naming the field in fault->place.
 */
bool openai_read(struct str body, struct request *r, struct openai_fault *fault, struct error *err) must_use;

/* Who answered. */
struct openai_source {
	const char *kind;        /* "known_answer", "local", "teacher" */
	const char *name;        /* the answer's id, or the model's */
	const char *reason;      /* why this one was chosen */
	const char *build;       /* what else an answer with a seed depends on: form, what runs it; NULL: nothing */
};

/* Writes one answer, streamed or whole. */
struct openai_writer;

/* `model` is what the response calls itself; all strings are copied. */
struct openai_writer *openai_writer_create(const struct request *r, const char *model,
	const struct openai_source *source);
void openai_writer_destroy(struct openai_writer *w);

/*
 * Another model answers, or in another form, than was thought when it was made; of no
 * effect once a stream has begun.
 */
void openai_writer_name(struct openai_writer *w, const char *model, const char *build);

/*
 * Streamed: appends the SSE events of one delta to `out`; the first of each choice
 * adds its opening chunk, the last DELTA_END of all ends the stream.
 */
bool openai_write_delta(struct openai_writer *w, const struct delta *delta, struct buf *out,
	struct error *err) must_use;

/* Whole: collects a delta; after every choice's DELTA_END openai_write_whole() gives the response body. */
bool openai_collect(struct openai_writer *w, const struct delta *delta, struct error *err) must_use;
bool openai_write_whole(struct openai_writer *w, struct buf *out, struct error *err) must_use;

/* A stream that fails half-way: appends the error event that ends it. */
void openai_write_failure(struct buf *out, const struct error *why);

/* The error type and HTTP status of an error's kind. */
unsigned openai_status(const struct error *err, const char **type);
