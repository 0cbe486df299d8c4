#include "base/clock.h"

#include "support/test.h"

struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool there;
};

static void meeting_init(struct meeting *m)
{
	m->there = false;
	pthread_mutex_init(&m->lock, NULL);
	clock_cond_init(&m->changed);
}

static void meeting_done(struct meeting *m)
{
	pthread_cond_destroy(&m->changed);
	pthread_mutex_destroy(&m->lock);
}

TEST(nobody_waits_longer_than_to_the_moment_given_nor_shorter)
{
	struct meeting m;
	uint64_t until = clock_ms() + 30;

	meeting_init(&m);
	pthread_mutex_lock(&m.lock);
	while (clock_wait(&m.changed, &m.lock, until))
		;
	assert_true(clock_ms() >= until);
	pthread_mutex_unlock(&m.lock);
	meeting_done(&m);
}

TEST(a_moment_that_has_passed_is_not_waited_for)
{
	struct meeting m;

	meeting_init(&m);
	pthread_mutex_lock(&m.lock);
	assert_false(clock_wait(&m.changed, &m.lock, clock_ms()));
	assert_false(clock_wait(&m.changed, &m.lock, 0));
	pthread_mutex_unlock(&m.lock);
	meeting_done(&m);
}

static void *come(void *user)
{
	struct meeting *m = user;

	pthread_mutex_lock(&m->lock);
	m->there = true;
	pthread_cond_signal(&m->changed);
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

TEST(who_is_signalled_goes_on_before_the_time_is_up)
{
	struct meeting m;
	uint64_t until = clock_ms() + 3600 * 1000;
	pthread_t other;

	meeting_init(&m);
	pthread_mutex_lock(&m.lock);
	assert_int_equal(pthread_create(&other, NULL, come, &m), 0);
	while (!m.there)
		assert_true(clock_wait(&m.changed, &m.lock, until));
	pthread_mutex_unlock(&m.lock);
	pthread_join(other, NULL);
	meeting_done(&m);
}

TEST(moments_never_go_back)
{
	for (uint64_t last = clock_ns(), i = 0; i < 1000; i++) {
		uint64_t now = clock_ns();
		assert_true(now >= last);
		last = now;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_waits_longer_than_to_the_moment_given_nor_shorter),
		cmocka_unit_test(a_moment_that_has_passed_is_not_waited_for),
		cmocka_unit_test(who_is_signalled_goes_on_before_the_time_is_up),
		cmocka_unit_test(moments_never_go_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
