/*
 * A tiny BERT with random weights, in the layout of a sentence-transformer: to
 * test embeddings with, and the same forward pass done slowly.
 *
 *	encoder_write(dir, &(struct encoder){ .types = true }, &err);
 *	encoder_forward(&shape, ids, count, hidden);
 *
 * One layer: embeddings of words, positions and types summed and normed;
 * attention; feed-forward with GELU; a norm behind each (Devlin et al. 2019).
 * The tokenizer knows small letters, digits, "##" forms of both, a few words and
 * punctuation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { ENCODER_WIDTH = 16, ENCODER_HEADS = 2, ENCODER_INNER = 32, ENCODER_POSITIONS = 64, ENCODER_WORDS = 112 };

struct encoder {
	bool types;              /* takes token_type_ids */
	bool sentence;           /* gives sentence_embedding, the first token's vector times 2, too */
	const char *modules;     /* "mean" or "cls": writes modules.json and 1_Pooling; NULL: neither */
	bool normalize;          /* modules.json has Normalize */
	const char *origin;      /* _name_or_path in config.json; NULL: none */
	const char *more;        /* members of config.json, each with a comma before it; NULL: none */
	const char *output;      /* name of the tokens' output; NULL: last_hidden_state */
};

/* Makes the folder where missing. */
bool encoder_write(const char *dir, const struct encoder *e, struct error *err) must_use;

/* hidden[count][ENCODER_WIDTH], as the graph gives it. */
void encoder_forward(const struct encoder *e, const int32_t *ids, size_t count, float *hidden);

/* tokenizer.json's text; the caller frees. */
char *encoder_tokenizer(void);
