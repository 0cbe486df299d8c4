/*
 * Rotary frequencies as config.json states them.
 *
 *   default  theta^(-2i/d) for pair i (Su et al. 2021, RoFormer, eq. 15)
 *   linear   the same over `factor` (Chen et al. 2023, Position Interpolation)
 *   llama3   long wavelengths over `factor`, short ones kept, a ramp between
 *            (apply_scaling() of Meta's reference code for Llama 3.1)
 *   yarn     a ramp by how often a pair goes round within the original context,
 *            and cosine and sine times 0.1 ln(factor) + 1 (Peng et al. 2023, YaRN,
 *            sections 3.2 to 3.4; the ramp's ends are whole numbers, as in its
 *            authors' code)
 */
#pragma once

#include "base/error.h"
#include "base/json.h"

enum rope_kind { ROPE_DEFAULT, ROPE_LINEAR, ROPE_LLAMA3, ROPE_YARN, ROPE_OTHER };

struct rope {
	enum rope_kind kind;           /* OTHER: config.json says something that we have no formula for */
	double theta, factor;
	double original;               /* positions the model was first trained with */
	double low, high;              /* llama3: low_freq_factor, high_freq_factor; yarn: beta_slow, beta_fast */
	double magnitude;
};

/* From config.json; `context` is its max_position_embeddings.  ERROR_INVALID for numbers that make no sense. */
bool rope_read(struct rope *r, const json_t *config, double context, struct error *err) must_use;

/* Of `half` pairs.  Not for ROPE_OTHER. */
void rope_frequencies(const struct rope *r, size_t half, double *frequencies);
