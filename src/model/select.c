/*
 * Four numbers at a time in the compiler's vector types, which every processor of
 * ours has (SSE2, NEON), and blocks of four such.  Selection compares a block
 * with the worst of the candidates so far and looks closer only where it is
 * beaten; candidates are a heap with the worst on top.
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
	floats power = (floats)(((ints)shifted << 23) + (ints)all(1.0f));
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
