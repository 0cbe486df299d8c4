#include "store/spending.h"

#include "store/record.h"
#include "support/home_folder.h"

#define NOON 1795867200        /* 2026-11-28 12:00 UTC */
#define DAY 86400
#define DOLLAR 1000000u

static void book(int64_t time, uint64_t cost)
{
	struct metric_record r = { .time = time, .source = "teacher", .cost_known = true, .cost = cost };
	struct error err = { 0 };

	assert_ok(record_append(home_folder, &r, &err));
}

static void expect(struct spending *s, int64_t now, uint64_t budget, enum spending_state state, uint64_t spent)
{
	struct spending_view view = spending_look(s, now, budget);

	assert_int_equal(view.state, state);
	assert_int_equal(view.spent, spent);
	assert_int_equal(view.budget, budget);
}

TEST(it_begins_with_what_this_months_books_say)
{
	struct spending s = SPENDING_INIT;
	struct error err = { 0 };
	size_t damaged = 7;

	book(NOON, 3 * DOLLAR);
	book(NOON - 27 * DAY, 2 * DOLLAR);
	book(NOON - 28 * DAY, 100 * DOLLAR);
	assert_ok(spending_load(&s, home_folder, NOON, &damaged, &err));
	assert_int_equal(damaged, 0);
	expect(&s, NOON, 100 * DOLLAR, SPENDING_UNDER, 5 * DOLLAR);
	spending_add(&s, NOON, DOLLAR / 2);
	expect(&s, NOON, 100 * DOLLAR, SPENDING_UNDER, 5 * DOLLAR + DOLLAR / 2);
}

TEST(eighty_percent_are_near_and_all_is_over)
{
	struct spending s = SPENDING_INIT;

	spending_add(&s, NOON, 79999999);
	expect(&s, NOON, 100 * DOLLAR, SPENDING_UNDER, 79999999);
	spending_add(&s, NOON, 1);
	expect(&s, NOON, 100 * DOLLAR, SPENDING_NEAR, 80 * DOLLAR);
	spending_add(&s, NOON, 19999999);
	expect(&s, NOON, 100 * DOLLAR, SPENDING_NEAR, 99999999);
	spending_add(&s, NOON, 1);
	expect(&s, NOON, 100 * DOLLAR, SPENDING_OVER, 100 * DOLLAR);
	expect(&s, NOON, 200 * DOLLAR, SPENDING_UNDER, 100 * DOLLAR);
	expect(&s, NOON, SPENDING_NO_BUDGET, SPENDING_FREE, 100 * DOLLAR);
}

TEST(a_clock_that_is_put_right_finds_what_was_spent)
{
	struct spending s = SPENDING_INIT;
	struct error err = { 0 };
	size_t damaged;

	book(NOON, 3 * DOLLAR);
	assert_ok(spending_load(&s, home_folder, 5 * DAY, &damaged, &err));
	assert_false(spending_is_stale(&s, 6 * DAY));
	const int64_t times[] = { NOON, 5 * DAY, NOON };
	for (size_t i = 0; i < countof(times); i++) {
		assert_true(spending_is_stale(&s, times[i]));
		assert_ok(spending_load(&s, home_folder, times[i], &damaged, &err));
		expect(&s, times[i], 100 * DOLLAR, SPENDING_UNDER, times[i] == NOON ? 3 * DOLLAR : 0);
	}
}

TEST(a_sum_does_not_begin_anew_when_it_is_full)
{
	struct spending s = SPENDING_INIT;

	spending_add(&s, NOON, UINT64_MAX - 5);
	spending_add(&s, NOON, 100);
	expect(&s, NOON, 100 * DOLLAR, SPENDING_OVER, UINT64_MAX);
}

TEST(a_budget_of_nothing_is_spent_at_once)
{
	struct spending s = SPENDING_INIT;

	expect(&s, NOON, 0, SPENDING_OVER, 0);
	expect(&s, NOON, SPENDING_NO_BUDGET, SPENDING_FREE, 0);
}

TEST(a_new_month_begins_at_nothing)
{
	struct spending s = SPENDING_INIT;

	spending_add(&s, NOON, 100 * DOLLAR);
	expect(&s, NOON + 2 * DAY, 100 * DOLLAR, SPENDING_OVER, 100 * DOLLAR);
	expect(&s, NOON + 3 * DAY, 100 * DOLLAR, SPENDING_UNDER, 0);
	spending_add(&s, NOON + 3 * DAY, DOLLAR);
	/* A clock that goes back does not bring the old month's sum with it. */
	expect(&s, NOON, 100 * DOLLAR, SPENDING_UNDER, DOLLAR);
}

static void *spend(void *user)
{
	for (int i = 0; i < 10000; i++)
		spending_add(user, NOON, 3);
	return NULL;
}

TEST(threads_lose_nothing)
{
	struct spending s = SPENDING_INIT;
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, spend, &s), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	expect(&s, NOON, SPENDING_NO_BUDGET, SPENDING_FREE, 120000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(it_begins_with_what_this_months_books_say),
		home_test(eighty_percent_are_near_and_all_is_over),
		home_test(a_clock_that_is_put_right_finds_what_was_spent),
		home_test(a_sum_does_not_begin_anew_when_it_is_full),
		home_test(a_budget_of_nothing_is_spent_at_once),
		home_test(a_new_month_begins_at_nothing),
		home_test(threads_lose_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
