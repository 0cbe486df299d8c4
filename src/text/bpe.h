/*
 * Byte-pair encoding of one word.
 *
 * The word begins as its bytes, or as its characters (VOCAB_CHARACTERS); as long
 * as any two neighbours merge, the pair of the lowest rank does, the leftmost of
 * equals first (Sennrich et al. 2016, as Hugging Face's tokenizers apply it).
 */
#pragma once

#include "text/tokens.h"
#include "text/vocab.h"

/* Room for one word, kept between words; zeroed at first.  One thread. */
struct bpe {
	uint32_t *ids, *ranks;        /* [cap]: the symbol at a place, and the rank of its merge with the next */
	uint32_t *next, *previous;    /* [cap] */
	uint64_t *heap;               /* [2 * cap] */
	size_t cap;
};

void bpe_done(struct bpe *b);

/* Appends the word's tokens; the word is at most TOKENIZER_TEXT_MAX bytes and not empty. */
bool bpe_encode(struct bpe *b, const struct vocab *v, struct str word, struct tokens *out, struct error *err) must_use;
