/* What dialogs say of calls, by a table. */
#include "permit/risk.h"

#include "base/mem.h"
#include "support/test.h"

static struct risk judge(const char *tool, const char *command, bool confined, bool checkpoint, bool repository)
{
	own_json *input = json_pack("{s:s*}", "command", command);
	struct risk_question q = { str_of(tool), input, confined, checkpoint, repository };
	struct risk out;

	risk_judge(&q, &out);
	assert_non_null(out.changes);
	return out;
}

TEST(the_riskiest_part_of_a_line_counts)
{
	static const struct {
		const char *command;
		enum risk_level level;
		const char *changes, *safer;
	} cases[] = {
		{ "ls -la", RISK_LOW, "only reads", NULL }, { "git status && git diff", RISK_LOW, "only reads", NULL },
		{ "git push", RISK_MEDIUM, "sends commits", "--dry-run" },
		{ "git push -f origin main", RISK_HIGH, "replaces", "--force-with-lease" },
		{ "git push origin main --force", RISK_HIGH, "replaces", "--force-with-lease" },
		{ "git commit -m x", RISK_LOW, "adds a commit", NULL },
		{ "git reset --hard", RISK_HIGH, "throws away", "git stash" },
		{ "rm x.o", RISK_MEDIUM, "deletes files", "move" }, { "rm -rf build", RISK_HIGH, "deletes folders",
		"list" },
		{ "rm -fr build", RISK_HIGH, "deletes folders", "list" },
		{ "ls; rm -r build; git commit -m x", RISK_HIGH, "deletes folders", "list" },
		{ "echo $(rm -r x)", RISK_HIGH, "deletes folders", "list" },
		{ "cat x > y", RISK_MEDIUM, "writes to files", NULL }, { "frobnicate", RISK_HIGH, "not known", NULL },
		{ "find . -name x -delete", RISK_HIGH, "every file", "without -delete" },
		{ "curl https://x.example", RISK_MEDIUM, "another machine", "WebFetch" },
		{ "sudo ls", RISK_HIGH, "whole machine", NULL }, { "ls )", RISK_HIGH, "not known", NULL },
		{ "npm install x", RISK_MEDIUM, "packages of others", "--ignore-scripts" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct risk r = judge("Bash", cases[i].command, false, false, false);
		bool safer = !cases[i].safer ? !r.safer : r.safer && strstr(r.safer, cases[i].safer);
		if (r.level != cases[i].level || !strstr(r.changes, cases[i].changes) || !safer)
			fail_msg("%s: %s, %s, %s", cases[i].command, risk_level_names[r.level], r.changes,
				r.safer ? r.safer : "none");
	}
}

TEST(what_takes_it_back_is_what_is_there)
{
	assert_non_null(strstr(judge("Bash", "rm x", false, true, true).undo, "rewind"));
	assert_non_null(strstr(judge("Bash", "rm x", false, false, true).undo, "git"));
	assert_non_null(strstr(judge("Bash", "rm x", false, false, false).undo, "nothing"));
	assert_non_null(strstr(judge("Edit", NULL, false, true, false).undo, "rewind"));
	assert_null(judge("Read", NULL, false, true, false).undo);
	assert_non_null(strstr(judge("Bash", "git push", false, true, true).undo, "nothing"));
}

TEST(what_is_confined_is_at_most_the_projects_risk)
{
	assert_int_equal(judge("Bash", "frobnicate", true, true, true).level, RISK_MEDIUM);
	assert_int_equal(judge("RunCode", NULL, true, true, true).level, RISK_MEDIUM);
	assert_int_equal(judge("RunCode", NULL, false, true, true).level, RISK_HIGH);
}

TEST(a_tool_of_others_is_a_high_risk)
{
	assert_int_equal(judge("mcp__x__y", NULL, true, true, true).level, RISK_HIGH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_riskiest_part_of_a_line_counts),
		cmocka_unit_test(what_takes_it_back_is_what_is_there),
		cmocka_unit_test(what_is_confined_is_at_most_the_projects_risk),
		cmocka_unit_test(a_tool_of_others_is_a_high_risk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
