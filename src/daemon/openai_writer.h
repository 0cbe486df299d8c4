/* The insides of a writer of answers, for the files that write them.  Internal to daemon/openai_*.c. */
#pragma once

#include "base/json.h"
#include "daemon/openai.h"

#define OPENAI_WHOLE_MAX ((size_t)16 << 20)

/* One of the answers. */
struct openai_choice {
	bool opened;
	/* Collected whole: */
	struct buf text, thoughts;
	json_t *calls, *logprobs;
	enum finish finish;
};

struct openai_writer {
	struct buf head;            /* of a chunk, up to its choices */
	char *id, *model;
	char *kind, *reason;        /* of the source */
	char *source;               /* the JSON object `shammah` */
	char *fingerprint;
	int64_t created;
	bool include_usage, logprobs;
	unsigned count, ended;      /* choices */
	struct openai_choice choices[CHOICES_MAX];
	struct usage usage;         /* of those that have ended */
};

const char *openai_finish_name(enum finish finish);

/* Figures, which stand in both kinds of answers. */

/* The tokens of a piece of text: a new list. */
json_t *openai_logprobs(const struct delta *d);

/* Takes in what an answer that has ended tells; the last one ends the whole. */
void openai_add_usage(struct openai_writer *w, const struct delta *end);

/* "usage":{…} */
bool openai_write_usage(const struct usage *u, struct buf *out, struct error *err) must_use;

/* ,"timings":{…}, as llama-server has it, where times are known. */
bool openai_write_timings(const struct usage *u, struct buf *out, struct error *err) must_use;
