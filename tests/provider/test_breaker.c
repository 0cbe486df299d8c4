#include "provider/breaker.h"

#include "base/cleanup.h"
#include "support/test.h"

static struct breaker opened_at(uint64_t now)
{
	struct breaker b = { 0 };

	for (int i = 0; i < BREAKER_FAILURES; i++)
		breaker_fail(&b, now);
	return b;
}

TEST(it_opens_after_three_failures_in_a_row)
{
	struct breaker b = { 0 };

	breaker_fail(&b, 10);
	breaker_fail(&b, 20);
	assert_int_equal(breaker_admit(&b, 20), BREAKER_ADMITS);
	breaker_fail(&b, 30);
	assert_int_equal(breaker_admit(&b, 31), BREAKER_RESTS);
	assert_int_equal(breaker_left(&b, 31), BREAKER_REST_MS - 1);
}

TEST(an_answer_in_between_begins_the_count_anew)
{
	struct breaker b = { 0 };

	for (int i = 0; i < 10; i++) {
		breaker_fail(&b, 0);
		breaker_fail(&b, 0);
		breaker_succeed(&b);
	}
	assert_int_equal(breaker_admit(&b, 0), BREAKER_ADMITS);
}

TEST(after_its_rest_one_question_tries)
{
	struct breaker b = opened_at(0);

	assert_int_equal(breaker_admit(&b, BREAKER_REST_MS - 1), BREAKER_RESTS);
	assert_int_equal(breaker_admit(&b, BREAKER_REST_MS), BREAKER_TRIES);
	assert_int_equal(breaker_admit(&b, BREAKER_REST_MS), BREAKER_RESTS);
	assert_true(breaker_left(&b, BREAKER_REST_MS) > 0);
	breaker_succeed(&b);
	assert_int_equal(breaker_admit(&b, BREAKER_REST_MS), BREAKER_ADMITS);
}

TEST(a_trial_that_is_stopped_leaves_the_next_question_to_try)
{
	struct breaker b = opened_at(0);

	assert_int_equal(breaker_admit(&b, BREAKER_REST_MS), BREAKER_TRIES);
	breaker_forget(&b);
	assert_int_equal(breaker_admit(&b, BREAKER_REST_MS), BREAKER_TRIES);
}

TEST(each_trial_that_fails_doubles_the_rest_up_to_ten_minutes)
{
	static const unsigned rests[] = { 30000, 60000, 120000, 240000, 480000, 600000, 600000 };
	uint64_t now = 0;
	struct breaker b = opened_at(now);

	for (size_t i = 0; i < countof(rests); i++) {
		assert_int_equal(breaker_left(&b, now), rests[i]);
		now += rests[i];
		assert_int_equal(breaker_admit(&b, now), BREAKER_TRIES);
		breaker_fail(&b, now);
	}
	breaker_succeed(&b);
	for (int i = 0; i < BREAKER_FAILURES; i++)
		breaker_fail(&b, now);
	assert_int_equal(breaker_left(&b, now), BREAKER_REST_MS);
}

TEST(failures_of_those_who_were_on_their_way_do_not_lengthen_it)
{
	struct breaker b = opened_at(0);

	for (int i = 0; i < 100; i++)
		breaker_fail(&b, 1000);
	assert_int_equal(breaker_left(&b, 1000), BREAKER_REST_MS - 1000);
}

TEST(a_rest_that_was_asked_for_is_given_but_not_without_end)
{
	struct breaker b = { 0 };

	breaker_rest(&b, 5, 90000);
	assert_int_equal(breaker_left(&b, 5), 90000);
	b = (struct breaker){ 0 };
	breaker_rest(&b, 5, UINT32_MAX);
	assert_int_equal(breaker_left(&b, 5), BREAKER_LONGEST_MS);
	b = (struct breaker){ 0 };
	breaker_rest(&b, 5, 0);
	assert_int_equal(breaker_left(&b, 5), BREAKER_REST_MS);
}

TEST(a_refused_key_rests_for_ever)
{
	struct breaker b = { 0 };

	breaker_refuse(&b);
	assert_int_equal(breaker_admit(&b, UINT64_MAX / 2), BREAKER_RESTS);
	assert_true(breaker_left(&b, UINT64_MAX / 2) == UINT64_MAX);
	breaker_fail(&b, 5);
	breaker_rest(&b, 5, 1);
	assert_int_equal(breaker_admit(&b, UINT64_MAX / 2), BREAKER_RESTS);
	breaker_succeed(&b);               /* somebody asked all the same, and it was taken */
	assert_int_equal(breaker_admit(&b, 0), BREAKER_ADMITS);
}

/* Whatever happens in whatever order, it admits or says for how long it will not. */
TEST(it_never_rests_without_saying_for_how_long)
{
	uint64_t random = 88172645463325252u, now = 0;
	struct breaker b = { 0 };

	for (size_t i = 0; i < 100000; i++) {
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		now += random % 40000;
		uint64_t left = breaker_left(&b, now);
		bool rests = breaker_admit(&b, now) == BREAKER_RESTS;
		assert_int_equal(rests, left > 0);
		assert_true(left <= BREAKER_LONGEST_MS);
		if (rests)
			continue;
		switch ((random >> 40) % 4) {
		case 0: breaker_succeed(&b); break;
		case 1: breaker_fail(&b, now); break;
		case 2: breaker_rest(&b, now, (unsigned)(random >> 50)); break;
		default: breaker_forget(&b); break;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_opens_after_three_failures_in_a_row),
		cmocka_unit_test(an_answer_in_between_begins_the_count_anew),
		cmocka_unit_test(after_its_rest_one_question_tries),
		cmocka_unit_test(a_trial_that_is_stopped_leaves_the_next_question_to_try),
		cmocka_unit_test(each_trial_that_fails_doubles_the_rest_up_to_ten_minutes),
		cmocka_unit_test(failures_of_those_who_were_on_their_way_do_not_lengthen_it),
		cmocka_unit_test(a_rest_that_was_asked_for_is_given_but_not_without_end),
		cmocka_unit_test(a_refused_key_rests_for_ever),
		cmocka_unit_test(it_never_rests_without_saying_for_how_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
