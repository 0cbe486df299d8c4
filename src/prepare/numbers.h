/*
 * Numbers of a constant, whatever they are stored as.
 */
#pragma once

#include "prepare/onnx_graph.h"

/* How many; 0 when we cannot read them. */
size_t numbers_count(const struct onnx_constant *c);

/*
 * Numbers first … first + count - 1 as floats: float, half, bfloat16 and integers
 * (of 64 bits and double as near as a float comes).  They must be there.
 */
void numbers_read(const struct onnx_constant *c, size_t first, size_t count, float *out);

/* The only number of a constant; false when it has another count. */
bool numbers_one(const struct onnx_constant *c, double *number);
