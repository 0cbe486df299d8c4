/*
 * What the linear model sees of a question: hashed n-grams of its words,
 * letters and concepts.  The same code runs in the trainer and at run time.
 */
#pragma once

#include "route/lexicon.h"

enum feature_kind {
	FEATURE_WORD,                  /* one word */
	FEATURE_BIGRAM,                /* two words in a row, also with the ends of the text */
	FEATURE_LETTERS,               /* 3 to 5 bytes within a word, its borders included */
	FEATURE_TOKEN,                 /* a concept, or the stem of a word that has none */
	FEATURE_PAIR,                  /* two tokens in a row, or with one between them */
	FEATURE_CONCEPT,               /* any concept that some phrase stands for, overlapping ones too */
	FEATURE_CONCEPTS,              /* two different concepts anywhere in the text */
	FEATURE_KINDS,
};

/* What falls past these in a long question is left out. */
#define FEATURES_MAX 2048
#define CONCEPTS_MAX 40

struct feature {
	uint32_t id;                   /* never 0 */
	uint8_t kind;
};

/* Each feature once.  Some 30 KB: a local of whoever asks. */
struct features {
	struct feature at[FEATURES_MAX];
	size_t count;
	uint32_t stems[QUESTION_WORDS_MAX];    /* of the words without a concept */
	size_t stem_count, word_count;
	uint32_t seen[2 * FEATURES_MAX];       /* open addressing over the ids */
};

/* How much a feature of each kind weighs before its rarity is counted. */
extern const float feature_pull[FEATURE_KINDS];

void features_read(const struct words *words, const struct lexicon *lexicon, struct features *f);
