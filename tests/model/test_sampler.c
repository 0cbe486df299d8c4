#include "model/sampler.h"

#include "base/mem.h"
#include "support/test.h"

#define NEUTRAL                                                                                                        \
	{                                                                                                              \
		.temperature = 1, .top_p = 1, .min_p = 0, .top_k = 0, .repetition_penalty = 1, .seed = -1,             \
		.max_tokens = -1, .top_logprobs = -1                                                                   \
	}

static const struct sampling neutral = NEUTRAL;

static struct sampler *create(struct sampling wishes, size_t vocabulary)
{
	struct error err = {0};
	struct sampler *s = sampler_create(&wishes, &neutral, vocabulary, &err);

	if (!s)
		fail_msg("%s", err.text);
	return s;
}

static int32_t pick(struct sampler *s, float *logits)
{
	struct error err = {0};
	struct pick p;

	assert_ok(sampler_pick(s, logits, NULL, &p, &err));
	return p.token;
}

/* ---- Against a slow twin: every probability in doubles, with full sorts ---- */

enum { WORDS = 200 };

struct twin_word { int token; double p; };

static int likeliest_first(const void *a, const void *b)
{
	const struct twin_word *l = a, *r = b;

	return l->p != r->p ? (l->p < r->p ? 1 : -1) : l->token - r->token;
}

static void normalise(struct twin_word *words, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += words[i].p;
	for (size_t i = 0; i < n; i++)
		words[i].p /= sum;
}

/* What is left after top-k, top-p and min-p, likeliest first. */
static size_t twin_distribution(const struct sampling *w, const float *logits, struct twin_word *words)
{
	size_t n = WORDS, kept = 0;
	double sum = 0;

	for (size_t i = 0; i < WORDS; i++)
		words[i] = (struct twin_word){ (int)i, exp((double)logits[i] / (double)w->temperature) };
	qsort(words, n, sizeof *words, likeliest_first);
	if (w->top_k > 0 && (size_t)w->top_k < n)
		n = (size_t)w->top_k;
	normalise(words, n);
	while (kept < n && sum < (double)w->top_p)
		sum += words[kept++].p;
	n = kept;
	while (n > 1 && words[n - 1].p < (double)w->min_p * words[0].p)
		n--;
	normalise(words, n);
	return n;
}

/*
 * Chi-square of 20,000 draws against the twin's distribution.  Words with an
 * expectation under 5 are taken together; the bar is the 99.99 % point, about
 * n + 4 sqrt(2 n) + 10 for n degrees of freedom.
 */
static void expect_distribution(struct sampling wishes, float *logits)
{
	enum { DRAWS = 20000 };
	struct twin_word words[WORDS];
	size_t counts[WORDS] = {0}, n = twin_distribution(&wishes, logits, words), cells = 0;
	double chi = 0, rest_wanted = 0, rest_got = 0, allowed = 0;
	own_sampler *s = create(wishes, WORDS);

	for (int i = 0; i < DRAWS; i++)
		counts[pick(s, logits)]++;
	for (size_t i = 0; i < n; i++) {
		double wanted = words[i].p * DRAWS, got = (double)counts[words[i].token];
		allowed += got;
		if (wanted < 5) {
			rest_wanted += wanted;
			rest_got += got;
			continue;
		}
		chi += (got - wanted) * (got - wanted) / wanted;
		cells++;
	}
	if (rest_wanted > 1)
		chi += (rest_got - rest_wanted) * (rest_got - rest_wanted) / rest_wanted;
	assert_true(allowed == DRAWS);         /* nothing that was filtered out */
	if (chi >= (double)cells + 4 * sqrt(2 * (double)cells) + 10)
		fail_msg("chi-square %.1f with %zu cells", chi, cells);
}

static void random_logits(float *logits)
{
	for (size_t i = 0; i < WORDS; i++)
		logits[i] = (float)(rand() % 1000) / 100;
}

TEST(draws_follow_the_distribution_of_the_slow_twin)
{
	float logits[WORDS];
	struct sampling w[] = { NEUTRAL, NEUTRAL, NEUTRAL, NEUTRAL, NEUTRAL, NEUTRAL, NEUTRAL, NEUTRAL, NEUTRAL };

	srand(3);
	random_logits(logits);
	w[1].temperature = 0.5f;
	w[2].top_k = 7;
	w[3].top_p = 0.8f;
	w[4].min_p = 0.2f;
	w[5].top_k = 40, w[5].top_p = 0.9f, w[5].min_p = 0.05f, w[5].temperature = 1.7f;
	w[6].top_p = 0.999f, w[6].temperature = 3;       /* more than the first few candidates */
	w[7].top_p = 0.7f, w[7].temperature = 100;
	w[8].top_p = 0.99f, w[8].temperature = 4, w[8].min_p = 0.3f;
	for (size_t i = 0; i < countof(w); i++) {
		w[i].seed = (int64_t)i;
		expect_distribution(w[i], logits);
	}
}

TEST(equals_at_the_end_of_the_share_are_taken_from_the_first)
{
	float logits[WORDS] = {0};
	struct sampling w = NEUTRAL;

	w.seed = 1;
	w.top_p = 0.5f;
	expect_distribution(w, logits);        /* the first half of the words */
}

TEST(temperature_zero_takes_the_first_of_the_largest)
{
	float logits[] = { 1, 5, -2, 5, 4 };
	struct sampling w = NEUTRAL;

	w.temperature = 0;
	own_sampler *s = create(w, countof(logits));
	for (int i = 0; i < 5; i++)
		assert_int_equal(pick(s, logits), 1);
}

TEST(the_same_seed_gives_the_same_tokens)
{
	float logits[WORDS];
	struct sampling w = NEUTRAL;
	int different = 0;

	srand(4);
	random_logits(logits);
	w.temperature = 3;
	w.seed = 42;
	own_sampler *a = create(w, WORDS), *b = create(w, WORDS);
	w.seed = 43;
	own_sampler *c = create(w, WORDS);
	for (int i = 0; i < 100; i++) {
		int32_t token = pick(a, logits);
		assert_int_equal(token, pick(b, logits));
		different += token != pick(c, logits);
	}
	assert_true(different > 50);
}

TEST(unset_wishes_take_the_defaults)
{
	float logits[] = { 0, 3, 0 };
	struct sampling unset = SAMPLING_UNSET, greedy = NEUTRAL;
	struct error err = {0};

	greedy.temperature = 0;
	own_sampler *s = sampler_create(&unset, &greedy, countof(logits), &err);
	for (int i = 0; i < 20; i++)
		assert_int_equal(pick(s, logits), 1);
}

/* ---- Penalties and bias: the largest after the change is what greedy picks ---- */

static struct sampling greedy_with(float repetition, float presence, float frequency)
{
	struct sampling w = NEUTRAL;

	w.temperature = 0;
	w.repetition_penalty = repetition;
	w.presence_penalty = presence;
	w.frequency_penalty = frequency;
	return w;
}

TEST(a_repetition_penalty_counts_the_prompt_and_pushes_negative_logits_down)
{
	float logits[] = { 2.0f, 1.9f, 1.0f }, negative[] = { -1.0f, -1.5f };
	const int32_t prompt[] = { 0 };

	own_sampler *s = create(greedy_with(1.5f, 0, 0), 3), *n = create(greedy_with(2, 0, 0), 2);
	sampler_add_prompt(s, prompt, 1);
	assert_int_equal(pick(s, logits), 1);    /* 2.0 / 1.5 < 1.9 */
	assert_int_equal(pick(s, logits), 0);    /* now 1.9 / 1.5 < 2.0 / 1.5 */
	sampler_add_prompt(n, prompt, 1);
	assert_int_equal(pick(n, negative), 1);  /* -1.0 · 2 < -1.5 */
}

TEST(presence_is_subtracted_once_and_frequency_each_time)
{
	float logits[] = { 3.0f, 2.5f, 0 };

	own_sampler *presence = create(greedy_with(1, 0.4f, 0), 3), *frequency = create(greedy_with(1, 0, 0.2f), 3);
	for (int i = 0; i < 6; i++)
		assert_int_equal(pick(presence, logits), 0);    /* 2.6 for ever */
	const int32_t wanted[] = { 0, 0, 0, 1, 0, 1 };          /* 3.0 2.8 2.6 | 2.4 */
	for (size_t i = 0; i < countof(wanted); i++)
		assert_int_equal(pick(frequency, logits), wanted[i]);
}

TEST(presence_and_frequency_do_not_count_the_prompt)
{
	float logits[] = { 3.0f, 2.5f };
	const int32_t prompt[] = { 0, 0, 0, 0 };

	own_sampler *s = create(greedy_with(1, 2, 2), 2);
	sampler_add_prompt(s, prompt, countof(prompt));
	assert_int_equal(pick(s, logits), 0);
}

TEST(a_bias_is_added_and_can_forbid_a_token)
{
	float logits[] = { 3, 2, 1 };
	const struct logit_bias biases[] = { { 0, -100 }, { 2, 1.5f } };
	struct sampling w = greedy_with(1, 0, 0);

	w.biases = biases;
	w.bias_count = countof(biases);
	own_sampler *s = create(w, 3);
	assert_int_equal(pick(s, logits), 2);
}

TEST(logits_are_put_back_after_a_pick)
{
	float logits[WORDS], before[WORDS];
	const struct logit_bias biases[] = { { 3, -100 }, { 5, 100 } };
	struct sampling w = NEUTRAL;

	srand(5);
	random_logits(logits);
	memcpy(before, logits, sizeof logits);
	w.repetition_penalty = 1.3f;
	w.frequency_penalty = 1;
	w.biases = biases;
	w.bias_count = countof(biases);
	own_sampler *s = create(w, WORDS);
	for (int i = 0; i < 300; i++)            /* enough tokens for the table to grow */
		(void)pick(s, logits);
	assert_memory_equal(before, logits, sizeof logits);
}

/* ---- Log-probabilities ---- */

TEST(log_probabilities_are_of_the_unchanged_distribution)
{
	float logits[] = { logf(0.5f), logf(0.3f), logf(0.15f), logf(0.05f) };
	const struct logit_bias biases[] = { { 3, 100 } };
	struct sampling w = greedy_with(1, 0, 0);
	struct error err = {0};
	struct pick p;

	w.biases = biases;
	w.bias_count = 1;
	w.top_logprobs = 2;
	own_sampler *s = create(w, 4);
	assert_ok(sampler_pick(s, logits, NULL, &p, &err));
	assert_int_equal(p.token, 3);
	assert_true(fabsf(p.logprob - logf(0.05f)) < 1e-5f);
	assert_int_equal(p.rival_count, 2);
	assert_int_equal(p.rivals[0].token, 0);
	assert_int_equal(p.rivals[1].token, 1);
	assert_true(fabsf(p.rivals[1].logprob - logf(0.3f)) < 1e-5f);
}

/* ---- Refusals ---- */

TEST(wishes_out_of_range_are_refused_by_name)
{
	struct error err = {0};
	struct sampling w = NEUTRAL;
	const struct logit_bias biases[] = { { 10, 1 } };

	w.top_p = 1.5f;
	assert_null(sampler_create(&w, &neutral, 10, &err));
	assert_string_equal(err.text, "top_p must be between 0 and 1");
	w.top_p = 1;
	w.biases = biases;
	w.bias_count = 1;
	assert_null(sampler_create(&w, &neutral, 10, &err));
	assert_string_equal(err.text, "logit_bias: the model has no token 10");
}

TEST(logits_that_are_no_numbers_are_an_error_and_single_ones_are_passed_over)
{
	float broken[] = { NAN, NAN, NAN }, one[] = { NAN, 1, -INFINITY }, infinite[] = { 0, INFINITY };
	struct error err = {0};
	struct pick p;

	own_sampler *s = create(neutral, 3), *t = create(neutral, 2);
	assert_false(sampler_pick(s, broken, NULL, &p, &err));
	assert_int_equal(err.kind, ERROR_INTERNAL);
	assert_false(sampler_pick(t, infinite, NULL, &p, &err));
	for (int i = 0; i < 20; i++)
		assert_int_equal(pick(s, one), 1);
}

/* Picks with a mask are those from logits where all else is minus infinity, whatever the wishes. */
TEST(a_mask_lets_only_allowed_tokens_through)
{
	enum { MANY = 1003 };
	static float logits[MANY], cut[MANY], before[MANY];
	uint32_t allowed[(MANY + 31) / 32];
	struct error err = {0};
	struct pick p;

	srand(5);
	for (int round = 0; round < 300; round++) {
		struct sampling w = neutral;
		int most = 1 << (rand() % 11);
		w.seed = round;
		w.temperature = round % 3 ? 1.5f : 0;
		w.top_k = round % 4 == 1 ? 40 : 0;
		w.top_p = round % 4 == 2 ? 0.9f : 1;
		memset(allowed, 0, sizeof allowed);
		for (int i = 0; i < most; i++) {
			int t = rand() % MANY;
			allowed[t / 32] |= 1u << t % 32;
		}
		for (int i = 0; i < MANY; i++) {
			logits[i] = before[i] = (float)rand() / (float)RAND_MAX * 10;
			cut[i] = allowed[i / 32] >> i % 32 & 1 ? logits[i] : -INFINITY;
		}
		own_sampler *masked = create(w, MANY), *plain = create(w, MANY);
		assert_ok(sampler_pick(masked, logits, allowed, &p, &err));
		assert_true(allowed[p.token / 32] >> p.token % 32 & 1);
		assert_int_equal(p.token, pick(plain, cut));
		assert_memory_equal(logits, before, sizeof logits);
	}
	memset(allowed, 0, sizeof allowed);
	own_sampler *s = create(neutral, MANY);
	assert_false(sampler_pick(s, logits, allowed, &p, &err));
	assert_int_equal(err.kind, ERROR_INTERNAL);
	assert_non_null(strstr(err.text, "form"));     /* not the model's numbers */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_follow_the_distribution_of_the_slow_twin),
		cmocka_unit_test(equals_at_the_end_of_the_share_are_taken_from_the_first),
		cmocka_unit_test(temperature_zero_takes_the_first_of_the_largest),
		cmocka_unit_test(the_same_seed_gives_the_same_tokens),
		cmocka_unit_test(unset_wishes_take_the_defaults),
		cmocka_unit_test(a_repetition_penalty_counts_the_prompt_and_pushes_negative_logits_down),
		cmocka_unit_test(presence_is_subtracted_once_and_frequency_each_time),
		cmocka_unit_test(presence_and_frequency_do_not_count_the_prompt),
		cmocka_unit_test(a_bias_is_added_and_can_forbid_a_token),
		cmocka_unit_test(logits_are_put_back_after_a_pick),
		cmocka_unit_test(log_probabilities_are_of_the_unchanged_distribution),
		cmocka_unit_test(wishes_out_of_range_are_refused_by_name),
		cmocka_unit_test(a_mask_lets_only_allowed_tokens_through),
		cmocka_unit_test(logits_that_are_no_numbers_are_an_error_and_single_ones_are_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
