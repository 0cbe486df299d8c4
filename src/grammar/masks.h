/*
 * Which tokens may come next: the part of the answer that depends on one place
 * alone, found once and kept.
 *
 * A place's state (without its stack) splits the vocabulary in three: tokens that
 * stay inside what was called, which are allowed wherever that place occurs;
 * tokens that are refused; and tokens that leave it and go on behind, of which
 * only the part behind must be looked at with the stack at hand.  Inside strings
 * nearly all tokens are of the first kind.  (XGrammar: Dong et al. 2024, "adaptive
 * token mask cache".)
 *
 * What stands inside strings without limits is the same for all grammars and kept
 * with the vocabulary.  One thread at a time uses a vocabulary and the masks made
 * with it.
 */
#pragma once

#include "grammar/run.h"
#include "grammar/trie.h"

#define MASKS_BYTES_MAX ((size_t)24 << 20)   /* kept for one grammar; beyond it they are found anew */

struct tail {
	uint32_t node;                 /* whose followers go on outside */
	uint32_t depth;                /* bytes on the way to it */
};

/* The vocabulary as one place sees it. */
struct analysis {
	uint32_t state;
	struct quoted quoted;
	uint32_t *bits;                /* allowed, a bit a token; NULL: in `tokens` */
	int32_t *tokens;
	uint32_t token_count;
	struct tail *tails;            /* few: places in the vocabulary's trie; */
	uint32_t tail_count;
	struct trie rest;              /* many: what comes behind, as a trie of its own */
	bool merged;                   /* the latter */
};

struct analyses {
	struct analysis **slots;       /* open addressing */
	uint32_t slot_count, count;
	size_t bytes;
};

/* A tokenizer's tokens, ready for walking. */
struct vocabulary_trie {
	const struct tokenizer *tokenizer;     /* borrowed */
	struct trie trie;
	size_t size;                   /* ids are below */
	struct machine machine;            /* of one string without limits, */
	uint32_t inside;               /* and its state inside the quotes */
	struct analyses strings;
};

/* Tens of milliseconds and some megabytes for 150,000 tokens.  The tokenizer must outlive it. */
struct vocabulary_trie *vocabulary_trie_create(const struct tokenizer *tokenizer);
void vocabulary_trie_destroy(struct vocabulary_trie *v);   /* accepts NULL */

/* Of one grammar over one vocabulary, both of which must outlive it. */
struct masks {
	struct vocabulary_trie *vocabulary;
	const struct machine *machine;
	struct analyses own;
};

void masks_init(struct masks *m, struct vocabulary_trie *v, const struct machine *g);
void masks_done(struct masks *m);

/* Sets the bits of the tokens allowed at a place of the run, which is left as it was. */
void masks_add(struct masks *m, struct run *r, uint32_t place, uint32_t *bits);
