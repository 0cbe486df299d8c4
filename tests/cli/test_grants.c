/* What a conversation may do: settings, the command line, and what is added on the way. */
#include "conversation_case.h"

#define BASH ((struct str)STR("Bash"))

/* Who runs the test is the test's to say. */
static uid_t user = 1000;
uid_t geteuid(void) { return user; }

static struct permission decide(const struct world *w, const char *command)
{
	own_json *input = json_pack("{s:s}", "command", command);
	struct permission_call call = { .tool = BASH, .input = input };
	struct permission out;

	permission_decide(w->grants.permissions, &call, &out);
	return out;
}

TEST(root_may_not_skip_questions_where_commands_are_not_confined)
{
	static const char *const tomls[] = { "[tools]\nconfine = \"off\"\n", "[tools]\nconfine = false\n" };

	for (unsigned i = 0; i < 8; i++) {
		bool root = i & 1, by_mode = i & 2;
		struct world w;
		struct error err = {0};
		world_init(&w, tomls[i >> 2]);
		w.options.skip_permissions = !by_mode;
		w.options.permission_mode = by_mode ? "bypassPermissions" : NULL;
		user = root ? 0 : 1000;
		assert_int_equal(world_grants(&w, &err), !root);
		if (root)
			assert_non_null(strstr(err.text, "tools.confine"));
		world_done(&w);
	}
	user = 1000;
}

TEST(root_loses_the_mode_when_settings_stop_confining)
{
	struct world w;
	struct error err = {0};

	world_init(&w, "[tools]\nconfine = \"off\"\n");
	w.options.skip_permissions = true;
	assert_ok(world_grants(&w, &err));
	assert_int_equal(permissions_mode(w.grants.permissions), PERMISSION_BYPASS);
	user = 0;
	listen_to(STDERR_FILENO);
	assert_ok(grants_reload(&w.grants, &err));
	own_mem char *said = heard(STDERR_FILENO);
	assert_int_equal(permissions_mode(w.grants.permissions), PERMISSION_DEFAULT);
	assert_non_null(strstr(said, "the mode is default from now on"));
	assert_false(grants_set_mode(&w.grants, PERMISSION_BYPASS, &err));
	assert_int_equal(err.kind, ERROR_DENIED);
	assert_ok(grants_set_mode(&w.grants, PERMISSION_ACCEPT_EDITS, &err));
	user = 1000;
	world_done(&w);
}

static char *settings_told(const char *given, bool quiet)
{
	struct world w;
	struct error err = {0};

	world_init(&w, "");
	w.options.settings = given;
	w.options.quiet = quiet;
	listen_to(STDERR_FILENO);
	bool ok = world_grants(&w, &err);
	char *said = heard(STDERR_FILENO);
	assert_ok(ok);
	assert_int_equal(decide(&w, "make x").decision, DECISION_ALLOW);
	world_done(&w);
	return said;
}

TEST(settings_of_the_command_line_say_what_of_them_is_not_read)
{
	static const char rules[] = "{\"$schema\":\"x\",\"permissions\":{\"allow\":[\"Bash(make *)\"]},\"sandbox\":{}";
	own_mem char *plain = mem_printf("%s}", rules), *more = mem_printf("%s,\"model\":\"x\",\"env\":{},"
		"\"a\\u001b[2J\":1}", rules);
	own_mem char *long_name = mem_zeroed(3000, 1);

	memset(long_name, 'k', 2999);
	own_mem char *longer = mem_printf("%s,\"env\":{},\"%s\":1}", rules, long_name);
	own_mem char *nothing = settings_told(plain, false), *told = settings_told(more, false);
	own_mem char *hushed = settings_told(more, true), *cut = settings_told(longer, false);
	assert_string_equal(nothing, "");
	assert_string_equal(told, "shammah: --settings: not read: model, env, a␛[2J (only permissions and sandbox "
		"are)\n");
	assert_string_equal(hushed, "");
	assert_non_null(strstr(cut, "not read: env, "));
	assert_true(strstr(cut, ", ... (only") && strlen(cut) < 700);
}

TEST(settings_of_the_command_line_must_be_an_object)
{
	static const char *const wrong[] = { "{", "/nowhere/settings.json", "{\"permissions\":" };

	for (size_t i = 0; i < countof(wrong); i++) {
		struct world w;
		struct error err = {0};
		world_init(&w, "");
		w.options.settings = wrong[i];
		assert_false(world_grants(&w, &err));
		assert_true(err.text[0]);
		world_done(&w);
	}
}

TEST(what_is_added_outlives_a_change_of_the_settings)
{
	struct world w;
	struct error err = {0};

	world_init(&w, "");
	assert_ok(world_grants(&w, &err));
	assert_int_equal(decide(&w, "make x").decision, DECISION_ASK);
	assert_false(grants_last(&w.grants, "Bash(make *)"));       /* nobody trusts this project */
	assert_ok(grants_add(&w.grants, "Bash(make *)", &err));
	assert_false(grants_add(&w.grants, "Bash(make", &err));
	assert_int_equal(decide(&w, "make x").decision, DECISION_ALLOW);
	assert_ok(grants_reload(&w.grants, &err));
	assert_int_equal(decide(&w, "make x").decision, DECISION_ALLOW);
	assert_int_equal(json_array_size(w.grants.added), 1);
	own_mem char *local = path_join(w.project, ".claude/settings.local.json");
	assert_false(path_is_file(local));
	world_done(&w);
}

TEST(the_command_line_denies_whatever_it_allows)
{
	char *allowed[] = { "Bash(make *)" }, *denied[] = { "Bash(make install)" };
	struct world w;
	struct error err = {0};

	world_init(&w, "");
	w.options.allowed = (struct option_list){ allowed, 1, true };
	w.options.denied = (struct option_list){ denied, 1, true };
	assert_ok(world_grants(&w, &err));
	assert_int_equal(decide(&w, "make x").decision, DECISION_ALLOW);
	assert_int_equal(decide(&w, "make x && make install").decision, DECISION_DENY);
	world_done(&w);
}

TEST(tools_are_offered_where_somebody_can_be_asked_and_rules_let_them)
{
	char *denied[] = { "WebSearch" }, *named[] = { "Read", "AskUserQuestion", "ExitPlanMode", "WebSearch" };
	static const struct {
		const char *tool, *mode;
		bool talks, few, offered;
	} cases[] = {
		{ "Read", "default", false, false, true }, { "WebSearch", "default", true, false, false },
		{ "AskUserQuestion", "default", false, false, false },
		{ "AskUserQuestion", "default", true, false, true },
		{ "ExitPlanMode", "default", true, false, false }, { "ExitPlanMode", "plan", true, false, true },
		{ "ExitPlanMode", "plan", false, false, false }, { "Bash", "default", true, true, false },
		{ "Read", "default", true, true, true }, { "WebSearch", "default", true, true, false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct world w;
		struct error err = {0};
		world_init(&w, "");
		w.options.denied = (struct option_list){ denied, 1, true };
		w.options.permission_mode = cases[i].mode;
		if (cases[i].few)
			w.options.tools = (struct option_list){ named, countof(named), true };
		assert_ok(world_grants(&w, &err));
		const struct tool_kind *kind = tool_find(str_of(cases[i].tool));
		assert_int_equal(grants_offer(&w.grants, kind, cases[i].talks), cases[i].offered);
		world_done(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(root_may_not_skip_questions_where_commands_are_not_confined),
		home_test(root_loses_the_mode_when_settings_stop_confining),
		home_test(settings_of_the_command_line_say_what_of_them_is_not_read),
		home_test(settings_of_the_command_line_must_be_an_object),
		home_test(what_is_added_outlives_a_change_of_the_settings),
		home_test(the_command_line_denies_whatever_it_allows),
		home_test(tools_are_offered_where_somebody_can_be_asked_and_rules_let_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
