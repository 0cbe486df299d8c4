#include "prepare/numbers.h"

#include "base/mem.h"
#include "base/half.h"

size_t numbers_count(const struct onnx_constant *c)
{
	uint64_t count;

	return c->bytes.p && onnx_tensor_count(&c->tensor, &count) ? (size_t)count : 0;
}

/* Integers of `type` at any alignment. */
#define READ_INTEGERS(type) do { \
		for (size_t i = 0; i < count; i++) { \
			type number; \
			memcpy(&number, c->bytes.p + (first + i) * sizeof number, sizeof number); \
			out[i] = (float)number; \
		} \
	} while (0)

static void read_halves(const struct onnx_constant *c, size_t first, size_t count, float *out)
{
	uint16_t piece[256];

	for (size_t at = 0, n; at < count; at += n) {
		n = count - at < countof(piece) ? count - at : countof(piece);
		memcpy(piece, c->bytes.p + 2 * (first + at), 2 * n);
		half_to_float(out + at, piece, n);
	}
}

/* The upper half of a float. */
static void read_bfloats(const struct onnx_constant *c, size_t first, size_t count, float *out)
{
	for (size_t i = 0; i < count; i++) {
		uint16_t upper;
		uint32_t bits;

		memcpy(&upper, c->bytes.p + 2 * (first + i), sizeof upper);
		bits = (uint32_t)upper << 16;
		memcpy(&out[i], &bits, sizeof bits);
	}
}

/* The lower half of a byte comes first. */
static void read_nibbles(const struct onnx_constant *c, size_t first, size_t count, float *out)
{
	for (size_t i = first; i < first + count; i++) {
		int code = (uint8_t)c->bytes.p[i / 2] >> (i % 2 ? 4 : 0) & 15;

		*out++ = (float)(c->tensor.type == ONNX_INT4 && code >= 8 ? code - 16 : code);
	}
}

void numbers_read(const struct onnx_constant *c, size_t first, size_t count, float *out)
{
	switch (c->tensor.type) {
	case ONNX_FLOAT:
		memcpy(out, c->bytes.p + first * sizeof *out, count * sizeof *out);
		break;
	case ONNX_FLOAT16: read_halves(c, first, count, out); break;
	case ONNX_BFLOAT16: read_bfloats(c, first, count, out); break;
	case ONNX_UINT4: case ONNX_INT4: read_nibbles(c, first, count, out); break;
	case ONNX_UINT8: case ONNX_BOOL: READ_INTEGERS(uint8_t); break;
	case ONNX_INT8: READ_INTEGERS(int8_t); break;
	case ONNX_INT32: READ_INTEGERS(int32_t); break;
	case ONNX_INT64: READ_INTEGERS(int64_t); break;
	case ONNX_DOUBLE: READ_INTEGERS(double); break;
	}
}

bool numbers_one(const struct onnx_constant *c, double *number)
{
	int64_t whole;
	float value;

	if (numbers_count(c) != 1)
		return false;
	if (c->tensor.type == ONNX_INT64) {
		memcpy(&whole, c->bytes.p, sizeof whole);
		*number = (double)whole;
	} else if (c->tensor.type == ONNX_DOUBLE) {
		memcpy(number, c->bytes.p, sizeof *number);
	} else {
		numbers_read(c, 0, 1, &value);
		*number = (double)value;
	}
	return true;
}
