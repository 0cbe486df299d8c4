/*
 * Codes are read row by row into bytes first; everything else is arithmetic on
 * those.  A matrix that is stored transposed is read in strips of its columns,
 * so that each row of the file is touched once a strip.
 */
#include "prepare/source.h"

#include "base/mem.h"
#include "prepare/numbers.h"

static bool wrong(struct str name, const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID, "the graph's weights %.*s %s", STR_ARGS(name), what);
}

/* ---- Making ---- */

static bool is_float(int64_t type)
{
	return type == ONNX_FLOAT || type == ONNX_FLOAT16 || type == ONNX_BFLOAT16;
}

static bool is_code(int64_t type)
{
	return type == ONNX_UINT8 || type == ONNX_INT8 || type == ONNX_UINT4 || type == ONNX_INT4;
}

bool source_floats(struct source *s, const struct onnx_constant *data, bool transposed, struct str name,
	struct error *err)
{
	const struct onnx_tensor *t = &data->tensor;

	if (!is_float(t->type) || t->rank != 2 || !data->bytes.p)
		return wrong(name, "are no matrix of floats", err);
	*s = (struct source){
		.data = data, .transposed = transposed, .blocks = 1,
		.outputs = (size_t)t->dims[transposed], .inputs = (size_t)t->dims[!transposed],
	};
	return (s->outputs && s->inputs) || wrong(name, "are empty", err);
}

/* Numbers there must be, for these codes. */
static size_t wanted_codes(const struct source *s)
{
	return s->outputs * (s->block && !s->transposed ? s->blocks * s->block : s->inputs) * s->bits / 8;
}

static size_t wanted_zeros(const struct source *s)
{
	return s->packed_zeros ? s->outputs * ((s->blocks * s->bits + 7) / 8) : s->whole ? 1 : s->outputs * s->blocks;
}

bool source_check_codes(const struct source *s, struct str name, struct error *err)
{
	if (!s->data->bytes.p || !is_code(s->data->tensor.type) || (s->bits != 4 && s->bits != 8))
		return wrong(name, "are not of 4 or 8 bits", err);
	if (s->outputs == 0 || s->inputs == 0 || s->outputs > SOURCE_OUTPUTS_MAX || s->inputs > SOURCE_INPUTS_MAX)
		return wrong(name, "are empty or too large", err);
	if (s->block % MATRIX_BLOCK != 0)
		return error_set(err, ERROR_INVALID,
			"the graph's weights %.*s are in blocks of %zu; we know multiples of 32",
			STR_ARGS(name), s->block);
	if (s->block ? s->blocks != (s->inputs + s->block - 1) / s->block : s->blocks != 1)
		return wrong(name, "have another number of blocks than inputs want", err);
	if (s->transposed && s->bits == 4 && s->outputs % 2 != 0)
		return wrong(name, "are in rows of half a byte too much", err);
	if (s->data->bytes.n != wanted_codes(s) || !is_float(s->scales->tensor.type) ||
	    numbers_count(s->scales) != (s->whole ? 1 : s->outputs * s->blocks))
		return wrong(name, "have not as many codes or scales as they should", err);
	if (s->zeros && (numbers_count(s->zeros) != wanted_zeros(s) ||
			 !(s->packed_zeros ? s->zeros->tensor.type == ONNX_UINT8 :
			   is_code(s->zeros->tensor.type) || is_float(s->zeros->tensor.type))))
		return wrong(name, "have not as many zero points as they should", err);
	return true;
}

bool source_same(const struct source *a, const struct source *b)
{
	return a->data == b->data && a->scales == b->scales && a->zeros == b->zeros && a->outputs == b->outputs &&
	       a->inputs == b->inputs && a->transposed == b->transposed && a->bits == b->bits && a->block == b->block;
}

/* ---- Scales and zeros ---- */

static size_t scale_place(const struct source *s, size_t output, size_t block)
{
	return s->whole ? 0 : s->block_major ? block * s->outputs + output : output * s->blocks + block;
}

static float scale_at(const struct source *s, size_t output, size_t block)
{
	float scale;

	numbers_read(s->scales, scale_place(s, output, block), 1, &scale);
	return scale;
}

static float zero_at(const struct source *s, size_t output, size_t block)
{
	size_t row = (s->blocks * s->bits + 7) / 8;
	float zero;

	if (!s->zeros)
		return (float)s->middle;
	if (s->packed_zeros) {
		uint8_t byte = (uint8_t)s->zeros->bytes.p[output * row + block * s->bits / 8];
		return s->bits == 8 ? byte : byte >> (block % 2 ? 4 : 0) & 15;
	}
	numbers_read(s->zeros, scale_place(s, output, block), 1, &zero);
	return zero;
}

/* ---- Codes ---- */

static inline int16_t widen(const struct source *s, uint8_t code)
{
	return s->with_sign ? s->bits == 4 ? (int16_t)((code ^ 8) - 8) : (int8_t)code : code;
}

/* One output's codes, from its row. */
static void read_row(const struct source *s, size_t output, int16_t *codes)
{
	size_t width = s->block ? s->blocks * s->block : s->inputs, start = output * width;
	const uint8_t *bytes = (const uint8_t *)s->data->bytes.p;

	for (size_t i = 0; i < s->inputs; i++) {
		size_t at = start + i;
		codes[i] = widen(s, s->bits == 8 ? bytes[at] : bytes[at / 2] >> (at % 2 ? 4 : 0) & 15);
	}
}

/* Several outputs' codes, from a strip of columns. */
static void read_strip(const struct source *s, size_t first, size_t count, int16_t *codes)
{
	const uint8_t *bytes = (const uint8_t *)s->data->bytes.p;

	for (size_t i = 0; i < s->inputs; i++) {
		for (size_t o = 0; o < count; o++) {
			size_t at = i * s->outputs + first + o;
			uint8_t code = s->bits == 8 ? bytes[at] : bytes[at / 2] >> (at % 2 ? 4 : 0) & 15;
			codes[o * s->inputs + i] = widen(s, code);
		}
	}
}

static void read_codes(const struct source *s, size_t first, size_t count, int16_t *codes)
{
	if (s->transposed) {
		read_strip(s, first, count, codes);
		return;
	}
	for (size_t o = 0; o < count; o++)
		read_row(s, first + o, codes + o * s->inputs);
}

/* ---- Floats ---- */

static void read_float_strip(const struct source *s, size_t first, size_t count, float *out)
{
	own_mem float *row = mem_alloc(count * sizeof *row);

	for (size_t i = 0; i < s->inputs; i++) {
		numbers_read(s->data, i * s->outputs + first, count, row);
		for (size_t o = 0; o < count; o++)
			out[o * s->inputs + i] = row[o];
	}
}

static void scale_codes(const struct source *s, size_t output, const int16_t *codes, float *out)
{
	size_t block = s->block ? s->block : s->inputs;

	for (size_t start = 0, b = 0; start < s->inputs; start += block, b++) {
		size_t end = start + block < s->inputs ? start + block : s->inputs;
		float scale = scale_at(s, output, b), zero = zero_at(s, output, b);

		for (size_t i = start; i < end; i++)
			out[i] = ((float)codes[i] - zero) * scale;
	}
}

void source_read(const struct source *s, size_t first, size_t count, float *out)
{
	own_mem int16_t *codes = NULL;

	if (!s->scales && s->transposed) {
		read_float_strip(s, first, count, out);
	} else if (!s->scales) {
		numbers_read(s->data, first * s->inputs, count * s->inputs, out);
	} else {
		codes = mem_alloc(count * s->inputs * sizeof *codes);
		read_codes(s, first, count, codes);
		for (size_t o = 0; o < count; o++)
			scale_codes(s, first + o, codes + o * s->inputs, out + o * s->inputs);
	}
}

bool source_equal(const struct source *a, const struct source *b)
{
	size_t piece = 1 + (1 << 20) / a->inputs;
	own_mem float *one = mem_alloc(piece * a->inputs * sizeof *one),
		*other = mem_alloc(piece * a->inputs * sizeof *one);

	if (a->scales || b->scales || a->outputs != b->outputs || a->inputs != b->inputs)
		return false;
	for (size_t at = 0, n; at < a->outputs; at += n) {
		n = a->outputs - at < piece ? a->outputs - at : piece;
		source_read(a, at, n, one);
		source_read(b, at, n, other);
		if (memcmp(one, other, n * a->inputs * sizeof *one) != 0)
			return false;
	}
	return true;
}

/* ---- Levels ---- */

static bool zeros_are(const struct source *s, float zero)
{
	size_t zeros = s->whole ? 1 : s->blocks, outputs = s->whole ? 1 : s->outputs;

	for (size_t o = 0; o < outputs; o++)
		for (size_t b = 0; b < zeros; b++)
			if (zero_at(s, o, b) != zero)
				return false;
	return true;
}

enum weights source_type(const struct source *s)
{
	if (!s->scales)
		return s->data->tensor.type == ONNX_FLOAT16 ? WEIGHTS_F16 : WEIGHTS_F32;
	return s->bits == 4 && zeros_are(s, s->with_sign ? 0 : 8) ? WEIGHTS_I4 : WEIGHTS_I8;
}

/* One output's; a scale for every block of 32, whatever the file's blocks are. */
static bool level_row(const struct source *s, int lowest, int highest, size_t output, const int16_t *codes,
	int8_t *levels, float *scales)
{
	size_t block = s->block ? s->block : s->inputs;

	for (size_t start = 0; start < s->inputs; start += MATRIX_BLOCK) {
		float zero = zero_at(s, output, start / block);
		int whole = zero >= -256 && zero <= 256 ? (int)zero : 256;

		if ((float)whole != zero)
			return false;
		scales[start / MATRIX_BLOCK] = scale_at(s, output, start / block);
		for (size_t i = start; i < start + MATRIX_BLOCK; i++) {
			int level = codes[i] - whole;
			if (level < lowest || level > highest)
				return false;
			levels[i] = (int8_t)level;
		}
	}
	return true;
}

bool source_levels(const struct source *s, enum weights type, size_t first, size_t count, int8_t *levels, float *scales)
{
	int lowest = type == WEIGHTS_I4 ? -8 : -128, highest = type == WEIGHTS_I4 ? 7 : 127;
	own_mem int16_t *codes = NULL;

	if (!s->scales || s->inputs % MATRIX_BLOCK != 0)
		return false;
	codes = mem_alloc(count * s->inputs * sizeof *codes);
	read_codes(s, first, count, codes);
	for (size_t o = 0; o < count; o++)
		if (!level_row(s, lowest, highest, first + o, codes + o * s->inputs, levels + o * s->inputs,
			       scales + o * (s->inputs / MATRIX_BLOCK)))
			return false;
	return true;
}
