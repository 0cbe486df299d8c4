/* IEEE 754 half precision, to single and from it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Exact, infinities and NaN included.  The two may not overlap. */
void half_to_float(float *out, const uint16_t *in, size_t count);

/* To nearest, ties to even, as the processors do; what is too large becomes infinity, NaN stays NaN. */
void half_from_float(uint16_t *out, const float *in, size_t count);
