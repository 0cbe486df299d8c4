#include "agent/guard.h"
#include "support/test.h"

static unsigned note(struct guard *g, const char *tool, const char *arguments, const char *result, bool changed)
{
	return guard_note(g, str_of(tool), str_of(arguments), str_of(result), changed);
}

TEST(counts_the_same_call_with_the_same_result)
{
	struct guard g = {0};

	assert_int_equal(note(&g, "Read", "{}", "x", false), 1);
	assert_int_equal(note(&g, "Read", "{}", "x", false), 2);
	assert_int_equal(note(&g, "Read", "{}", "y", false), 1);
	assert_int_equal(note(&g, "Read", "{\"a\":1}", "x", false), 1);
	assert_int_equal(note(&g, "Grep", "{}", "x", false), 1);
	assert_int_equal(note(&g, "Read", "{}", "x", false), 3);
	guard_done(&g);
}

TEST(a_new_change_makes_it_forget_and_a_repeated_one_does_not)
{
	struct guard g = {0};

	assert_int_equal(note(&g, "Bash", "test", "fails", false), 1);
	assert_int_equal(note(&g, "Edit", "one", "done", true), 1);
	assert_int_equal(note(&g, "Bash", "test", "fails", false), 1);
	assert_int_equal(note(&g, "Bash", "test", "fails", false), 2);
	assert_int_equal(note(&g, "Edit", "one", "done", true), 2);
	assert_int_equal(note(&g, "Bash", "test", "fails", false), 3);
	guard_done(&g);
}

TEST(keeps_many)
{
	struct guard g = {0};
	char text[20];

	for (int round = 1; round <= 2; round++)
		for (int i = 0; i < 500; i++) {
			(void)snprintf(text, sizeof text, "%d", i);
			assert_int_equal(note(&g, "Read", text, "x", false), round);
		}
	guard_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_the_same_call_with_the_same_result),
		cmocka_unit_test(a_new_change_makes_it_forget_and_a_repeated_one_does_not),
		cmocka_unit_test(keeps_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
