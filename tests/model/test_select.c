#include "model/select.h"

#include <math.h>

#include "base/mem.h"
#include "support/test.h"

static float random_logit(void)
{
	int kind = rand() % 20;

	return kind == 0 ? NAN : kind == 1 ? -INFINITY : (float)(rand() % 400) / 10 - 20;   /* with many equals */
}

static float *random_logits(size_t count)
{
	float *logits = mem_zeroed(count, sizeof *logits);

	for (size_t i = 0; i < count; i++)
		logits[i] = random_logit();
	return logits;
}

static int best_first(const void *a, const void *b)
{
	const struct candidate *l = a, *r = b;

	return l->logit != r->logit ? (l->logit < r->logit ? 1 : -1) : l->token > r->token ? 1 : -1;
}

TEST(the_few_largest_are_those_of_a_full_sort)
{
	srand(1);
	for (int round = 0; round < 500; round++) {
		size_t count = 1 + (size_t)rand() % 300, most = (size_t)rand() % 40;
		own_mem float *logits = random_logits(count);
		own_mem struct candidate *all = mem_zeroed(count, sizeof *all), *top = mem_zeroed(most, sizeof *top);
		for (size_t i = 0; i < count; i++)
			all[i] = (struct candidate){ (int32_t)i, isnan(logits[i]) ? -INFINITY : logits[i] };
		qsort(all, count, sizeof *all, best_first);
		size_t n = select_top(logits, count, top, most);
		assert_int_equal(n, most < count ? most : count);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(top[i].token, all[i].token);
			assert_true(top[i].logit == all[i].logit);
		}
		assert_int_equal(select_largest(logits, count), all[0].token);
	}
}

TEST(the_mass_is_that_of_the_c_library)
{
	srand(2);
	for (int round = 0; round < 300; round++) {
		size_t count = 1 + (size_t)rand() % 5000;
		float scale = (float)(1 + rand() % 30) / 10, floor = round % 2 ? -INFINITY : -3;
		own_mem float *logits = random_logits(count);
		double wanted = 0;
		for (size_t i = 0; i < count; i++)
			if (logits[i] >= floor)
				wanted += exp(((double)logits[i] - 20) * (double)scale);
		double got = select_mass(logits, count, 20, scale, floor);
		assert_true(fabs(got - wanted) <= 1e-5 * wanted + 1e-30);
	}
}

static double term(float logit, float best, float scale)
{
	return isnan(logit) ? 0 : (double)select_exp((logit - best) * scale);
}

/* Property: what is above the cut is too little, and with the ties it is enough and one fewer is not. */
TEST(a_nucleus_is_the_fewest_that_make_up_the_share)
{
	srand(4);
	for (int round = 0; round < 2000; round++) {
		size_t count = 1 + (size_t)rand() % 3000, equal = 0;
		float scale = (float)(1 + rand() % 30) / 10;
		double share = round % 5 ? (double)(1 + rand() % 999) / 1000 : 1, total = 0, above = 0;
		own_mem float *logits = random_logits(count);
		for (size_t i = 0; round % 3 == 0 && i < count; i++)
			logits[i] *= 1 + (float)rand() / (float)RAND_MAX;
		logits[0] = 20;
		for (size_t i = 0; i < count; i++)
			total += term(logits[i], 20, scale);
		struct nucleus n = select_nucleus(logits, count, 20, scale, share);
		for (size_t i = 0; i < count; i++) {
			above += logits[i] > n.cut ? term(logits[i], 20, scale) : 0;
			equal += logits[i] == n.cut;
		}
		double each = term(n.cut, 20, scale), slack = 1e-6 * total, with = above + (double)n.ties * each;
		assert_true(n.ties >= 1 && equal >= 1);
		assert_true(above <= share * total + slack);
		assert_true(with >= share * total - slack);
		assert_true(with - each <= share * total + slack);
		assert_true(n.ties <= equal || (double)(n.ties - equal) * each <= slack);
	}
}

TEST(exponentials_are_right_to_a_millionth_over_their_whole_range)
{
	for (float x = -86.9f; x < 88; x += 0.0131f)
		assert_true(fabs(select_exp(x) / exp((double)x) - 1) < 1e-6);
	assert_true(select_exp(-88) == 0 && select_exp(-INFINITY) == 0 && select_exp(0) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_few_largest_are_those_of_a_full_sort),
		cmocka_unit_test(the_mass_is_that_of_the_c_library),
		cmocka_unit_test(a_nucleus_is_the_fewest_that_make_up_the_share),
		cmocka_unit_test(exponentials_are_right_to_a_millionth_over_their_whole_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
