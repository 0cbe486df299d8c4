/*
 * The forward pass of a prepared decoder, many tokens of many sequences at once.
 *
 * A row is one token at one position of one sequence.  What comes out for it has
 * the same bits whatever other rows are beside it, however a prompt is cut and
 * however many threads work: answers do not depend on who else asks, and guesses
 * (model/guess.h) change nothing.  Rows may carry adapters, each its own; a run
 * without any takes no step for them.
 *
 * Weights are borrowed.  One run at a time, from any thread.
 */
#pragma once

#include "base/cancel.h"
#include "kernel/attention.h"
#include "model/decoder_shape.h"

struct decoder;
struct adapter;

struct decoder_options {
	unsigned threads;          /* at least 1 */
	enum kv_type kv;           /* what keys and values are kept as */
};

/* ERROR_INVALID for a shape that no kernel can run. */
struct decoder *decoder_create(const struct decoder_shape *shape, const struct decoder_weights *weights,
			       const struct decoder_options *options, struct error *err) must_use;
void decoder_destroy(struct decoder *d);      /* accepts NULL */

static inline void decoder_destroy_ptr(struct decoder **d) { decoder_destroy(*d); }
#define own_decoder owns(decoder_destroy_ptr) struct decoder

/* Of one page of keys and values, kernel/attention.h: PAGE_TOKENS tokens of all layers. */
size_t decoder_page_bytes(const struct decoder *d);

/* Memory that runs have taken so far beside weights and pages: of the largest yet. */
size_t decoder_run_bytes(const struct decoder *d);

struct decoder_row {
	int32_t token;
	uint32_t position;         /* its keys and values go there; those before must be computed, or be of this run */
	void *const *pages;        /* of its sequence, with room for it; nobody else may hold the one it goes to */
	bool wants_logits;
	const struct adapter *adapter;     /* model/adapter.h, of the decoder's shape; NULL: none */
};

/*
 * Computes the rows; those of one sequence stand together, positions ascending.
 * `cancel` (may be NULL) is looked at between layers: ERROR_CANCELLED, and what
 * the rows' positions hold is undefined.
 */
bool decoder_run(struct decoder *d, const struct decoder_row *rows, size_t count, struct cancel *cancel,
		 struct error *err) must_use;

/*
 * The logits of the n-th row that wanted some, `vocabulary` of them, until the
 * next run.  A reader may write into them if it puts back what was there.
 */
float *decoder_logits(const struct decoder *d, size_t n);
