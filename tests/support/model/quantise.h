/*
 * Weights in the low precisions of ONNX models.  Stateless; any thread.
 */
#pragma once

#include "support/model/weights.h"

#define Q4_BLOCK 32

/*
 * Q4: blocks of 32 numbers along the inputs, each number (level - 8) · scale.
 * The scale is the number furthest from zero over -8, so that this one is met
 * exactly (onnxruntime's MatMulNBitsQuantizer with is_symmetric).
 */
struct q4_block {
	float scale;
	uint8_t levels[Q4_BLOCK];      /* 0 to 15 */
};

struct q4_block q4_quantise(const struct stack *m, size_t row, size_t block);

/* Int8, one scale a tensor: level · scale, level -127 to 127 (quantize_dynamic with QInt8, per tensor). */
float int8_scale(const struct stack *m);
int8_t int8_quantise(float value, float scale);

/* Of the weights that are no projections; of the embedding and the head. */
enum precision precision_of_vectors(const struct model_shape *s);      /* FLOAT32 or FLOAT16 */
enum precision precision_of_embedding(const struct model_shape *s);
enum precision precision_of_head(const struct model_shape *s);

/* What the graph of the shape's precision computes with, [rows, cols]. */
void projection_rounded(const struct model_shape *s, size_t layer, enum projection which, float *out);

/* The same for any matrix and precision. */
void stack_rounded(const struct stack *m, enum precision precision, float *out);
