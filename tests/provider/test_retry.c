#include "provider/retry.h"

#include "support/test.h"

TEST(nothing_said_is_nothing_told)
{
	struct retry_told told = retry_parse(NULL, NULL, NULL, 0);

	assert_int_equal(told.word, RETRY_UNSAID);
	assert_false(told.when);
}

TEST(what_a_server_says_is_understood)
{
	struct retry_told told = retry_parse("1500", "7", "true", 0);

	assert_int_equal(told.word, RETRY_YES);
	assert_true(told.when);
	assert_int_equal(told.ms, 1500);
	told = retry_parse("rubbish", "7", "false", 0);
	assert_int_equal(told.word, RETRY_NO);
	assert_true(told.when);
	assert_int_equal(told.ms, 7000);
	told = retry_parse(NULL, "soon", "maybe", 0);
	assert_int_equal(told.word, RETRY_UNSAID);
	assert_false(told.when);
}

TEST(a_wait_of_many_years_does_not_wrap)
{
	assert_int_equal(retry_parse(NULL, "4294968", NULL, 0).ms, UINT32_MAX);
	assert_int_equal(retry_parse(NULL, "4294967", NULL, 0).ms, 4294967000u);
}

TEST(pauses_double_up_to_the_longest)
{
	static const unsigned middles[] = { 1000, 2000, 4000, 8000, 8000, 8000 };

	for (unsigned attempt = 2; attempt < 2 + countof(middles); attempt++) {
		unsigned middle = middles[attempt - 2];
		assert_int_equal(retry_pause(1000, 8000, attempt, 0), middle / 2);
		assert_int_equal(retry_pause(1000, 8000, attempt, middle), middle / 2 + middle);
	}
}

TEST(no_number_spreads_a_pause_beyond_half_of_it)
{
	uint64_t random = 88172645463325252u;

	for (size_t i = 0; i < 10000; i++) {
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		unsigned pause = retry_pause(1000, 60000, 3, random);
		if (pause < 1000 || pause > 3000)
			fail_msg("%u ms", pause);
	}
	assert_int_equal(retry_pause(0, 0, 2, random), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_nothing_told),
		cmocka_unit_test(what_a_server_says_is_understood),
		cmocka_unit_test(a_wait_of_many_years_does_not_wrap),
		cmocka_unit_test(pauses_double_up_to_the_longest),
		cmocka_unit_test(no_number_spreads_a_pause_beyond_half_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
