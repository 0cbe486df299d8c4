/*
 * One precision of a model, tried on this machine: how fast it reads and writes,
 * and how far its logits are from those of a better one.
 *
 * The text is fixed. Its first part is read as a prompt; the rest is then handed in token by
 * token, as if the model had said it: so every precision is asked the same, and
 * its logits can be compared position by position.
 */
#pragma once

#include "base/cancel.h"
#include "model/model.h"

#define TRIAL_PROMPT 256         /* tokens read */
#define TRIAL_STEPS 64           /* tokens written, and positions compared */

/* What a better precision said: one row of logits for each step. */
struct trial_reference {
	float *logits;
	size_t vocabulary;           /* 0: nobody has said anything yet */
};
void trial_reference_done(struct trial_reference *r);

struct trial {
	double prefill, decode;      /* tokens a second: the faster of two, and the median */
	double agreement;            /* share of positions with the same first choice as the reference's */
	double divergence;           /* mean Kullback-Leibler divergence from the reference, in nats */
};

/* Fills an empty reference, else compares with it.  Blocking, seconds to minutes. */
bool trial_run(struct trial *t, const struct model *m, struct trial_reference *reference, struct cancel *cancel,
	       struct error *err) must_use;
