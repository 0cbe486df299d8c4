#include "text/lexical.h"

#include <math.h>

#include "base/mem.h"
#include "support/random.h"
#include "support/test.h"

#define KNOWN_SUM -310.6982

static void embed(const char *text, float vector[LEXICAL_DIMENSIONS])
{
	struct error err = {0};

	assert_ok(lexical_embed(str_of(text), vector, NULL, &err));
}

static double nearness(const char *a, const char *b)
{
	float x[LEXICAL_DIMENSIONS], y[LEXICAL_DIMENSIONS];
	double dot = 0;

	embed(a, x);
	embed(b, y);
	for (size_t i = 0; i < LEXICAL_DIMENSIONS; i++)
		dot += (double)x[i] * (double)y[i];
	return dot;
}

TEST(texts_that_share_words_are_nearer_than_those_that_do_not)
{
	static const struct { const char *text, *near, *far; } cases[] = {
		{ "how do I read a file in C", "reading files in C", "the weather in Zürich tomorrow" },
		{ "void buf_consume(struct buf *b, size_t n)", "what does bufConsume do", "an index of birds" },
		{ "connection refused by the server", "the server refuses connections", "a recipe for bread" },
		{ "Grüße aus Köln", "grüsse und GRÜSSE aus köln", "hello from Paris" },
	};

	for (size_t i = 0; i < countof(cases); i++)
		assert_true(nearness(cases[i].text, cases[i].near) > nearness(cases[i].text, cases[i].far) + 0.15);
}

TEST(case_and_punctuation_do_not_matter)
{
	assert_true(fabs(nearness("Hello, World!", "hello world") - 1) < 1e-6);
	assert_true(nearness("parseJsonFile", "parse_json_file") > 0.99);
}

TEST(the_order_of_words_matters_a_little)
{
	double swapped = nearness("dog bites man", "man bites dog");

	assert_true(swapped < 0.999 && swapped > 0.6);
}

TEST(a_text_without_words_is_zeros_and_others_have_length_one)
{
	float vector[LEXICAL_DIMENSIONS];
	struct error err = {0};
	size_t words = 9;
	uint64_t seed = 2;

	assert_ok(lexical_embed(str_of(" ... \n"), vector, &words, &err));
	assert_int_equal(words, 0);
	for (size_t i = 0; i < LEXICAL_DIMENSIONS; i++)
		assert_true(vector[i] == 0);
	for (int round = 0; round < 2000; round++) {
		char bytes[4 * 60];
		struct str text = { bytes, random_text(&seed, bytes, 60) };
		double sum = 0;
		assert_ok(lexical_embed(text, vector, &words, &err));
		for (size_t i = 0; i < LEXICAL_DIMENSIONS; i++)
			sum += (double)vector[i] * (double)vector[i];
		assert_true(words ? fabs(sum - 1) < 1e-5 : sum == 0);
	}
}

/* What was stored with one version is compared with what a later one makes. */
TEST(a_known_text_keeps_its_vector)
{
	float vector[LEXICAL_DIMENSIONS];
	double sum = 0;

	embed("Known text, kept.", vector);
	for (size_t i = 0; i < LEXICAL_DIMENSIONS; i++)
		sum += (double)vector[i] * (double)(i + 1);
	if (fabs(sum - (KNOWN_SUM)) > 1e-2)
		fail_msg("%.6f", sum);
}

TEST(what_is_no_text_is_refused)
{
	float vector[LEXICAL_DIMENSIONS];
	struct error err = {0};

	assert_false(lexical_embed(str_of("\xFF"), vector, NULL, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_that_share_words_are_nearer_than_those_that_do_not),
		cmocka_unit_test(case_and_punctuation_do_not_matter),
		cmocka_unit_test(the_order_of_words_matters_a_little),
		cmocka_unit_test(a_text_without_words_is_zeros_and_others_have_length_one),
		cmocka_unit_test(a_known_text_keeps_its_vector),
		cmocka_unit_test(what_is_no_text_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
