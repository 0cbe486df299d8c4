/*
 * An ONNX graph as nodes and the values that flow between them.
 *
 * Only the outermost graph; nodes with graphs inside are there, their inner ones
 * are not read.  Constants (initialisers and Constant nodes) have their bytes,
 * which lie in the mapped files: nothing is copied but what the format spells
 * out number by number.  Files come from strangers: counts have ceilings, every
 * name means one thing, no value depends on itself, and a tensor has exactly the
 * bytes that its type and dimensions ask for.  Read-only once read.
 */
#pragma once

#include "base/arena.h"
#include "base/mapped.h"
#include "model/onnx_tensor.h"

#define ONNX_NONE (-1)         /* no value: an optional input left out */

struct onnx_constant {
	struct onnx_tensor tensor;
	struct str bytes;      /* little-endian, row-major; p NULL: numbers of a type we do not read */
};

struct onnx_flow {
	struct str name;
	int32_t maker;         /* the node it comes out of; ONNX_NONE: it is an input or a constant */
	int32_t constant;      /* ONNX_NONE: none */
	bool input;            /* of the graph */
};

struct onnx_node {
	struct str op, domain, name;   /* a domain of "" is ONNX's own */
	struct str message;            /* for onnx_attribute() */
	const int32_t *inputs, *outputs;       /* values */
	size_t input_count, output_count;
};

struct onnx_graph {
	struct mapped file, *externals;
	struct str *external_paths;
	size_t external_count;
	struct arena arena;
	struct onnx_flow *values;      /* by name */
	struct onnx_node *nodes;
	struct onnx_constant *constants;
	int32_t *ends;                 /* what the nodes' inputs and outputs point into */
	size_t value_count, node_count, constant_count;
};

/* Maps the file and those beside it.  ERROR_INVALID says what is wrong with them. */
bool onnx_graph_open(struct onnx_graph *g, const char *path, struct error *err) must_use;

/* From the bytes of a whole file, which the caller keeps; external data lies in `folder` (NULL: nowhere). */
bool onnx_graph_read(struct onnx_graph *g, struct str bytes, const char *folder, struct error *err) must_use;

void onnx_graph_done(struct onnx_graph *g);
#define own_onnx_graph owns(onnx_graph_done) struct onnx_graph

/* The value of that name; ONNX_NONE. */
int32_t onnx_graph_find(const struct onnx_graph *g, struct str name);

/* The node a value comes out of; NULL for none. */
const struct onnx_node *onnx_maker(const struct onnx_graph *g, int32_t value);

/* A constant's tensor and bytes; NULL for other values. */
const struct onnx_constant *onnx_constant(const struct onnx_graph *g, int32_t value);

/* A node's n-th input or output; ONNX_NONE. */
static inline int32_t onnx_input(const struct onnx_node *n, size_t i)
{
	return i < n->input_count ? n->inputs[i] : ONNX_NONE;
}

static inline int32_t onnx_output(const struct onnx_node *n, size_t i)
{
	return i < n->output_count ? n->outputs[i] : ONNX_NONE;
}

/* ---- Attributes ---- */

#define ONNX_INTS_MAX 16

struct onnx_attribute {
	int64_t i;
	float f;
	struct str s, tensor;          /* bytes; a TensorProto (p NULL: none) */
	int64_t ints[ONNX_INTS_MAX];
	size_t int_count;
};

/* False when the node has none of that name, or a damaged one. */
bool onnx_attribute(const struct onnx_node *n, const char *name, struct onnx_attribute *a);

int64_t onnx_attribute_int(const struct onnx_node *n, const char *name, int64_t otherwise);
float onnx_attribute_float(const struct onnx_node *n, const char *name, float otherwise);
