/*
 * Cross-validation: what the model makes of wordings it was not trained on, and
 * from that the calibration and the bar.  One thread.
 */
#pragma once

#include "route/train/learn.h"

/*
 * An answer's first wordings are what people ask first; the later ones were
 * written to mark its border.  Calibration and bar look at typical questions:
 * these, the patterns' and the further wordings.
 */
#define TYPICAL_PLACES 8

/* The first part of the typical questions that must be answered right. */
#define PRECISION_TARGET 0.95f

struct prediction {
	const struct sample *sample;
	size_t answer;                 /* the best one */
	float logit;                   /* of its q (answer_model.h) */
	float weight;                  /* makes the mix 100 pattern, 284 topic, 300 other questions */
	bool right, typical;
};

struct validation {
	struct prediction *at;         /* best first */
	size_t count;
	float slope, shift, bar;       /* as in struct answer_model */
	float precision, recall;       /* of typical questions, at the bar */
};

void validation_done(struct validation *v);
#define own_validation owns(validation_done) struct validation

void validate(struct validation *v, const struct samples *s);

/* The calibrated probability of a prediction. */
float validation_score(const struct validation *v, const struct prediction *p);
