/*
 * Learns the weights of the linear model (route/answer_model.h) from samples.
 *
 * Stochastic gradient descent on two softmaxes: over the answers, from samples
 * that have one, and over the groups, from questions.  Deterministic.  One
 * thread.
 */
#pragma once

#include "route/train/samples.h"

#define NO_ROW UINT32_MAX

struct weights {
	size_t columns, stride;        /* answers, then groups; floats from row to row */
	size_t rows;
	float *at;                     /* [rows][stride] */
	float *bias;                   /* [stride] */
	uint32_t *row_of;              /* [features]; NO_ROW: too rare */
	float *pull;                   /* [features] */
	uint32_t *stem_count;          /* [stems]: in how many questions that have an answer */
	float unknown[UNKNOWN_BUCKETS][GROUPS], unknown_share[GROUPS];
};

void weights_done(struct weights *w);
#define own_weights owns(weights_done) struct weights

/* From all samples but those of `fold` (FOLDS: none is left out). */
void learn(struct weights *w, const struct samples *s, unsigned fold);

/* z of every column for a sample, as answer_model.h defines it. */
void weights_columns(const struct weights *w, const struct samples *s, const struct sample *sample, float *z);
