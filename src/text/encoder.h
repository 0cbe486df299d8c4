/*
 * What one thread needs while it encodes, and a cache of words.
 *
 * Inside of the tokenizer: it lends one of these to each call and keeps a few
 * for the next, so that the cache stays warm.
 */
#pragma once

#include "text/added.h"
#include "text/bpe.h"
#include "text/split.h"

/* A tokenizer's read-only side, as the encoder sees it. */
struct encoder_rules {
	struct vocab vocab;
	struct added_finder raw[2], normalized[2];      /* without and with control tokens */
	struct split splits[VOCAB_SPLITS_MAX];
	size_t split_count;
};

struct encoder;

struct encoder *encoder_create(void);
void encoder_destroy(struct encoder *e);

/* What stands before the text, for tokenizers that put a space before words. */
enum encoder_prefix {
	PREFIX_BEGINNING,            /* nothing */
	PREFIX_BEHIND_CONTROL,       /* a control token */
	PREFIX_NEVER,                /* text: no space is put there */
};

struct encoder_run {
	struct str text;             /* well-formed UTF-8 */
	bool control;                /* control tokens are found in it */
	enum encoder_prefix prefix;
};

/* Appends the tokens of the text. */
bool encoder_run(struct encoder *e, const struct encoder_rules *rules, const struct encoder_run *run,
	struct tokens *out, struct error *err) must_use;
