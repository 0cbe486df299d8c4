#include "store/totals.h"

#include "base/mem.h"
#include "support/home_folder.h"

#define NOON 1795867200        /* 2026-11-28 12:00 UTC */

static struct metric_record answer(const char *source, const char *teacher, const char *model)
{
	return (struct metric_record){ .time = NOON, .source = source, .result = "answered", .teacher = teacher,
		.model = model, .prompt_tokens = 10, .cached_tokens = 5, .completion_tokens = 2, .ms = 100 };
}

TEST(answers_are_grouped_by_who_gave_them)
{
	own_totals t = { 0 };
	struct metric_record one = answer("teacher", "Claude", "m1"), other = answer("teacher", NULL, "m1");
	struct metric_record local = answer("local", NULL, "qwen"), known = answer("known", NULL, NULL);

	one.cost_known = true;
	one.cost = 7;
	one.escalated = true;
	other.provider = "claude";
	other.result = "failed";
	local.saved = 3;
	local.result = "cancelled";
	struct metric_record stopped = other;
	stopped.result = "cancelled";
	totals_add(&t, &stopped);
	struct metric_record cut = other;
	cut.estimated = true;
	totals_add(&t, &cut);
	for (int i = 0; i < 2; i++) {
		totals_add(&t, &one);
		totals_add(&t, &other);
		totals_add(&t, &local);
		totals_add(&t, &known);
	}
	assert_int_equal(t.count, 4);
	assert_string_equal(t.groups[0].teacher, "claude");
	assert_string_equal(t.groups[1].teacher, "Claude");
	assert_null(t.groups[3].model);
	assert_int_equal(t.groups[1].answers, 2);
	assert_int_equal(t.groups[1].cost, 14);
	assert_int_equal(t.groups[1].unpriced, 0);
	assert_int_equal(t.groups[0].answers, 4);
	assert_int_equal(t.groups[0].unpriced, 2);
	assert_int_equal(t.groups[0].estimated, 1);
	assert_int_equal(t.groups[2].saved, 6);
	assert_int_equal(t.all.answers, 10);
	assert_int_equal(t.all.prompt_tokens, 100);
	assert_int_equal(t.all.cached_tokens, 50);
	assert_int_equal(t.all.completion_tokens, 20);
	assert_int_equal(t.all.escalated, 2);
	assert_int_equal(t.all.failed, 3);
	assert_int_equal(t.all.cancelled, 3);
	assert_int_equal(t.all.unpriced, 2);
	assert_int_equal(t.all.ms, 1000);
}

TEST(groups_have_a_ceiling_and_the_sum_has_none)
{
	own_totals t = { 0 };

	for (int i = 0; i < 2 * TOTALS_MAX; i++) {
		own_mem char *model = mem_printf("m%d", i);
		struct metric_record r = answer("teacher", "x", model);
		totals_add(&t, &r);
	}
	assert_int_equal(t.count, TOTALS_MAX);
	assert_int_equal(t.all.answers, 2 * TOTALS_MAX);
}

TEST(the_books_are_summed_up)
{
	own_totals t = { 0 };
	struct error err = { 0 };
	struct metric_record r = answer("local", NULL, "qwen");

	assert_ok(record_append(home_folder, &r, &err));
	assert_ok(record_append(home_folder, &r, &err));
	assert_ok(totals_read(&t, home_folder, 20261128, 20261128, &err));
	assert_int_equal(t.all.answers, 2);
	assert_int_equal(t.count, 1);
	assert_string_equal(t.groups[0].model, "qwen");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(answers_are_grouped_by_who_gave_them),
		home_test(groups_have_a_ceiling_and_the_sum_has_none),
		home_test(the_books_are_summed_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
