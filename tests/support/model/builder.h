/*
 * An ONNX file under construction: nodes, constants, weights.
 *
 * Values are called by name; every function that makes one returns its name,
 * which lives as long as the graph.  A node is named after the scope it stands
 * in, as PyTorch's exporter does: "/model/layers.0/mlp/Mul_1", its output
 * "/model/layers.0/mlp/Mul_1_output_0".  The first failure is kept and reported
 * by build_save(); after it everything else does nothing.  One thread at a time.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

/* The element types we use, with onnx.proto's numbers (TensorProto.DataType). */
enum element {
	ELEMENT_FLOAT = 1, ELEMENT_UINT8 = 2, ELEMENT_INT8 = 3, ELEMENT_INT32 = 6, ELEMENT_INT64 = 7, ELEMENT_BOOL = 9,
	ELEMENT_HALF = 10, ELEMENT_UINT4 = 21, ELEMENT_INT4 = 22,      /* the last two: bytes only */
};

/* One dimension of an input or output: a size, or a symbol's name. */
struct dimension {
	const char *symbol;    /* NULL: fixed */
	int64_t size;
};

/*
 * Gives elements first … first + count - 1 of a tensor in row-major order.
 * Called for consecutive pieces; all but the last are multiples of 4096.
 */
typedef void tensor_fill(const void *user, size_t first, size_t count, void *out);

struct builder;

/* With data_path, weights of 1 kB and more go to that file; else all stay inline. */
struct builder *builder_create(const char *data_path);
void builder_destroy(struct builder *b);
static inline void builder_release(struct builder **b) { builder_destroy(*b); }
#define own_builder owns(builder_release) struct builder

#define DIMENSIONS(...) (struct dimension[]){ __VA_ARGS__, { 0 } }   /* ended by { NULL, 0 } */
const char *build_input(struct builder *b, enum element type, const struct dimension *dims, const char *fmt, ...)
	printf_like(4, 5);
const char *build_output(struct builder *b, enum element type, const struct dimension *dims, const char *fmt, ...)
	printf_like(4, 5);

/* A string of the caller's that lives as long as the graph. */
char *build_text(struct builder *b, const char *fmt, ...) printf_like(2, 3);

/* Names of the nodes that follow start with this ("/model/layers.0/mlp"). */
void build_scope(struct builder *b, const char *fmt, ...) printf_like(2, 3);

/* A node with one output. */
#define INPUTS(...) (const char *const[]){ __VA_ARGS__, NULL }   /* "" leaves an optional one out */
const char *build_node(struct builder *b, const char *op, const char *const *inputs);

/* A node whose outputs have names given by the caller. */
#define OUTPUTS(...) INPUTS(__VA_ARGS__)
void build_node_to(struct builder *b, const char *op, const char *const *inputs, const char *const *outputs);

/* The last node's first output gets another name, which is returned. */
const char *build_rename_output(struct builder *b, const char *name);

/* Attributes of the last node. */
void build_int(struct builder *b, const char *name, int64_t value);
void build_ints(struct builder *b, const char *name, const int64_t *values, size_t count);
void build_float(struct builder *b, const char *name, float value);

/* Constants; equal ones are stored once. */
const char *build_scalar_int(struct builder *b, int64_t value);   /* int64, no dimensions */
const char *build_list_int(struct builder *b, const int64_t *values, size_t count);   /* int64 [count] */
#define LIST(...) (const int64_t[]){ __VA_ARGS__ }, countof(((const int64_t[]){ __VA_ARGS__ }))
const char *build_scalar(struct builder *b, enum element type, float value);   /* FLOAT or HALF */

/* A weight; rank 0 is a scalar. */
const char *build_tensor(struct builder *b, enum element type, const int64_t *dims, size_t rank, tensor_fill *fill,
	const void *user, const char *fmt, ...) printf_like(7, 8);

/* The same from its bytes, at most 64 kB, which are copied. */
const char *build_bytes(struct builder *b, enum element type, const int64_t *dims, size_t rank, const void *bytes,
	size_t n, const char *name);

size_t element_size(enum element type);

/* Writes the file; the weights' file is complete afterwards, too. */
bool build_save(struct builder *b, const char *path, struct error *err) must_use;
