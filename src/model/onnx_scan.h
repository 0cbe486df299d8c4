/*
 * What an ONNX file says about its graph, without its weights.
 *
 * Only the structure is read (weights are stepped over, external files are not
 * opened), so a file of gigabytes takes milliseconds.  Files come from strangers:
 * nesting, counts and name lengths have ceilings, a cut file is an error, and
 * external data must lie inside the model's own folder.
 * Format: onnx/onnx.proto of the ONNX project, IR version 3 and later.
 */
#pragma once

#include "base/arena.h"
#include "model/onnx_tensor.h"

/* An input or output of the graph. */
struct onnx_value {
	const char *name;
	int64_t type;         /* enum onnx_type, others as in the format; 0: no tensor */
	int rank;             /* -1: the shape is not stated */
	int64_t dims[ONNX_RANK_MAX];   /* -1: symbolic or not stated */
	bool initialised;     /* an input with a value of its own: need not be fed */
	size_t uses;          /* how many nodes take it, those in inner graphs included */
	int64_t attention;    /* the com.microsoft GroupQueryAttention node that takes or makes it, -1: none */
	size_t slot;          /* as which of that node's inputs or outputs */
};

struct onnx_operator {
	const char *domain;   /* "" is ONNX's own */
	const char *name;
	size_t count;
};

/* A file beside the model that holds weights. */
struct onnx_external {
	const char *path;     /* relative, without ".." */
	uint64_t end;         /* bytes it must have at least */
};

struct onnx {
	struct arena arena;   /* every string */
	int64_t ir_version;
	int64_t opset;        /* of ONNX's own operators; 0: not stated */
	struct onnx_value *inputs, *outputs;
	struct onnx_operator *operators;
	struct onnx_external *externals;
	size_t input_count, output_count, operator_count, external_count;
};

/* `bytes` is a whole file; nothing of it is kept.  ERROR_INVALID says what is wrong with it. */
bool onnx_scan(struct onnx *o, struct str bytes, struct error *err) must_use;
bool onnx_scan_file(struct onnx *o, const char *path, struct error *err) must_use;
void onnx_done(struct onnx *o);
#define own_onnx owns(onnx_done) struct onnx

/* How many nodes of this operator there are, inner graphs included. */
size_t onnx_count(const struct onnx *o, const char *domain, const char *name);
