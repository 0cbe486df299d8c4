/*
 * The linear model behind known answers, as the trainer writes it into the
 * program and the matcher reads it.
 *
 * For a question with features F, each with a pull p(f) (its kind's weight times
 * its rarity) and a row of weights w(f, ·),
 *
 *     z(c) = bias(c) + sum over F of p(f) w(f, c) / sqrt(sum over F of p(f)²)
 *
 * over all columns c: one for each answer, then one for each group.  Features
 * without a row count in the square root alone, so that unfamiliar text lowers
 * every score.  With P(answer) a softmax over the answers and P(group) one over
 * the groups (pattern, topic, none), an answer's q is P(answer) P(its group), and
 * its score 1 / (1 + exp(-(slope logit(q) + shift))), fitted by cross-validation:
 * the probability that this answer is right.
 *
 * Read-only; any thread.
 */
#pragma once

#include "base/str.h"
#include "route/question_features.h"

#define ANSWERS_MAX 250                /* columns are numbered in a byte */

enum answer_group { GROUP_PATTERN, GROUP_TOPIC, GROUP_NONE, GROUPS };

#define COLUMNS_MAX (ANSWERS_MAX + GROUPS)

/* Words never met in training, 0, 1, 2 or more: what they say about the group. */
#define UNKNOWN_BUCKETS 4

struct model_slot {
	uint32_t feature;              /* 0: empty */
	uint32_t row;
};

struct model_row {
	uint32_t start;                /* its first weight; the next row's start ends it */
	float pull;
	float step;                    /* weight = step × byte; the pull is in it */
};

struct answer_model {
	struct lexicon lexicon;
	const struct model_slot *slots;    /* open addressing */
	uint32_t slot_mask;
	const struct model_row *rows;
	const uint8_t *weights;        /* pairs: column, signed weight */
	const uint32_t *stems;         /* of words met in training; open addressing, 0 empty */
	uint32_t stem_mask;
	const float *bias;             /* of each column */
	float unknown[UNKNOWN_BUCKETS][GROUPS];
	float unknown_share[GROUPS];   /* times unknown words / words */
	float slope, shift;
	float bar;                     /* answers below it are not given */
	size_t answer_count, pattern_count;    /* the patterns come first */
};

/* Rows and columns missing, a feature pulls so much in the square root. */
#define UNSEEN_PULL 1.48f

/* q of every answer, as logit(q), into logits[answer_count]. */
void answer_model_logits(const struct answer_model *m, const struct features *f, float *logits);

/* The calibrated probability for a logit of q. */
float answer_model_score(const struct answer_model *m, float logit);

/* For the trainer and the matcher alike: z of all columns in, logits of q out. */
void logits_of_columns(const float *z, size_t answer_count, size_t pattern_count, float *logits);

/* Which bucket, of so many unknown words. */
static inline size_t unknown_bucket(size_t unknown)
{
	return unknown < UNKNOWN_BUCKETS ? unknown : UNKNOWN_BUCKETS - 1;
}
