/*
 * The bytes of a vocabulary's tokens as a tree, laid out flat in the order of a
 * walk: what lies below node i are the nodes up to end[i].  Whoever walks it with
 * an automaton looks once at what tokens have in common, and steps over all that
 * begin with what is refused.
 *
 * Control tokens are not in it.  Read-only once made; any thread.
 */
#pragma once

#include "text/tokenizer.h"

#define TRIE_DEPTH_MAX 512u            /* bytes; longer tokens are left out */

struct trie {
	uint32_t nodes, depth;         /* depth: of the deepest node */
	uint8_t *byte;                 /* [nodes]: on the way to it */
	uint32_t *end;                 /* [nodes] */
	uint32_t *first;               /* [nodes + 1]: tokens that end there */
	int32_t *tokens;
};

struct trie_entry {
	struct str bytes;
	int32_t token;
};

/* In any order.  Empty texts and ones over TRIE_DEPTH_MAX are left out. */
void trie_init(struct trie *t, const struct trie_entry *entries, size_t count);
void trie_done(struct trie *t);

/* Of every token that plain text is made of. */
void trie_of_tokenizer(struct trie *t, const struct tokenizer *tokenizer);
