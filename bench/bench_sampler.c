/*
 * A token's choice over Qwen's vocabulary, by what is wished: medians, and over
 * logits as wide as a model's.
 */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "report.h"
#include "model/sampler.h"

enum { VOCABULARY = 151936, ROUNDS = 201 };

#define WISHES(t, p, k, logprobs) \
	{ .temperature = t, .top_p = p, .top_k = k, .repetition_penalty = 1, .seed = 1, .max_tokens = -1, \
		.top_logprobs = logprobs }

static const struct {
	const char *what;
	struct sampling wishes;
} cases[] = {
	{ "greedy", WISHES(0, 1, 0, -1) },
	{ "temperature 0.7, top-p 0.8, top-k 20", WISHES(0.7f, 0.8f, 20, -1) },
	{ "temperature 1", WISHES(1, 1, 0, -1) },
	{ "temperature 1, top-p 0.95", WISHES(1, 0.95f, 0, -1) },
	{ "temperature 2, top-p 0.95", WISHES(2, 0.95f, 0, -1) },
	{ "temperature 100, top-p 0.99", WISHES(100, 0.99f, 0, -1) },
	{ "temperature 1, 20 log-probabilities", WISHES(1, 1, 0, 20) },
};

/* About normal, as logits are. */
static void fill(float *logits)
{
	srand(5);
	for (size_t i = 0; i < VOCABULARY; i++) {
		float sum = 0;
		for (int k = 0; k < 12; k++)
			sum += (float)rand() / (float)RAND_MAX;
		logits[i] = 2.5f * (sum - 6);
	}
}

static int by_size(const void *a, const void *b)
{
	double l = *(const double *)a, r = *(const double *)b;

	return l < r ? -1 : l > r;
}

static double median_ms(const struct sampling *wishes, float *logits)
{
	struct error err = {0};
	own_sampler *s = sampler_create(wishes, wishes, VOCABULARY, &err);
	double times[ROUNDS];
	struct pick pick;

	for (size_t i = 0; i < ROUNDS; i++) {
		uint64_t start = clock_ns();
		if (!s || !sampler_pick(s, logits, NULL, &pick, &err))
			return NAN;
		times[i] = (double)(clock_ns() - start) / 1e6;
	}
	qsort(times, ROUNDS, sizeof *times, by_size);
	return times[ROUNDS / 2];
}

int main(void)
{
	float *logits = mem_zeroed(VOCABULARY, sizeof *logits);

	fill(logits);
	for (size_t i = 0; i < countof(cases); i++) {
		own_mem char *what = mem_printf("a token chosen: %s", cases[i].what);
		report(what, "under 1.5 ms", "median %.2f ms", median_ms(&cases[i].wishes, logits));
	}
	free(logits);
	return 0;
}
