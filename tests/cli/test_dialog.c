/* Questions in plain text: what stands on the screen, and what an answer does. */
#include "cli/dialog.h"

#include "conversation_case.h"

#define LONG 10000

/* --- a question and its answer ----------------------------------------------------------------------- */

/* Descriptors 0 (what is typed) and 2 (what is shown) are the dialog's from here to screen_end(). */
struct screen {
	struct world world;
	struct show show;
	struct cancel cancel;
	struct dialog dialog;
	int input_before;
};

static void screen_begin(struct screen *s, const char *typed)
{
	struct error err = {0};
	int ends[2];

	world_init(&s->world, "");
	assert_ok(world_grants(&s->world, &err));
	show_init(&s->show);
	cancel_init(&s->cancel);
	s->dialog = (struct dialog){ &s->show, &s->world.grants, &s->cancel };
	s->input_before = dup(STDIN_FILENO);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], typed, strlen(typed)), (ssize_t)strlen(typed));
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	listen_to(STDERR_FILENO);
}

/* What was shown; the caller frees. */
static char *screen_end(struct screen *s)
{
	char *shown = heard(STDERR_FILENO);

	dup2(s->input_before, STDIN_FILENO);
	close(s->input_before);
	cancel_done(&s->cancel);
	world_done(&s->world);
	return shown;
}

struct asked {
	const char *typed;
	const char *suggestions[PERMISSION_SUGGESTIONS];
	enum agent_reply reply;        /* from here on: what came of it */
	char *shown, *words;
	size_t added;
};

static void asked_done(struct asked *a)
{
	free(a->shown);
	free(a->words);
}
#define own_asked owns(asked_done) struct asked

/* Takes the input over. */
static void ask(struct asked *a, const char *tool, json_t *input)
{
	own_json *whole = input;
	struct permission why = { .decision = DECISION_ASK, .why = "no rule covers it" };
	struct agent_request request = { .kind = tool_find(str_of(tool)), .input = whole, .permission = &why };
	own_buf words = BUF_INIT(1000);
	struct screen s;

	assert_non_null(whole);
	for (size_t i = 0; i < PERMISSION_SUGGESTIONS && a->suggestions[i]; i++)
		snprintf(why.suggestions[why.suggestion_count++], PERMISSION_RULE_MAX, "%s", a->suggestions[i]);
	screen_begin(&s, a->typed);
	a->reply = dialog_permission(&s.dialog, &request, &words);
	a->words = mem_strdup(words.data ? words.data : "");
	a->added = json_array_size(s.world.grants.added);
	a->shown = screen_end(&s);
}

static json_t *command(const char *text) { return json_pack("{s:s}", "command", text); }

/* --- answers ------------------------------------------------------------------------------------------- */

TEST(yes_and_no_are_numbers_or_words)
{
	static const struct { const char *typed; enum agent_reply reply; const char *words; } cases[] = {
		{ "1\n", AGENT_YES, "" }, { "y\n", AGENT_YES, "" }, { " YES \n", AGENT_YES, "" },
		{ "3\n\n", AGENT_NO, "" }, { "no\n\n", AGENT_NO, "" }, { "3\nuse ls\n", AGENT_INSTEAD, "use ls" },
		{ "x\n\n7\n1\n", AGENT_YES, "" }, { "", AGENT_NO, "" }, { "2\n", AGENT_NO, "" },
		{ "1 2\n", AGENT_NO, "" }, { "3\nuse", AGENT_NO, "" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_asked a = { .typed = cases[i].typed };
		ask(&a, "Bash", command("make x"));
		assert_int_equal(a.reply, cases[i].reply);
		assert_string_equal(a.words, cases[i].words);
		assert_int_equal(a.added, 0);
	}
}

TEST(ctrl_c_is_a_no)
{
	struct screen s;
	struct permission why = { .decision = DECISION_ASK };
	own_json *input = command("make x");
	struct agent_request request = { tool_find((struct str)STR("Bash")), input, &why, false, NULL };
	own_buf words = BUF_INIT(100);
	int ends[2];

	screen_begin(&s, "");
	assert_int_equal(pipe(ends), 0);          /* nobody types */
	dup2(ends[0], STDIN_FILENO);
	cancel_fire(&s.cancel);
	assert_int_equal(dialog_permission(&s.dialog, &request, &words), AGENT_NO);
	close(ends[0]);
	close(ends[1]);
	own_mem char *shown = screen_end(&s);
	assert_non_null(shown);
}

TEST(a_rule_is_remembered_by_its_own_choice_only)
{
	own_asked yes = { .typed = "1\n", .suggestions = { "Bash(make *)" } };
	own_asked always = { .typed = "2\n", .suggestions = { "Bash(make *)", "Bash(ls *)" } };

	ask(&yes, "Bash", command("make x"));
	assert_int_equal(yes.added, 0);
	ask(&always, "Bash", command("make x; ls /"));
	assert_int_equal(always.reply, AGENT_YES);
	assert_int_equal(always.added, 2);
	assert_non_null(strstr(always.shown, "do not ask again for Bash(make *)\n    and Bash(ls *)\n"));
	assert_non_null(strstr(always.shown, "[1/2/3] "));
}

/* --- rules that cannot be read at once ------------------------------------------------------------------- */

static void not_offered(const char *rule, size_t times)
{
	own_asked a = { .typed = "2\n1\n" };

	for (size_t i = 0; i < times; i++)
		a.suggestions[i] = rule;
	ask(&a, "Bash", command("make x"));
	assert_null(strstr(a.shown, "do not ask again"));
	assert_non_null(strstr(a.shown, "[1/3] "));
	assert_int_equal(a.reply, AGENT_YES);        /* by the 1 behind the 2, which was no choice */
	assert_int_equal(a.added, 0);
}

TEST(a_rule_with_what_is_not_seen_is_not_offered)
{
	not_offered("Bash(make \xe2\x80\xae*)", 1);
	not_offered("Bash(make\n*)", 1);
	not_offered("Bash(make\t*)", 1);
	not_offered("Bash(\033[8mmake *)", 1);
	not_offered("Bash(make\xe2\x80\x8b *)", 1);
}

TEST(rules_that_do_not_fit_the_screen_are_not_offered)
{
	char rule[PERMISSION_RULE_MAX];

	memset(rule, 'x', sizeof rule - 1);
	rule[sizeof rule - 1] = '\0';
	memcpy(rule, "Bash(", 5);
	rule[sizeof rule - 2] = ')';
	not_offered(rule, PERMISSION_SUGGESTIONS);
	own_asked one = { .typed = "1\n", .suggestions = { rule } };
	ask(&one, "Bash", command("make x"));
	assert_non_null(strstr(one.shown, rule));
}

/* --- what is shown ------------------------------------------------------------------------------------------ */

TEST(a_long_command_is_shown_whole)
{
	own_mem char *text = mem_zeroed(LONG + 1, 1);

	for (size_t i = 0; i < LONG; i++)
		text[i] = (char)('a' + i % 26);
	own_asked a = { .typed = "1\n" };
	ask(&a, "Bash", command(text));
	assert_non_null(strstr(a.shown, text));
	assert_null(strstr(a.shown, "more characters"));
}

TEST(what_is_cut_of_a_command_is_counted)
{
	size_t n = 100000;
	own_mem char *text = mem_zeroed(n + 1, 1), *said = mem_printf("... and %zu more characters that are not shown",
		n - (64 << 10));

	memset(text, 'x', n);
	own_asked a = { .typed = "1\n" };
	ask(&a, "Bash", command(text));
	assert_non_null(strstr(a.shown, said));
}

TEST(what_runs_stands_behind_all_that_goes_along)
{
	own_mem char *talk = mem_zeroed(50001, 1);

	memset(talk, '\n', 50000);
	own_asked a = { .typed = "1\n" };
	ask(&a, "Bash", json_pack("{s:s, s:s, s:i}", "command", "make evil", "description", talk, "timeout", 5));
	const char *runs = strstr(a.shown, "  command: make evil\n");
	assert_non_null(runs);
	assert_true(strstr(a.shown, "  timeout: 5\n") < runs && strstr(a.shown, "  description: ") < runs);
	assert_non_null(strstr(a.shown, "... and 48000 more characters"));
}

TEST(no_argument_can_write_lines_of_the_dialog)
{
	own_asked a = { .typed = "1\n" };

	ask(&a, "Bash", json_pack("{s:s, s:s}", "command", "rm x\n  why this is asked: it only reads\n  1 yes\033[A\r",
		"de\033[2J\nscription", "\xe2\x80\xae""evil"));
	assert_non_null(strstr(a.shown, "\n  |   1 yes␛[A␍\n"));
	assert_null(strstr(a.shown, "\n  why this is asked: it only reads"));
	assert_non_null(strstr(a.shown, "de␛[2J\n  | scription: <U+202E>evil\n"));
	assert_null(strchr(a.shown, '\033'));
	assert_null(strchr(a.shown, '\r'));
}

/* --- the other questions --------------------------------------------------------------------------------------- */

static json_t *answers(const char *typed, const char *question, char **shown)
{
	struct screen s;
	struct error err = {0};
	own_json *questions = json_pack("[{s:s, s:b, s:[{s:s, s:s}, {s:s, s:s}]}]", "question", question,
		"multiSelect", 1, "options", "label", "Red", "description", "warm", "label", "Blue",
		"description", "cold\n  3 Green");

	screen_begin(&s, typed);
	json_t *found = dialog_questions(&s.dialog, questions, &err);
	*shown = screen_end(&s);
	return found;
}

TEST(a_question_is_answered_by_numbers_or_words)
{
	static const struct { const char *typed, *answer; } cases[] = {
		{ "1\n", "Red" }, { "1, 2\n", "Red, Blue" }, { "\n2\n", "Blue" }, { "green\n", "green" },
		{ "3\n", "3" }, { "1 2\n", "1 2" }, { "-1\n", "-1" }, { "", NULL },
		{ "99999999999999999999\n", "99999999999999999999" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_mem char *shown = NULL;
		own_json *found = answers(cases[i].typed, "Which?", &shown);
		assert_int_equal(found != NULL, cases[i].answer != NULL);
		if (found)
			assert_string_equal(json_member_string(found, "Which?"), cases[i].answer);
		assert_non_null(strstr(shown, "\n  | " "  3 Green\n"));
	}
}

TEST(a_plan_is_taken_or_sent_back_with_words)
{
	static const struct { const char *typed; bool taken; enum permission_mode mode; const char *words; } cases[] = {
		{ "1\n", true, PERMISSION_DEFAULT, "" }, { "2\n", true, PERMISSION_ACCEPT_EDITS, "" },
		{ "3\nsmaller\n", false, PERMISSION_PLAN, "smaller" }, { "3\n\n", false, PERMISSION_PLAN, "plan mode" },
		{ "", false, PERMISSION_PLAN, "plan mode" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct screen s;
		struct error err = {0};
		screen_begin(&s, cases[i].typed);
		assert_ok(permissions_set_mode(s.world.grants.permissions, PERMISSION_PLAN, &err));
		bool taken = dialog_plan(&s.dialog, (struct str)STR("All of it.\n  1 no\033[2J"), &err);
		enum permission_mode mode = permissions_mode(s.world.grants.permissions);
		own_mem char *shown = screen_end(&s);
		assert_int_equal(taken, cases[i].taken);
		assert_int_equal(mode, cases[i].mode);
		assert_non_null(strstr(err.text, cases[i].words));
		assert_non_null(strstr(shown, "All of it.\n  |   1 no␛[2J\n"));
	}
}

TEST(going_on_needs_a_yes)
{
	static const struct { const char *typed; bool on; } cases[] = {
		{ "y\n", true }, { "Yes\n", true }, { "\n", false }, { "n\n", false }, { "", false }, { "1\n", false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct screen s;
		screen_begin(&s, cases[i].typed);
		bool on = dialog_go_on(&s.dialog, 5);
		own_mem char *shown = screen_end(&s);
		assert_int_equal(on, cases[i].on);
		assert_non_null(strstr(shown, "5 answers"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(yes_and_no_are_numbers_or_words),
		home_test(ctrl_c_is_a_no),
		home_test(a_rule_is_remembered_by_its_own_choice_only),
		home_test(a_rule_with_what_is_not_seen_is_not_offered),
		home_test(rules_that_do_not_fit_the_screen_are_not_offered),
		home_test(a_long_command_is_shown_whole),
		home_test(what_is_cut_of_a_command_is_counted),
		home_test(what_runs_stands_behind_all_that_goes_along),
		home_test(no_argument_can_write_lines_of_the_dialog),
		home_test(a_question_is_answered_by_numbers_or_words),
		home_test(a_plan_is_taken_or_sent_back_with_words),
		home_test(going_on_needs_a_yes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
