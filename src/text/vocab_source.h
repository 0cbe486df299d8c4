/*
 * A tokenizer.json taken apart: its two large tables as text, the rest as JSON.
 */
#pragma once

#include "base/json.h"
#include "text/vocab.h"

struct vocab_source {
	struct str vocab, merges;     /* JSON text inside the file's */
	json_t *settings;             /* normalizer, pre_tokenizer, decoder, added_tokens; ours */
	json_t *model;                /* the model's small members; ours */
};

void vocab_source_done(struct vocab_source *s);
#define own_vocab_source owns(vocab_source_done) struct vocab_source

/* `text` must outlive the result. */
bool vocab_source_read(struct vocab_source *s, struct str text, struct error *err) must_use;

/* One cut of the pre-tokenizer (text/split.h). */
struct vocab_cut {
	char *pattern;                /* ours */
	bool drop_gaps;
};

/* What the settings say, in our terms. */
struct vocab_rules {
	uint32_t flags;               /* VOCAB_NFC … (text/vocab.h) */
	struct vocab_cut cuts[VOCAB_SPLITS_MAX];
	size_t cut_count;
};

void vocab_rules_done(struct vocab_rules *r);
#define own_vocab_rules owns(vocab_rules_done) struct vocab_rules

/* Refuses, by name, whatever is neither kind of BPE (text/vocab.h) or no rule we know. */
bool vocab_rules_read(struct vocab_rules *r, const struct vocab_source *s, struct error *err) must_use;
