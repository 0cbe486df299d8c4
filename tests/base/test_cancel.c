#include "base/cancel.h"

#include "support/test.h"

static void count(void *user) { ++*(int *)user; }

TEST(no_token_never_fires)
{
	assert_false(cancel_fired(NULL));
}

TEST(firing_twice_wakes_once)
{
	struct cancel c;
	int wakes = 0;

	cancel_init(&c);
	cancel_set_wake(&c, count, &wakes);
	assert_false(cancel_fired(&c));
	cancel_fire(&c);
	cancel_fire(&c);
	assert_true(cancel_fired(&c));
	assert_int_equal(wakes, 1);
	cancel_done(&c);
}

TEST(a_waker_set_too_late_is_called_at_once)
{
	struct cancel c;
	int wakes = 0;

	cancel_init(&c);
	cancel_fire(&c);
	cancel_set_wake(&c, count, &wakes);
	assert_int_equal(wakes, 1);
	cancel_done(&c);
}

static void *fire(void *token)
{
	cancel_fire(token);
	return NULL;
}

TEST(another_thread_may_fire)
{
	struct cancel c;
	int wakes = 0;
	pthread_t thread;

	cancel_init(&c);
	cancel_set_wake(&c, count, &wakes);
	pthread_create(&thread, NULL, fire, &c);
	pthread_join(thread, NULL);
	assert_int_equal(wakes, 1);
	cancel_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_token_never_fires),
		cmocka_unit_test(firing_twice_wakes_once),
		cmocka_unit_test(a_waker_set_too_late_is_called_at_once),
		cmocka_unit_test(another_thread_may_fire),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
