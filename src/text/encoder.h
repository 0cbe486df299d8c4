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

/* Appends the tokens of well-formed UTF-8; with control tokens or without. */
bool encoder_run(struct encoder *e, const struct encoder_rules *rules, struct str text, bool control,
	struct tokens *out, struct error *err) must_use;
