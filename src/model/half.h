/* IEEE 754 half precision, to single. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Exact, infinities and NaN included.  The two may not overlap. */
void half_to_float(float *out, const uint16_t *in, size_t count);
