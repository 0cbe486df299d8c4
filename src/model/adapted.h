/*
 * The rows of a decoder's run that carry an adapter: the steps their products
 * take beside the others'.  For model/decoder.c only: A · x is computed before a
 * product, B · (A · x) is added inside it (matrix_multiply_adding()).
 */
#pragma once

#include "base/mapped.h"
#include "model/adapter.h"
#include "model/decoder.h"

/* Neighbouring rows with one adapter. */
struct adapted_span {
	const struct adapter *adapter;
	size_t first, count;
};

/* Zeroed: nothing yet. */
struct adapted {
	struct decoder_shape shape;
	struct adapted_span *spans;
	size_t span_count, span_room;
	size_t width;              /* of a row of mixed */
	struct mapped memory;
	float *mixed;              /* in it, [rows][width]: scale · A · x of the parts of one matrix, side by side */
	const struct decoder_row *rows;    /* of the run */
};

void adapted_done(struct adapted *a);

/* Looks for rows with adapters, which all fit the shape; without any, span_count is 0 and that is all. */
bool adapted_plan(struct adapted *a, const struct decoder_row *rows, size_t count, struct error *err) must_use;

/* One member's part of A · x, x being [rows][inputs of the matrix]. */
void adapted_shrink(const struct adapted *a, size_t layer, enum decoder_matrix which, const float *x, unsigned member,
		    unsigned members);

/* One product, and who adds to it. */
struct adapted_product {
	const struct adapted *adapted;
	size_t layer;
	enum decoder_matrix which;
};

/* A matrix_addition's, for an adapted_product, once all members have shrunk. */
void adapted_add(const void *user, size_t group, size_t first_row, size_t rows, float (*sums)[MATRIX_GROUP]);
