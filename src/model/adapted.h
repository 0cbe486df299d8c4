/*
 * The rows of a decoder's run that carry an adapter: the steps their products
 * take beside the others'.  For model/decoder.c only, whose members call the two
 * halves around a product with the same division of outputs.
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
	struct mapped memory;      /* what follows lies in it */
	float *mixed;              /* [rows][width]: scale · A · x of the parts of one matrix, side by side */
	float *gate_up;            /* [rows][2 * intermediate]: the product before it is activated */
};

void adapted_done(struct adapted *a);

/* Looks for rows with adapters, which all fit the shape; without any, span_count is 0 and that is all. */
bool adapted_plan(struct adapted *a, const struct decoder_row *rows, size_t count, struct error *err) must_use;

/* One member's part of A · x, x being [rows][inputs of the matrix]. */
void adapted_shrink(const struct adapted *a, size_t layer, enum decoder_matrix which, const float *x, unsigned member,
		    unsigned members);

/*
 * Adds B to the outputs that are the member's part of the product (matrix_part(),
 * not SWIGLU's), once all members have shrunk.
 */
void adapted_expand(const struct adapted *a, size_t layer, enum decoder_matrix which, float *out, size_t stride,
		    unsigned member, unsigned members);
