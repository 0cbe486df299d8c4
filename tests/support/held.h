/* A grammar over a tokenizer, ready to be walked. */
#pragma once

#include "grammar/grammar.h"
#include "grammar/matcher.h"
#include "support/shared.h"
#include "support/tiny_tokenizer.h"

struct held {
	struct vocabulary_trie *vocabulary;
	struct grammar *grammar;
	struct masks masks;
	struct matcher *matcher;
	int32_t end;
};

/* The tokenizer of a few hundred tokens. */
static inline struct tokenizer *held_tiny(void)
{
	struct error err = {0};
	struct tiny_tokenizer options = {0};
	char *json = tiny_tokenizer(&options);
	struct tokenizer *t = tokenizer_parse(str_of(json), &err);

	free(json);
	if (!t)
		fail_msg("%s", err.text);
	return t;
}

/* Qwen2's; skips where the reference data is missing. */
static inline struct tokenizer *held_real(void)
{
	struct error err = {0};
	char folder[4096];

	snprintf(folder, sizeof folder, "%s", shared_path("qwen2/tokenizer.json"));
	*strrchr(folder, '/') = '\0';
	struct tokenizer *t = tokenizer_open(folder, NULL, &err);
	if (!t)
		fail_msg("%s", err.text);
	return t;
}

/* Takes the grammar over; the vocabulary is borrowed. */
static inline void held_init(struct held *h, struct vocabulary_trie *v, struct grammar *g)
{
	*h = (struct held){ .vocabulary = v, .grammar = g };
	h->end = tokenizer_find(v->tokenizer, (struct str)STR("<|im_end|>"));
	masks_init(&h->masks, v, grammar_machine(g));
	h->matcher = matcher_create(&h->masks, &h->end, 1, v->size);
}

static inline void held_done(struct held *h)
{
	matcher_destroy(h->matcher);
	masks_done(&h->masks);
	grammar_destroy(h->grammar);
}

static inline bool held_allows(const uint32_t *bits, int32_t token)
{
	return bits[token / 32] >> token % 32 & 1;
}
