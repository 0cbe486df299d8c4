/*
 * Wordings as lists of features, ready to learn from.
 *
 * Features and stems are numbered in the order they are met.  One thread.
 */
#pragma once

#include "route/answer_model.h"
#include "route/train/corpus.h"
#include "route/train/synonyms.h"

#define FOLDS 4                        /* of the cross-validation */
#define FOLD_ALWAYS FOLDS              /* trained on in every fold, never tested */

struct sample {
	const struct wording *wording;
	size_t answer;                 /* CORPUS_NONE: none */
	uint32_t *features;            /* numbers */
	size_t feature_count;
	uint32_t *stems;               /* numbers of the stems without a concept */
	size_t stem_count, word_count;
	unsigned fold;
};

/* Numbers for 32-bit hashes. */
struct numbering {
	uint32_t *slots;               /* number + 1; 0 is empty */
	uint32_t *hashes;              /* by number */
	uint32_t count, mask;
};

struct samples {
	struct arena arena;
	struct sample *at;
	size_t count, answers, patterns;
	struct numbering features, stems;
	uint8_t *kinds;                /* of each feature */
};

#define SAMPLES_INIT { .arena = ARENA_INIT(256 << 20) }

void samples_done(struct samples *s);
#define own_samples owns(samples_done) struct samples

/* The corpus must outlive the samples. */
bool samples_read(struct samples *s, const struct corpus *c, const struct lexicon *l, struct error *err) must_use;

/* Whether it is something a user might type, and says whether there is an answer. */
bool sample_is_question(const struct sample *s);

enum answer_group sample_group(const struct samples *s, const struct sample *sample);

/* How many questions of each group there are among those that training and validation aim at. */
extern const float question_mix[GROUPS];
