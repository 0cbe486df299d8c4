/*
 * Units of work are groups of outputs (pairs of groups for SWIGLU); a member has
 * an unbroken range of them, which it reads once from memory for as many rows as
 * the processor's second cache can hold.
 */
#include "kernel/matrix.h"

#include <assert.h>
#include <string.h>

#include "base/half.h"
#include "kernel/matrix_inside.h"

#define always_inlined static inline __attribute__((always_inline))

enum { CHUNK_BYTES = 512 << 10 };   /* of rounded activations that stay near */

static const char *const names[WEIGHTS_COUNT] = { "f32", "f16", "i8", "i4" };

static const struct matrix_kernels *const sets[ISA_COUNT] = {
	[ISA_PORTABLE] = &matrix_portable,
#if defined(__x86_64__)
	[ISA_AVX2] = &matrix_avx2,
	[ISA_AVX_VNNI] = &matrix_avxvnni,
	[ISA_AVX512] = &matrix_avx512,
#elif defined(__aarch64__)
	[ISA_NEON] = &matrix_neon,
#endif
};

static const struct matrix_kernels *kernels(void)
{
	return sets[kernel_isa()];
}

const char *weights_name(enum weights type)
{
	return names[type];
}

static size_t filled_up(size_t bytes)
{
	return (bytes + MATRIX_ALIGN - 1) / MATRIX_ALIGN * MATRIX_ALIGN;
}

struct layout matrix_layout(enum weights type, size_t inputs)
{
	size_t blocks = inputs / MATRIX_BLOCK, scale = type == WEIGHTS_I8 ? sizeof(int16_t) : sizeof(int8_t);
	struct layout l = { .scale_size = scale, .block = type == WEIGHTS_I8 ? 512 : 256 };

	l.levels = MATRIX_GROUP * sizeof(float) + filled_up(blocks * MATRIX_GROUP * scale);
	l.total = l.levels + blocks * l.block;
	return l;
}

size_t matrix_group_bytes(enum weights type, size_t inputs)
{
	switch (type) {
	case WEIGHTS_F32:
		return inputs * MATRIX_GROUP * sizeof(float);
	case WEIGHTS_F16:
		return inputs * MATRIX_GROUP * sizeof(uint16_t);
	default:
		return matrix_layout(type, inputs).total;
	}
}

static size_t groups_of(size_t outputs)
{
	return (outputs + MATRIX_GROUP - 1) / MATRIX_GROUP;
}

size_t matrix_bytes(enum weights type, size_t outputs, size_t inputs)
{
	return groups_of(outputs) * matrix_group_bytes(type, inputs);
}

static const void *group_at(const struct matrix *m, size_t group)
{
	return (const uint8_t *)m->data + group * matrix_group_bytes(m->type, m->inputs);
}

static int level_at(enum weights type, const uint8_t *block, size_t lane, size_t i)
{
	size_t step = i / 4, byte = lane * 4 + i % 4;

	if (type == WEIGHTS_I8)
		return block[step * 64 + byte] - 128;
	return (block[step % 4 * 64 + byte] >> step / 4 * 4 & 15) - 8;
}

static float block_scale(enum weights type, const uint8_t *group, size_t lane, size_t block)
{
	float row;
	int16_t scale = 0;
	const uint8_t *at = group + MATRIX_GROUP * sizeof(float);

	memcpy(&row, group + lane * sizeof row, sizeof row);
	if (type == WEIGHTS_I4)
		return row * (int8_t)at[block * MATRIX_GROUP + lane];
	memcpy(&scale, at + (block * MATRIX_GROUP + lane) * sizeof scale, sizeof scale);
	return row * scale;
}

static void integer_row(enum weights type, const uint8_t *group, size_t lane, size_t inputs, float *out)
{
	struct layout l = matrix_layout(type, inputs);

	for (size_t b = 0; b < inputs / MATRIX_BLOCK; b++) {
		float scale = block_scale(type, group, lane, b);
		for (size_t i = 0; i < MATRIX_BLOCK; i++)
			out[b * MATRIX_BLOCK + i] = scale * level_at(type, group + l.levels + b * l.block, lane, i);
	}
}

void matrix_row(const struct matrix *m, size_t output, float *out)
{
	const void *group = group_at(m, output / MATRIX_GROUP);
	size_t lane = output % MATRIX_GROUP;

	if (m->type == WEIGHTS_I8 || m->type == WEIGHTS_I4) {
		integer_row(m->type, group, lane, m->inputs, out);
		return;
	}
	for (size_t i = 0; i < m->inputs; i++)
		if (m->type == WEIGHTS_F32)
			out[i] = ((const float *)group)[i * MATRIX_GROUP + lane];
		else
			half_to_float(&out[i], (const uint16_t *)group + i * MATRIX_GROUP + lane, 1);
}

/* Tiles are of nearly the same height: 17 rows are 9 and 8. */
static size_t tile_count(size_t rows)
{
	return (rows + TILE_ROWS - 1) / TILE_ROWS;
}

static size_t tile_start(const struct activations *x, size_t tile)
{
	return x->rows * tile / tile_count(x->rows);
}

static struct tile tile_at(const struct activations *x, size_t tile)
{
	size_t first = tile_start(x, tile);

	return (struct tile){
		.rows = tile_start(x, tile + 1) - first,
		.inputs = x->inputs,
		.values = x->values + first * x->inputs,
		.rounded = x->rounded + first * (x->inputs / MATRIX_BLOCK) * ROUNDED_BYTES,
	};
}

static size_t values_bytes(size_t rows, size_t inputs)
{
	return filled_up(rows * inputs * sizeof(float));
}

size_t activations_bytes(size_t rows, size_t inputs)
{
	return values_bytes(rows, inputs) + filled_up(rows * (inputs / MATRIX_BLOCK) * ROUNDED_BYTES);
}

void activations_init(struct activations *x, void *memory, size_t rows, size_t inputs)
{
	*x = (struct activations){
		.rows = rows,
		.inputs = inputs,
		.values = memory,
		.rounded = (uint8_t *)memory + values_bytes(rows, inputs),
	};
}

/* Members have columns of blocks, so that one row can be divided as well. */
void activations_round(struct activations *x, unsigned member, unsigned members)
{
	const struct matrix_kernels *k = kernels();
	size_t blocks = x->inputs / MATRIX_BLOCK, first = blocks * member / members,
		end = blocks * (member + 1) / members;

	for (size_t t = 0; t < tile_count(x->rows); t++) {
		struct tile tile = tile_at(x, t);
		uint8_t *at = x->rounded + (tile.rounded - x->rounded) + first * tile.rows * ROUNDED_BYTES;
		for (size_t row = 0; row < tile.rows; row++)
			k->round(at, tile.rows, row, tile.values + row * x->inputs + first * MATRIX_BLOCK, end - first);
	}
}

struct product {
	const struct matrix_kernels *kernels;
	const struct matrix *m;
	size_t stride;
	enum epilogue epilogue;
	const float *bias;
};

/* A group's sums for a tile; `more` is a constant wherever nothing is added. */
always_inlined void sum_group(const struct product *p, size_t group, const struct tile *x, group_sums y,
	const struct matrix_addition *more, size_t first_row)
{
	p->kernels->multiply[p->m->type](group_at(p->m, group), x, y);
	if (more)
		more->add(more->user, group, first_row, x->rows, y);
}

/* A unit of outputs for one tile, whose rows' results begin at out. */
always_inlined void multiply_unit(const struct product *p, size_t unit, const struct tile *x, float *out,
	const struct matrix_addition *more, size_t first_row)
{
	_Alignas(MATRIX_ALIGN) group_sums y, up;
	size_t first = unit * MATRIX_GROUP;

	if (p->epilogue == EPILOGUE_SWIGLU) {
		sum_group(p, 2 * unit, x, y, more, first_row);
		sum_group(p, 2 * unit + 1, x, up, more, first_row);
		p->kernels->swiglu(out + first, p->stride, y, up, x->rows);
		return;
	}
	struct finish f = { out + first, p->stride, p->bias ? p->bias + first : NULL, p->epilogue == EPILOGUE_ADD };
	size_t left = p->m->outputs - first;
	sum_group(p, unit, x, y, more, first_row);
	p->kernels->finish(&f, y, x->rows, left < MATRIX_GROUP ? left : MATRIX_GROUP);
}

always_inlined void multiply_part(const struct product *p, const struct activations *x, float *out,
	const struct matrix_addition *more, unsigned member, unsigned members)
{
	size_t units = groups_of(p->m->outputs) / (p->epilogue == EPILOGUE_SWIGLU ? 2 : 1), tiles = tile_count(x->rows);
	size_t first = units * member / members, end = units * (member + 1) / members;
	size_t tile_bytes = TILE_ROWS * (p->m->inputs / MATRIX_BLOCK) * ROUNDED_BYTES;
	size_t chunk = tile_bytes < CHUNK_BYTES ? CHUNK_BYTES / tile_bytes : 1;

	assert(x->inputs == p->m->inputs);
	for (size_t from = 0; from < tiles; from += chunk)
		for (size_t unit = first; unit < end; unit++)
			for (size_t t = from; t < from + chunk && t < tiles; t++) {
				struct tile tile = tile_at(x, t);
				size_t row = tile_start(x, t);
				tile.ahead = t == from ? TILE_AHEAD : 0;
				multiply_unit(p, unit, &tile, out + row * p->stride, more, row);
			}
}

void matrix_multiply(const struct matrix *m, const struct activations *x, float *out, size_t stride,
	enum epilogue epilogue, const float *bias, unsigned member, unsigned members)
{
	struct product p = { kernels(), m, stride, epilogue, bias };

	multiply_part(&p, x, out, NULL, member, members);
}

void matrix_multiply_adding(const struct matrix *m, const struct activations *x, float *out, size_t stride,
	enum epilogue epilogue, const float *bias, const struct matrix_addition *more, unsigned member,
	unsigned members)
{
	struct product p = { kernels(), m, stride, epilogue, bias };

	multiply_part(&p, x, out, more, member, members);
}
