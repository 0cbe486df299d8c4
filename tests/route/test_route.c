#include "base/cleanup.h"
#include "route/route.h"

#include "support/test.h"

static enum route_to with(enum route_wish wish, bool known, enum local_state local, enum teacher_state teacher)
{
	return route_decide(&(struct route_facts){ wish, known, local, teacher }).to;
}

static enum route_to where(enum route_wish wish, bool known, enum local_state local, bool teacher)
{
	return with(wish, known, local, teacher ? TEACHER_READY : TEACHER_NONE);
}

TEST(a_known_answer_comes_first)
{
	assert_int_equal(where(WISH_AUTO, true, LOCAL_READY, true), ROUTE_KNOWN);
	assert_int_equal(where(WISH_KNOWN, true, LOCAL_NONE, false), ROUTE_KNOWN);
}

TEST(then_the_local_model_when_it_is_ready)
{
	assert_int_equal(where(WISH_AUTO, false, LOCAL_READY, true), ROUTE_LOCAL);
}

TEST(the_teacher_helps_out_while_the_model_is_not_ready)
{
	assert_int_equal(where(WISH_AUTO, false, LOCAL_LOADING, true), ROUTE_TEACHER);
	assert_int_equal(where(WISH_AUTO, false, LOCAL_FAILED, true), ROUTE_TEACHER);
	assert_int_equal(where(WISH_AUTO, false, LOCAL_NONE, true), ROUTE_TEACHER);
}

TEST(without_a_teacher_a_loading_model_is_waited_for)
{
	assert_int_equal(where(WISH_AUTO, false, LOCAL_LOADING, false), ROUTE_LOCAL);
}

TEST(teachers_that_rest_are_asked_when_nobody_else_is_there)
{
	assert_int_equal(with(WISH_AUTO, false, LOCAL_NONE, TEACHER_RESTING), ROUTE_TEACHER);
	assert_int_equal(with(WISH_AUTO, false, LOCAL_FAILED, TEACHER_RESTING), ROUTE_TEACHER);
	assert_int_equal(with(WISH_AUTO, false, LOCAL_LOADING, TEACHER_RESTING), ROUTE_LOCAL);
	assert_int_equal(with(WISH_TEACHER, false, LOCAL_READY, TEACHER_RESTING), ROUTE_TEACHER);
}

TEST(a_spent_budget_leaves_the_local_model)
{
	assert_int_equal(with(WISH_AUTO, false, LOCAL_READY, TEACHER_SPENT), ROUTE_LOCAL);
	assert_int_equal(with(WISH_AUTO, false, LOCAL_LOADING, TEACHER_SPENT), ROUTE_LOCAL);
	assert_int_equal(with(WISH_AUTO, false, LOCAL_NONE, TEACHER_SPENT), ROUTE_SPENT);
	assert_int_equal(with(WISH_AUTO, false, LOCAL_FAILED, TEACHER_SPENT), ROUTE_SPENT);
	assert_int_equal(with(WISH_TEACHER, true, LOCAL_READY, TEACHER_SPENT), ROUTE_SPENT);
	assert_int_equal(with(WISH_AUTO, true, LOCAL_NONE, TEACHER_SPENT), ROUTE_KNOWN);
}

TEST(pictures_go_to_who_has_eyes)
{
	static const struct {
		enum route_wish wish;
		enum local_state local;
		enum teacher_state teacher;
		enum route_to to;
	} cases[] = {
		{ WISH_AUTO, LOCAL_READY, TEACHER_READY, ROUTE_TEACHER },
		{ WISH_AUTO, LOCAL_LOADING, TEACHER_RESTING, ROUTE_TEACHER },
		{ WISH_AUTO, LOCAL_READY, TEACHER_SPENT, ROUTE_SPENT },
		{ WISH_AUTO, LOCAL_READY, TEACHER_NONE, ROUTE_LOCAL },
		{ WISH_AUTO, LOCAL_NONE, TEACHER_NONE, ROUTE_NOBODY },
		{ WISH_LOCAL, LOCAL_READY, TEACHER_READY, ROUTE_LOCAL },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct route_facts facts = { .wish = cases[i].wish, .local = cases[i].local,
			.teacher = cases[i].teacher, .pictures = true };
		assert_int_equal(route_decide(&facts).to, cases[i].to);
	}
}

/* Property: nobody is asked for money that is spent, and nobody without a key. */
TEST(teachers_that_cannot_be_asked_are_not)
{
	for (enum route_wish wish = WISH_AUTO; wish <= WISH_TEACHER; wish++)
		for (enum local_state local = LOCAL_NONE; local <= LOCAL_FAILED; local++)
			for (int known = 0; known < 2; known++) {
				assert_int_not_equal(with(wish, known, local, TEACHER_SPENT), ROUTE_TEACHER);
				assert_int_not_equal(with(wish, known, local, TEACHER_NONE), ROUTE_TEACHER);
			}
}

TEST(without_anybody_that_is_said)
{
	assert_int_equal(where(WISH_AUTO, false, LOCAL_NONE, false), ROUTE_NOBODY);
	assert_int_equal(where(WISH_AUTO, false, LOCAL_FAILED, false), ROUTE_NOBODY);
}

/* Property: what the user asked for is never replaced by something else. */
TEST(a_wish_is_kept_or_refused)
{
	static const enum route_to wanted[] = {
		[WISH_KNOWN] = ROUTE_KNOWN, [WISH_LOCAL] = ROUTE_LOCAL, [WISH_TEACHER] = ROUTE_TEACHER,
	};

	for (enum route_wish wish = WISH_KNOWN; wish <= WISH_TEACHER; wish++)
		for (enum local_state local = LOCAL_NONE; local <= LOCAL_FAILED; local++)
			for (int bits = 0; bits < 4; bits++) {
				enum route_to to = where(wish, bits & 1, local, bits & 2);
				assert_true(to == wanted[wish] || to == ROUTE_NOBODY);
			}
}

TEST(the_statement_is_two_lines_and_names_a_command)
{
	for (enum route_wish wish = WISH_AUTO; wish <= WISH_TEACHER; wish++)
		for (enum local_state local = LOCAL_NONE; local <= LOCAL_FAILED; local++) {
			const char *text = route_nobody_text(&(struct route_facts){ .wish = wish, .local = local });
			const char *newline = strchr(text, '\n');
			assert_non_null(newline);
			assert_null(strchr(newline + 1, '\n'));
			assert_non_null(strstr(newline, "Run `"));
		}
}

TEST(wishes_are_found_by_name)
{
	static const char *const names[] = {
		[WISH_AUTO] = "auto", [WISH_KNOWN] = "known", [WISH_LOCAL] = "local", [WISH_TEACHER] = "teacher",
	};
	enum route_wish found;

	for (enum route_wish wish = WISH_AUTO; wish <= WISH_TEACHER; wish++) {
		assert_true(route_wish_find(str_of(names[wish]), &found));
		assert_int_equal(found, wish);
	}
	assert_false(route_wish_find(str_of("nobody"), &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_answer_comes_first),
		cmocka_unit_test(then_the_local_model_when_it_is_ready),
		cmocka_unit_test(the_teacher_helps_out_while_the_model_is_not_ready),
		cmocka_unit_test(without_a_teacher_a_loading_model_is_waited_for),
		cmocka_unit_test(teachers_that_rest_are_asked_when_nobody_else_is_there),
		cmocka_unit_test(a_spent_budget_leaves_the_local_model),
		cmocka_unit_test(pictures_go_to_who_has_eyes),
		cmocka_unit_test(teachers_that_cannot_be_asked_are_not),
		cmocka_unit_test(without_anybody_that_is_said),
		cmocka_unit_test(a_wish_is_kept_or_refused),
		cmocka_unit_test(the_statement_is_two_lines_and_names_a_command),
		cmocka_unit_test(wishes_are_found_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
