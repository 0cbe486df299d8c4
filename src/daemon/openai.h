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
	const char *teacher;     /* what the teacher is called; NULL: none answered */
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

/* Another teacher answers than was thought; of no effect once a stream has begun. */
void openai_writer_teacher(struct openai_writer *w, const char *teacher, const char *model);

/* What the answer has cost, in millionths of a dollar, by our table; before its last DELTA_END. */
void openai_writer_cost(struct openai_writer *w, uint64_t micro_usd);

/* Something the user may want to know while an answer is waited for. */
struct openai_notice {
	const char *kind;        /* "retry", "next", "skip", "budget", "config", "tools" */
	const char *teacher;     /* who it is about; NULL: nobody */
	const char *text;        /* one sentence without its point */
	const char *why;         /* of "retry": the same without the wait; NULL: none */
	unsigned wait_ms, attempt, attempts;   /* of "retry": how long, and which attempt comes then of how many */
};

/*
 * Streamed, for a request that wants notices: appends a chunk without choices whose
 * `shammah` is {"notice": {kind, teacher, text, why, wait_ms, attempt, attempts}}.
 */
bool openai_write_notice(struct openai_writer *w, const struct openai_notice *notice, struct buf *out,
	struct error *err) must_use;

/*
 * Streamed: appends the SSE events of one delta to `out`; the first of each choice
 * adds its opening chunk, the last DELTA_END of all ends the stream.
 */
bool openai_write_delta(struct openai_writer *w, const struct delta *delta, struct buf *out,
	struct error *err) must_use;

/* Whole: collects a delta; after every choice's DELTA_END openai_write_whole() gives the response body. */
bool openai_collect(struct openai_writer *w, const struct delta *delta, struct error *err) must_use;
bool openai_write_whole(struct openai_writer *w, struct buf *out, struct error *err) must_use;

/* A stream that fails: appends the error event that ends it.  `param` and `code` may be NULL. */
void openai_write_failure(struct buf *out, const struct error *why, const char *param, const char *code);

/* The error type and HTTP status of an error's kind. */
unsigned openai_status(const struct error *err, const char **type);
