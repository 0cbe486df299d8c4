/*
 * One tensor of an ONNX file: what it is, and where its numbers lie.
 *
 * A view of the file's bytes; nothing is copied and external files are not
 * opened.  Format: TensorProto of onnx/onnx.proto.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define ONNX_RANK_MAX 8

/* TensorProto.DataType, as far as we feed or read such tensors. */
enum onnx_type {
	ONNX_FLOAT = 1, ONNX_UINT8 = 2, ONNX_INT8 = 3, ONNX_INT32 = 6, ONNX_INT64 = 7, ONNX_BOOL = 9,
	ONNX_FLOAT16 = 10, ONNX_DOUBLE = 11, ONNX_BFLOAT16 = 16, ONNX_UINT4 = 21, ONNX_INT4 = 22,
};

struct onnx_tensor {
	struct str name;
	int64_t type;              /* enum onnx_type, others as in the format; 0: not stated */
	int rank;
	int64_t dims[ONNX_RANK_MAX];   /* none is negative */
	struct str raw;            /* raw_data: little-endian, row-major; p NULL: there is none */
	struct str message;        /* the whole, for numbers that are not raw */

	bool external;             /* the numbers lie in a file beside the model: */
	struct str path;           /* relative to the model's folder; does not leave it */
	uint64_t offset, length;   /* of that file; a length of 0 is not stated */
};

/* ERROR_INVALID says what is wrong with it. */
bool onnx_tensor_read(struct onnx_tensor *t, struct str message, struct error *err) must_use;

/* How many numbers; false when there are more than 2^48. */
bool onnx_tensor_count(const struct onnx_tensor *t, uint64_t *count) must_use;

/* Bits of one number; 0: a type whose numbers we do not read. */
unsigned onnx_type_bits(int64_t type);

/*
 * Numbers that stand in the message one by one (float_data, int32_data,
 * int64_data, double_data) as bytes like raw_data's, `count` of them; `out` has room.
 * False when there are not exactly as many, or they do not go with the type.
 */
bool onnx_tensor_unpack(const struct onnx_tensor *t, uint64_t count, void *out) must_use;
