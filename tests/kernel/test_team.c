#include "kernel/team.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "support/test.h"

enum { MOST = 9 };

struct calls {
	_Atomic unsigned by[MOST];
	unsigned members;
};

static void count_call(void *user, unsigned member, unsigned members)
{
	struct calls *c = user;

	c->by[member]++;
	if (members != c->members)
		abort();
}

TEST(every_member_is_called_once_a_run)
{
	struct error err = {0};

	for (unsigned n = 1; n <= MOST; n++) {
		own_team *t = team_create(n, &err);
		struct calls c = { .members = n };
		assert_non_null(t);
		assert_int_equal(team_members(t), n);
		for (unsigned round = 1; round <= 50; round++) {
			team_run(t, count_call, &c);
			for (unsigned i = 0; i < n; i++)
				assert_int_equal(c.by[i], round);
		}
	}
}

/* Each step needs what every member wrote in the one before; plain memory, so that TSan sees a missing barrier. */
struct steps {
	struct team *team;
	unsigned cells[2][MOST];
	unsigned count;
};

static void step(void *user, unsigned member, unsigned members)
{
	struct steps *s = user;

	for (unsigned i = 0; i < s->count; i++) {
		unsigned sum = 0;
		for (unsigned m = 0; m < members; m++)
			sum += s->cells[i % 2][m];
		s->cells[(i + 1) % 2][member] = sum + member;
		team_barrier(s->team);
	}
}

TEST(what_is_written_before_a_barrier_is_read_after_it)
{
	struct error err = {0};

	for (unsigned n = 1; n <= MOST; n += n < 4 ? 1 : 5) {
		own_team *t = team_create(n, &err);
		struct steps s = { .team = t, .count = 301 };
		unsigned wanted[MOST] = {0};

		for (unsigned i = 0; i < s.count; i++) {
			unsigned sum = 0;
			for (unsigned m = 0; m < n; m++)
				sum += wanted[m];
			for (unsigned m = 0; m < n; m++)
				wanted[m] = sum + m;
		}
		team_run(t, step, &s);
		assert_memory_equal(s.cells[s.count % 2], wanted, n * sizeof *wanted);
	}
}

TEST(members_that_fell_asleep_come_back)
{
	struct error err = {0};
	own_team *t = team_create(3, &err);
	struct calls c = { .members = 3 };

	for (unsigned round = 1; round <= 5; round++) {
		clock_sleep_ms(5);
		team_run(t, count_call, &c);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(c.by[i], round);
	}
}

static void sleep_unless_first(void *user, unsigned member, unsigned members)
{
	(void)members;
	if (member)
		clock_sleep_ms(20);
	((_Atomic unsigned *)user)[member]++;
}

TEST(a_run_ends_when_the_slowest_has)
{
	struct error err = {0};
	own_team *t = team_create(3, &err);
	_Atomic unsigned done[3] = {0};

	team_run(t, sleep_unless_first, done);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(done[i], 1);
}

struct nest {
	struct team *outer, *inner;
	struct calls calls;
};

static void run_inner(void *user, unsigned member, unsigned members)
{
	struct nest *n = user;

	(void)members;
	if (member == 0)
		team_run(n->inner, count_call, &n->calls);
	team_barrier(n->outer);
}

TEST(a_member_may_run_another_team)
{
	struct error err = {0};
	own_team *outer = team_create(2, &err), *inner = team_create(2, &err);
	struct nest n = { outer, inner, { .members = 2 } };

	team_run(outer, run_inner, &n);
	assert_int_equal(n.calls.by[0], 1);
	assert_int_equal(n.calls.by[1], 1);
}

#if defined(__linux__)
TEST(a_team_that_cannot_be_had_is_an_error)
{
	struct error err = {0};
	pthread_attr_t usual, huge;

	assert_int_equal(pthread_getattr_default_np(&usual), 0);
	assert_int_equal(pthread_attr_init(&huge), 0);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0);   /* more than there are addresses */
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	struct team *t = team_create(3, &err);
	assert_int_equal(pthread_setattr_default_np(&usual), 0);
	assert_null(t);
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	pthread_attr_destroy(&usual);
	pthread_attr_destroy(&huge);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_called_once_a_run),
		cmocka_unit_test(what_is_written_before_a_barrier_is_read_after_it),
		cmocka_unit_test(members_that_fell_asleep_come_back),
		cmocka_unit_test(a_run_ends_when_the_slowest_has),
#if defined(__linux__)
		cmocka_unit_test(a_team_that_cannot_be_had_is_an_error),
#endif
		cmocka_unit_test(a_member_may_run_another_team),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
