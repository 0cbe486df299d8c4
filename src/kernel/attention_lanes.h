/*
 * The kernels of attention, written once for vectors of any length.  Included by
 * one file per instruction set, which first defines
 *
 *     vec, ivec              GCC vectors of LANES floats and as many int32_t
 *     PANEL_ROWS, PANEL_VECS a panel's sums kept in registers at a time
 *     load_f32, load_f16, load_i8, store, splat, multiply_add, larger, add_up, largest, narrow16
 *     (larger gives its second where one is NaN)
 *
 * Sums run in a fixed order, one multiply-add after the other per lane.
 */
#include <math.h>
#include <stdint.h>

#include "kernel/attention_inside.h"

#define inlined static inline __attribute__((always_inline))

typedef uint32_t uvec __attribute__((vector_size(LANES * sizeof(uint32_t))));
typedef vec load_fn(const void *p);

/* rows, load and element are constants wherever this is inlined. */
inlined void panel_columns(const size_t rows, load_fn *load, const size_t element, const struct panel *p, size_t column)
{
	const float *a = p->a;
	float *out = p->out + column;
	vec sum[PANEL_ROWS][PANEL_VECS];

#pragma GCC unroll 16
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < PANEL_VECS; v++)
			sum[r][v] = p->fresh ? splat(0) : load_f32(out + r * ATTENTION_STRIDE + v * LANES);
	for (size_t i = 0; i < p->blocks; i++, a += PAGE_TOKENS) {
		const char *b = (const char *)p->b[i] + column * element,
			*next = (const char *)p->next[i] + column * element;
		const size_t steps = i + 1 < p->blocks ? PAGE_TOKENS : p->steps;
		for (size_t k = 0; k < steps; k++, b += PAGE_TOKENS * element, next += PAGE_TOKENS * element) {
			vec piece[PANEL_VECS];
			__builtin_prefetch(next, 0, 2);
#pragma GCC unroll 16
			for (size_t v = 0; v < PANEL_VECS; v++)
				piece[v] = load(b + v * LANES * element);
#pragma GCC unroll 16
			for (size_t r = 0; r < rows; r++) {
				vec factor = splat(a[r * ATTENTION_STRIDE + k]);
#pragma GCC unroll 16
				for (size_t v = 0; v < PANEL_VECS; v++)
					sum[r][v] = multiply_add(factor, piece[v], sum[r][v]);
			}
		}
	}
#pragma GCC unroll 16
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < PANEL_VECS; v++)
			store(out + r * ATTENTION_STRIDE + v * LANES, sum[r][v]);
}

inlined void panel_rows(const size_t rows, load_fn *load, const size_t element, const struct panel *p)
{
	for (size_t column = 0; column < PAGE_TOKENS; column += PANEL_VECS * LANES)
		panel_columns(rows, load, element, p, column);
}

#define PANEL_CASE(n, load, element) case n: if (n <= PANEL_ROWS) panel_rows(n, load, element, p); break;

#define PANEL(name, load, element) \
	static void name(const struct panel *p) \
	{ \
		switch (p->rows) { \
		PANEL_CASE(1, load, element) PANEL_CASE(2, load, element) PANEL_CASE(3, load, element) \
		PANEL_CASE(4, load, element) PANEL_CASE(5, load, element) PANEL_CASE(6, load, element) \
		PANEL_CASE(7, load, element) PANEL_CASE(8, load, element) PANEL_CASE(9, load, element) \
		PANEL_CASE(10, load, element) PANEL_CASE(11, load, element) PANEL_CASE(12, load, element) \
		} \
	}

PANEL(panel_f32, load_f32, 4)
PANEL(panel_f16, load_f16, 2)
PANEL(panel_i8, load_i8, 1)

/*
 * e^x = 2^n * e^r with |r| <= ln 2 / 2, e^r by its series.  Adding 1.5 * 2^23
 * rounds to the nearest whole number and leaves it in the low bits.  x <= 0;
 * below -87 (where it is about 2^-125.5) it gets no smaller.  NaN stays NaN; what
 * comes of lanes that hold anything else is not used.
 */
inlined vec exponential_lanes(vec below)
{
	const vec magic = splat(0x1.8p23f), x = larger(splat(-87), below);
	const vec z = multiply_add(x, splat(0x1.715476p+0f), magic), n = z - magic;
	const vec r = multiply_add(n, splat(0x1.05c61p-29f), multiply_add(n, splat(-0x1.62e43p-1f), x));
	vec series = splat(1.0f / 720);

	series = multiply_add(series, r, splat(1.0f / 120));
	series = multiply_add(series, r, splat(1.0f / 24));
	series = multiply_add(series, r, splat(1.0f / 6));
	series = multiply_add(series, r, splat(0.5f));
	series = multiply_add(series, r, splat(1));
	series = multiply_add(series, r, splat(1));
	return (vec)((uvec)series + ((uvec)z << 23));
}

/* The lanes of the vector at `at` that stand before `count`. */
inlined ivec lanes_before(size_t at, size_t count)
{
	ivec lane = {0};

	for (int32_t i = 0; i < LANES; i++)
		lane[i] = i;
	return lane < (ivec){0} + (int32_t)(count - at);
}

inlined vec choose(ivec mask, vec yes, vec no)
{
	return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}

/* Four at once, which does not change what is largest. */
inlined float top_of(const float *scores, size_t count)
{
	const size_t whole = count / LANES * LANES, fours = whole / (4 * LANES) * (4 * LANES);
	vec most[4] = { splat(-INFINITY), splat(-INFINITY), splat(-INFINITY), splat(-INFINITY) };

	for (size_t i = 0; i < fours; i += 4 * LANES)
#pragma GCC unroll 4
		for (size_t j = 0; j < 4; j++)
			most[j] = larger(most[j], load_f32(scores + i + j * LANES));
	for (size_t i = fours; i < whole; i += LANES)
		most[0] = larger(most[0], load_f32(scores + i));
	if (whole < count)
		most[1] = larger(most[1], choose(lanes_before(whole, count), load_f32(scores + whole), most[1]));
	return largest(larger(larger(most[0], most[1]), larger(most[2], most[3])));
}

static float softmax(float *scores, size_t count, float *top)
{
	const size_t whole = count / LANES * LANES;
	const ivec rest = lanes_before(whole, count);
	vec sum = splat(0);

	*top = top_of(scores, count);
	for (size_t i = 0; i < whole; i += LANES) {
		vec e = exponential_lanes(load_f32(scores + i) - splat(*top));
		sum += e;
		store(scores + i, e);
	}
	if (whole < count) {
		vec e = exponential_lanes(load_f32(scores + whole) - splat(*top));
		e = choose(rest, e, splat(0));
		sum += e;
		store(scores + whole, e);
	}
	return add_up(sum);
}

static void blend(float *to, float keep, const float *from, float plus, size_t count)
{
	for (size_t i = 0; i < count; i += LANES) {
		vec added = load_f32(from + i) * splat(plus);
		store(to + i, multiply_add(load_f32(to + i), splat(keep), added));
	}
}

static void multiply(float *rows, size_t count, const float *factors)
{
	for (size_t i = 0; i < PAGE_TOKENS; i += LANES) {
		vec factor = load_f32(factors + i);
		for (size_t r = 0; r < count; r++) {
			float *at = rows + r * ATTENTION_STRIDE + i;
			store(at, load_f32(at) * factor);
		}
	}
}

static float exponential(float x)
{
	return exponential_lanes(splat(x))[0];
}

static void narrow(unsigned short *out, const float *in, size_t count)
{
	for (size_t i = 0; i < count; i += 16)
		narrow16(out + i, in + i);
}

#define ATTENTION_KERNELS { \
		.rows = PANEL_ROWS, .panel = { panel_f32, panel_f16, panel_i8 }, .softmax = softmax, .blend = blend, \
		.multiply = multiply, .exponential = exponential, .narrow = narrow }
