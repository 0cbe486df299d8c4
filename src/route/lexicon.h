/*
 * Words and phrases that mean the same: data/answers/synonyms.txt as a table.
 *
 * A phrase stands for one or more concepts (small numbers from 1).  Read-only;
 * any thread.
 */
#pragma once

#include "route/words.h"

#define PHRASE_WORDS_MAX 6

struct lexeme {
	uint32_t hash;
	uint16_t concept;              /* 0: an empty slot */
};

/* Open addressing; one hash may have several lexemes. */
struct lexicon {
	const struct lexeme *slots;
	uint32_t mask;                 /* slots - 1, a power of two less one */
};

/* FNV-1a; `hash` is where to go on from. */
#define HASH_START 2166136261u
uint32_t hash_bytes(uint32_t hash, const void *bytes, size_t n);

/* Spreads a hash over all bits. */
uint32_t hash_mix(uint32_t hash);

uint32_t phrase_hash(const struct word *words, size_t count);

/* Of the word without its English ending: "stops", "stopped" and "stopping" have one. */
uint32_t stem_hash(const struct word *w);

/* The next concept of `hash`, 0 when there is none; *cursor begins as the hash. */
uint16_t lexicon_next(const struct lexicon *l, uint32_t hash, uint32_t *cursor);
