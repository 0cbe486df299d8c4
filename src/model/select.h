/*
 * Passes over a vocabulary's logits: the largest, the few largest, the sum of
 * exponentials.  The vocabulary may be 150,000 tokens and a pass happens per
 * token, so none sorts and all go several numbers at a time.  NaN counts as
 * minus infinity.  Stateless.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct candidate {
	int32_t token;
	float logit;
};

/* Index of the largest, the first of equals; count > 0. */
size_t select_largest(const float *logits, size_t count);

/* The `most` largest into `out`, best first, the earlier token first among equals; returns how many (at most count). */
size_t select_top(const float *logits, size_t count, struct candidate *out, size_t most);

/* Sum of exp((logit - shift) * scale) over those >= floor; no term may exceed e^80. */
double select_mass(const float *logits, size_t count, float shift, float scale, float floor);

/*
 * The fewest of the largest numbers whose terms, as select_mass() sums them, make
 * up a share of all: those above `cut`, and the first `ties` that equal it.
 */
struct nucleus {
	float cut;
	size_t ties;          /* at least 1 */
};

/* `share` is over 0 and at most 1; one of the numbers is finite. */
struct nucleus select_nucleus(const float *logits, size_t count, float shift, float scale, double share);

/* The function select_mass() sums: relative error under 1e-6 on [-87, 88], 0 below. */
float select_exp(float x);
