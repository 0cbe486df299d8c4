/*
 * Following values through a graph, from results back to what they are made of.
 *
 * Functions named match_* look whether a value is made in a certain way; those
 * that return bool and take no error just say so, the others leave a reason that
 * names the node.  Casts between floats and Identity are never in the way: a half
 * graph is the same graph.
 */
#pragma once

#include "prepare/source.h"

struct match {
	const struct onnx_graph *g;
	struct error *err;
	double head_dim;           /* what a shape's last dimension is where heads are scaled; 0: not known */
	uint8_t *whole;            /* a mark for each node: it depends on nothing but whole numbers */
};

/* A vector or matrix product: outputs first … first + outputs - 1 of the weights, plus the bias. */
struct product {
	struct source weights;
	size_t first, outputs;
	const struct onnx_constant *bias;      /* NULL: none */
	size_t bias_first;
	int32_t input;                         /* what is multiplied */
};

/* The operator of a node in a domain we know; "" for none. */
struct str match_op(const struct onnx_node *n);
bool match_is(const struct onnx_node *n, const char *op);    /* n may be NULL */

/* The value behind Cast and Identity; behind Reshape, Transpose and their like, too. */
int32_t match_through(const struct match *m, int32_t value);
int32_t match_through_shapes(const struct match *m, int32_t value);

/* The maker of what match_through() finds; NULL for inputs and constants. */
const struct onnx_node *match_maker(const struct match *m, int32_t value);

/* The constant behind Casts; NULL for none. */
const struct onnx_constant *match_constant(const struct match *m, int32_t value);

/* A number that the graph computes from constants alone. */
bool match_number(const struct match *m, int32_t value, double *number);

/* Of a node's two inputs, the one that is such a number or such a constant, and the other (untouched when false). */
bool match_number_and(const struct match *m, const struct onnx_node *n, double *number, int32_t *other);
bool match_constant_and(const struct match *m, const struct onnx_node *n, const struct onnx_constant **constant,
			int32_t *other);

/* Of a node's two inputs, the one that `op` makes, and the other. */
bool match_maker_and(const struct match *m, const struct onnx_node *n, const char *op, const struct onnx_node **maker,
		     int32_t *other);

/* Whether a value follows from token ids, positions, mask and shapes alone: no weight or activation is in it. */
bool match_whole(const struct match *m, int32_t value) must_use;

/* "the graph has NAME (OP), which we do not know"; false. */
bool match_unknown(const struct match *m, int32_t value, const char *wanted);

/* ---- Products (linear.c) ---- */

/* Whether a value looks like one. */
bool match_is_linear(const struct match *m, int32_t value);
bool match_linear(const struct match *m, int32_t value, struct product *p) must_use;

/* Rows of a table picked by token ids. */
bool match_embedding(const struct match *m, int32_t value, struct source *s) must_use;

/* ---- Norms (norm.c) ---- */

/* The residual stream at one place: a node that adds, or the first value of all. */
struct stream {
	const struct onnx_node *sum;   /* NULL: none */
	int32_t value;                 /* then this */
};

struct norm {
	const struct onnx_constant *weight;
	double eps;
	int32_t input;                 /* ONNX_NONE where the node adds itself: stream.sum */
	struct stream stream;          /* what is normalised */
};

bool match_is_norm(const struct match *m, int32_t value);
bool match_norm(const struct match *m, int32_t value, struct norm *norm) must_use;

struct stream match_stream(const struct match *m, int32_t value);
static inline bool stream_equal(struct stream a, struct stream b)
{
	return a.sum == b.sum && (a.sum || a.value == b.value);
}
