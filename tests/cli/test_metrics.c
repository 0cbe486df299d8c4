#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "store/record.h"
#include "support/home_folder.h"

static void book(struct metric_record r)
{
	struct error err = { 0 };

	r.time = clock_unix();
	assert_ok(record_append(home_folder, &r, &err));
}

/* What the command prints, run in the test's home. */
static char *run(bool json, const char *budget)
{
	own_mem char *path = mem_printf("%s/printed", home_folder);
	struct options options = { .json = json };
	own_config config = { 0 };
	struct error err = { 0 };
	size_t n;

	setenv("SHAMMAH_HOME", home_folder, 1);
	config.values[SETTING_BUDGET].text = budget ? mem_strdup(budget) : NULL;
	fflush(stdout);
	int terminal = dup(STDOUT_FILENO);
	assert_non_null(freopen(path, "w", stdout));
	int code = cmd_metrics(&options, &config);
	fflush(stdout);
	dup2(terminal, STDOUT_FILENO);
	close(terminal);
	assert_int_equal(code, EXIT_ANSWERED);
	char *text = file_read(path, 1 << 20, &n, &err);
	assert_ok(text != NULL);
	return text;
}

static void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("%s is not in\n%s", part, text);
}

TEST(books_that_are_empty_are_told)
{
	own_mem char *text = run(false, "20");

	expect_part(text, "Today (UTC)\n  no answers\nThis month\n  no answers\n");
	expect_part(text, "Budget: $0 of this month's $20.00 for teachers are spent.\n");
}

TEST(who_answered_and_what_it_cost_is_told)
{
	book((struct metric_record){ .source = "teacher", .result = "answered", .teacher = "Claude",
		.model = "claude-x", .prompt_tokens = 1000, .completion_tokens = 20, .cost_known = true,
		.cost = 1234567, .escalated = true });
	book((struct metric_record){ .source = "local", .result = "failed", .model = "owner/Qwen\033[2J",
		.saved = 5600 });
	book((struct metric_record){ .source = "known", .result = "answered" });
	book((struct metric_record){ .source = "teacher", .result = "answered", .provider = "groq" });
	own_mem char *text = run(false, NULL);
	assert_null(strstr(text, "Budget"));
	expect_part(text,
		"  Claude, claude-x                                   1        1000        20   $1.2345          \n");
	expect_part(text, "  this machine, Qwen?[2J  ");
	expect_part(text, "$0.0056");
	expect_part(text, "  known answers  ");
	expect_part(text,
		"  in all                                             4        1000        20   $1.2345   $0.0056\n");
	expect_part(text, "  1 went from this machine to a teacher\n  1 failed\n  1 at a price that is not known");
	assert_null(strchr(text, '\033'));
}

TEST(programs_get_the_same_as_json)
{
	struct error err = { 0 };

	book((struct metric_record){ .source = "teacher", .result = "answered", .teacher = "Claude", .model = "m",
		.cost_known = true, .cost = 1234567 });
	own_mem char *text = run(true, "7.5");
	own_json *out = json_parse(str_of(text), "metrics", &err);
	assert_ok(out != NULL);
	const json_t *month = json_object_get(out, "month");
	assert_int_equal(json_integer_value(json_pointer(month, str_of("/all/answers"))), 1);
	assert_true(json_real_value(json_pointer(month, str_of("/groups/0/cost_usd"))) == 1.234567);
	assert_true(json_real_value(json_object_get(out, "budget_usd")) == 7.5);
	assert_string_equal(json_member_string(json_pointer(out, str_of("/today/groups/0")), "teacher"), "Claude");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(books_that_are_empty_are_told),
		home_test(who_answered_and_what_it_cost_is_told),
		home_test(programs_get_the_same_as_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
