/* The insides of a writer of answers, for the files that write them.  Internal to daemon/openai_*.c. */
#pragma once

#include "base/json.h"
#include "daemon/openai.h"

#define OPENAI_WHOLE_MAX ((size_t)16 << 20)

/* One of the answers. */
struct openai_choice {
	bool opened;
	struct buf unsealed;        /* what was thought since the last seal */
	size_t seals, written, called;     /* so far: sealed thoughts, bytes of text, calls */
	/* Collected whole: */
	struct buf text, thoughts;
	struct buf details;         /* sealed thoughts, as JSON, with commas between */
	json_t *calls, *logprobs;
	struct buf *arguments;      /* of each call */
	enum finish finish;
};

struct openai_writer {
	struct buf head;            /* of a chunk, up to its choices */
	char *id, *model;
	char *kind, *reason, *teacher;     /* of the source */
	char *source;               /* the JSON object `shammah` */
	char *fingerprint;
	int64_t created;
	bool include_usage, logprobs;
	unsigned count, ended;      /* choices */
	struct openai_choice choices[CHOICES_MAX];
	struct usage usage;         /* of those that have ended */
	bool costed;
	uint64_t micro_usd;         /* what it cost, when `costed` */
};

const char *openai_finish_name(enum finish finish);

/* The source's object, with the cost where that is known by now. */
bool openai_write_source(const struct openai_writer *w, struct buf *out, struct error *err) must_use;

/*
 * Sealed thoughts.  Both kinds of answers hand over every delta in its order; a seal on
 * thoughts appends its object to `out` (chat/reasoning.h).
 */
bool openai_follow_thoughts(struct openai_choice *c, const struct delta *d, struct buf *out,
	struct error *err) must_use;

/* A seal that says that there is none: the thoughts before it are forgotten, and nothing is written. */
bool openai_ends_unsealed(struct openai_choice *c, const struct delta *d);

/* Figures, which stand in both kinds of answers. */

/* The tokens of a piece of text: a new list. */
json_t *openai_logprobs(const struct delta *d);

/* Takes in what an answer that has ended tells; the last one ends the whole. */
void openai_add_usage(struct openai_writer *w, const struct delta *end);

/* "usage":{…} */
bool openai_write_usage(const struct usage *u, struct buf *out, struct error *err) must_use;

/* ,"timings":{…}, as llama-server has it, where times are known. */
bool openai_write_timings(const struct usage *u, struct buf *out, struct error *err) must_use;
