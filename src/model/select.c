/*
 * Four numbers at a time in the compiler's vector types, which every processor of
 * ours has (SSE2, NEON), and blocks of four such.  Selection compares a block
 * with the worst of the candidates so far and looks closer only where it is
 * beaten; candidates are a heap with the worst on top.
 *
 * A nucleus is found without sorting: numbers are ordered as their bits are, once
 * the sign is taken care of, so sums for each value of the upper 11 bits tell in
 * which of them the share is reached; the next 11 and the last 10 do the same there.
 *
 * exp(x) = 2^n · e^r with n = round(x / ln 2) and |r| <= ln 2 / 2; e^r by its
 * Taylor polynomial of degree 7 (remainder under 6e-9), 2^n by writing the exponent.
 */
#include "model/select.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 4, BLOCK = 4 * LANES };

typedef float floats __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t ints __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef uint32_t bits __attribute__((vector_size(LANES * sizeof(uint32_t))));

static inline floats load(const float *p)
{
	floats v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline floats all(float x)
{
	return x - (floats){0};
}

/* a where the mask is set, else b. */
static inline floats choose(ints mask, floats a, floats b)
{
	return (floats)(((ints)a & mask) | ((ints)b & ~mask));
}

/* Without a branch that depends on the numbers. */
static inline floats exp_of(floats x)
{
	const float magic = 0x1.8p23f;   /* adding it rounds to a whole number, in the low bits */
	floats shifted = x * 0x1.715476p+0f + magic, n = shifted - magic;
	floats r = (x - n * 0x1.62ep-1f) - n * 0x1.0bfbe8p-15f;   /* ln 2 in two pieces */
	floats p = r * (1.0f / 5040) + 1.0f / 720;

	p = p * r + 1.0f / 120;
	p = p * r + 1.0f / 24;
	p = p * r + 1.0f / 6;
	p = p * r + 0.5f;
	p = p * r + 1.0f;
	p = p * r + 1.0f;
	floats power = (floats)(((bits)shifted << 23) + (bits)all(1.0f));
	return choose(x > all(-87.0f), p * power, all(0));
}

float select_exp(float x)
{
	return exp_of(all(x))[0];
}

/* ---- The few largest ---- */

static inline bool worse(struct candidate a, struct candidate b)
{
	return a.logit < b.logit || (a.logit == b.logit && a.token > b.token);
}

static void sift_down(struct candidate *heap, size_t count, struct candidate c)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < count) {
		if (child + 1 < count && worse(heap[child + 1], heap[child]))
			child++;
		if (!worse(heap[child], c))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = c;
}

static void sift_up(struct candidate *heap, size_t i, struct candidate c)
{
	while (i && worse(c, heap[(i - 1) / 2])) {
		heap[i] = heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap[i] = c;
}

struct heap {
	struct candidate *items;
	size_t count, most;
};

static inline void offer(struct heap *h, size_t token, float logit)
{
	struct candidate c = { (int32_t)token, logit };

	if (isnan(logit))
		c.logit = -INFINITY;
	if (h->count < h->most)
		sift_up(h->items, h->count++, c);
	else if (worse(h->items[0], c))
		sift_down(h->items, h->count, c);
}

static int best_first(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	return worse(*left, *right) ? 1 : -1;
}

/* Later tokens lose against equals, so a block without a larger number holds nothing new. */
static inline bool block_beats(const float *logits, float bar)
{
	ints above = load(logits) > all(bar);

	for (size_t j = LANES; j < BLOCK; j += LANES)
		above |= load(logits + j) > all(bar);
	return above[0] | above[1] | above[2] | above[3];
}

size_t select_top(const float *logits, size_t count, struct candidate *out, size_t most)
{
	struct heap h = { .items = out, .most = most < count ? most : count };
	size_t i = 0;

	if (h.most == 0)
		return 0;
	for (; i < h.most; i++)
		offer(&h, i, logits[i]);
	for (; i + BLOCK <= count; i += BLOCK)
		if (block_beats(logits + i, h.items[0].logit))
			for (size_t j = i; j < i + BLOCK; j++)
				offer(&h, j, logits[j]);
	for (; i < count; i++)
		offer(&h, i, logits[i]);
	qsort(out, h.count, sizeof *out, best_first);
	return h.count;
}

size_t select_largest(const float *logits, size_t count)
{
	struct candidate best;

	select_top(logits, count, &best, 1);
	return (size_t)best.token;
}

/* ---- Mass ---- */

double select_mass(const float *logits, size_t count, float shift, float scale, float floor)
{
	enum { STRETCH = 256 * LANES };   /* summed in float, then in double */
	double sum = 0;
	size_t i = 0;

	while (i + LANES <= count) {
		floats part = all(0);
		for (size_t end = i + STRETCH; i + LANES <= count && i < end; i += LANES) {
			floats x = load(logits + i);
			part += choose(x >= all(floor), exp_of((x - shift) * scale), all(0));
		}
		for (size_t j = 0; j < LANES; j++)
			sum += part[j];
	}
	for (; i < count; i++)
		if (logits[i] >= floor)
			sum += select_exp((logits[i] - shift) * scale);
	return sum;
}

/* ---- A share of the mass ---- */

enum { RADIX = 1 << 11 };

/* A digit of numbers as bits, and what stands before it. */
struct digit {
	int down, width;         /* bits below it; its own */
	uint32_t before;         /* in the places above it */
};

/* Ordered as the numbers are; both zeros are one. */
static inline bits keys_of(floats x)
{
	ints raw = (ints)(x + all(0));

	return (bits)(raw ^ ((raw < (ints){0}) | (INT32_MIN - (ints){0})));
}

static float number_of(uint32_t key)
{
	uint32_t raw = key & 0x80000000u ? key ^ 0x80000000u : ~key;
	float x;

	memcpy(&x, &raw, sizeof x);
	return x;
}

static inline bool any(ints mask)
{
	return mask[0] | mask[1] | mask[2] | mask[3];
}

/* Adds up the terms by their digit, a table a lane so that equal digits do not wait for one another. */
static void weigh(const float *logits, size_t count, float shift, float scale, struct digit d,
	double masses[LANES][RADIX])
{
	uint32_t above = d.down + d.width == 32 ? 0 : ~0u << (d.down + d.width), mask = (1u << d.width) - 1;
	float last[LANES] = { NAN, NAN, NAN, NAN };

	memset(masses, 0, LANES * sizeof masses[0]);
	memcpy(last, logits + count / LANES * LANES, count % LANES * sizeof *last);
	for (size_t i = 0; i < count; i += LANES) {
		floats x = load(i + LANES <= count ? logits + i : last);
		bits keys = keys_of(x);
		ints here = (keys & above) == d.before - (bits){0};
		if (!any(here))
			continue;
		floats terms = choose(here, exp_of((x - shift) * scale), all(0));
		bits digits = keys >> d.down & mask;
		for (size_t j = 0; j < LANES; j++)
			masses[j][digits[j]] += terms[j];
	}
}

static double sum_of(double masses[LANES][RADIX], uint32_t digit)
{
	double sum = 0;

	for (size_t j = 0; j < LANES; j++)
		sum += masses[j][digit];
	return sum;
}

/* The digit at which *above, added up from the top, reaches `wanted`; *above becomes what stands above it. */
static uint32_t find_digit(double masses[LANES][RADIX], double wanted, double *above)
{
	uint32_t found = 0;
	double sum = *above;

	for (uint32_t digit = RADIX; digit-- > 0; ) {
		double mass = sum_of(masses, digit);
		if (mass == 0)
			continue;
		found = digit;
		*above = sum;
		sum += mass;
		if (sum >= wanted)
			break;
	}
	return found;
}

struct nucleus select_nucleus(const float *logits, size_t count, float shift, float scale, double share)
{
	static const struct digit digits[] = { { .down = 21, .width = 11 }, { .down = 10, .width = 11 },
		{ .width = 10 } };
	double masses[LANES][RADIX], above = 0, wanted = 0;
	uint32_t key = 0;

	for (size_t i = 0; i < sizeof digits / sizeof *digits; i++) {
		struct digit d = digits[i];
		d.before = key;
		weigh(logits, count, shift, scale, d, masses);
		for (uint32_t digit = 0; i == 0 && digit < RADIX; digit++)
			wanted += share * sum_of(masses, digit);
		key |= find_digit(masses, wanted, &above) << d.down;
	}
	float cut = number_of(key);
	double ties = ceil((wanted - above) / (double)select_exp((cut - shift) * scale));
	/* Rounding may ask for more than there are, by very little of the mass. */
	return (struct nucleus){ cut, ties > (double)count ? count : ties > 1 ? (size_t)ties : 1 };
}
