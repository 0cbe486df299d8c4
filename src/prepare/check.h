/*
 * Whether a prepared file answers as the graph it was made from.
 *
 * Both compute the logits after every token of a fixed sequence (some English and
 * some C as the model's tokenizer cuts it, and scattered tokens): the graph in
 * ONNX Runtime first, then, when that is gone from memory again, the prepared
 * file.  At each position
 *
 *     deviation   the root mean square of the differences of the logits (their mean
 *                 taken off: it changes no probability) over the standard deviation
 *                 of the graph's own
 *     agreement   both have the same first choice, or the graph itself holds the two
 *                 choices nearer than CHECK_NEAR standard deviations, or than what
 *                 the deviation there explains, CHECK_NOISE times it: two logits'
 *                 difference is off by the root of two times it
 *
 * Where weights are floats, the mean deviation may be 0.005 and the agreement must
 * be 97 %.  4- and 8-bit weights are multiplied with activations rounded to 8
 * bits, by us and, in another way, by most graphs, which alone moves logits by
 * some hundredths of their spread, more with more layers: there the limits are 0.2
 * and 90 %.  What is rounded once more to be smaller has to stay within 0.1.
 */
#pragma once

#include "base/cancel.h"
#include "model/engine.h"
#include "prepare/recognise.h"

#define CHECK_NEAR 0.1
#define CHECK_NOISE 3

enum check_limit { CHECK_FLOATS, CHECK_ROUNDED, CHECK_SMALLER };

struct check_result {
	size_t positions;
	double agreement;              /* share of the positions */
	double deviation, worst;       /* mean over positions, and the largest */
};

struct check;

typedef void check_progress_fn(void *user, double share);

/*
 * Memory that ONNX Runtime takes at most to run a graph once, in bytes, beside its files, which
 * it maps.  Measured, within a tenth: products are copied into an order of its own,
 * halves as floats, and an embedding that is the head as well is turned before that;
 * floats within the graph's own file are copied once more.
 */
uint64_t check_memory(const struct found *f);

/*
 * Runs the graph in folder and keeps its logits, a few dozen times the
 * vocabulary.  Of the options only threads, precision and ort_paths count.
 */
struct check *check_create(const char *folder, const struct engine_options *options, const char *cache_dir,
			   struct cancel *cancel, check_progress_fn *progress, void *user, struct error *err) must_use;
void check_destroy(struct check *c);

static inline void check_destroy_ptr(struct check **c) { check_destroy(*c); }
#define own_check owns(check_destroy_ptr) struct check

/*
 * Runs the prepared file beside it.  False when it cannot be run or differs too
 * much (ERROR_INVALID, with figures); the result is filled in where it ran.
 */
bool check_prepared(struct check *c, const char *path, enum check_limit limit, struct check_result *result,
		    struct error *err) must_use;
