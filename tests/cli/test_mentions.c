/* What a user brings along: @FILE and !COMMAND, within what is allowed. */
#include "cli/mentions.h"

#include "conversation_case.h"

struct told {
	struct world world;
	struct conversation conversation;
	struct buf whole;
};

static void put_file(const char *name, const char *text)
{
	struct error err = {0};

	assert_ok(file_write(name, str_of(text), 0644, &err));
}

/* In the project; `denied` may be NULL. */
static void begin(struct told *t, const char *denied)
{
	struct conversation *c = &t->conversation;
	struct error err = {0};
	own_mem char *ours = NULL;

	*t = (struct told){ .whole = BUF_INIT(1 << 20) };
	world_init(&t->world, "");
	ours = path_join(home_folder, ".shammah");
	assert_ok(world_grants(&t->world, &err));
	if (denied)
		assert_ok(permissions_add_rule(t->world.grants.permissions, "deny", denied, "the test", &err));
	c->options = &t->world.options;
	c->grants = t->world.grants;
	show_init(&c->show);
	assert_ok(tool_context_init(&c->tools, t->world.project, t->world.project, home_folder, ours, &err));
	c->tools.permissions = t->world.grants.permissions;
	c->tools.unconfined = true;
	put_file("a.txt", "alpha\n");
	put_file("b.txt", "beta\n");
	put_file(".env", "PASSWORD=hush\n");
	listen_to(STDERR_FILENO);
}

/* What was said; the caller frees. */
static char *end(struct told *t)
{
	char *said = heard(STDERR_FILENO);

	tool_context_done(&t->conversation.tools);
	buf_done(&t->whole);
	world_done(&t->world);
	return said;
}

static bool add(struct told *t, const char *question)
{
	own_buf nothing = BUF_INIT(100);

	return mentions_add(&t->conversation, str_of(question), &nothing, &t->whole);
}

/* --- @FILE ----------------------------------------------------------------------------------------------- */

TEST(a_file_that_is_mentioned_goes_along)
{
	static const char *const questions[] = { "what is in @a.txt?", "@a.txt", "(see)\n@a.txt, @b.txt." };

	for (size_t i = 0; i < countof(questions); i++) {
		struct told t;
		begin(&t, NULL);
		assert_true(add(&t, questions[i]));
		assert_non_null(strstr(t.whole.data, "alpha"));
		assert_int_equal(strstr(t.whole.data, "beta") != NULL, i == 2);
		assert_true(str_ends(buf_str(&t.whole), questions[i]));
		own_mem char *said = end(&t);
		assert_string_equal(said, "");
	}
}

TEST(what_names_no_file_is_a_word)
{
	static const char *const questions[] = { "mail me@a.txt", "@nobody", "@", "@ a.txt", "a @/ b", "@a.txt/x",
		"@ÿ", "@." };

	for (size_t i = 0; i < countof(questions); i++) {
		struct told t;
		begin(&t, NULL);
		assert_true(add(&t, questions[i]));
		assert_string_equal(t.whole.data, questions[i]);
		own_mem char *said = end(&t);
		assert_string_equal(said, "");
	}
}

TEST(neither_secrets_nor_what_is_denied_goes_along)
{
	static const struct { const char *question, *denied; } cases[] = {
		{ "see @.env", NULL }, { "see @a.txt and @.env", NULL }, { "see @b.txt", "Read(b.txt)" },
		{ "see @./b.txt", "Read(b.txt)" }, { "see @../project/b.txt", "Read(b.txt)" }, { "@a.txt", "Read" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct told t;
		begin(&t, cases[i].denied);
		assert_false(add(&t, cases[i].question));
		assert_null(t.whole.data ? strstr(t.whole.data, "hush") : NULL);
		own_mem char *said = end(&t);
		assert_non_null(strstr(said, "Read is denied: "));
	}
}

TEST(a_link_to_a_secret_is_that_secret)
{
	struct told t;

	begin(&t, NULL);
	assert_int_equal(symlink(".env", "plain.txt"), 0);
	assert_false(add(&t, "see @plain.txt"));
	own_mem char *said = end(&t);
	assert_non_null(strstr(said, "denied"));
}

TEST(more_files_than_fit_are_said_and_none_is_left_out)
{
	for (size_t n = 20; n <= 21; n++) {
		own_buf question = BUF_INIT(1000);
		struct told t;
		begin(&t, NULL);
		for (size_t i = 0; i < n; i++)
			buf_put(&question, "@a.txt ");
		assert_int_equal(add(&t, question.data), n == 20);
		own_mem char *said = end(&t);
		assert_int_equal(strstr(said, "20 files at most") != NULL, n == 21);
	}
}

/* --- !COMMAND ----------------------------------------------------------------------------------------------- */

static char *run(struct told *t, const char *command, struct buf *shell)
{
	listen_to(STDOUT_FILENO);
	mentions_run(&t->conversation, str_of(command), shell);
	return heard(STDOUT_FILENO);
}

TEST(the_model_is_told_of_a_command_and_what_came_of_it)
{
	own_buf shell = BUF_INIT(10000);
	struct told t;

	begin(&t, NULL);
	own_mem char *shown = run(&t, "cat a.txt; echo end", &shell);
	own_mem char *said = end(&t);
	assert_non_null(strstr(shown, "alpha"));
	assert_non_null(strstr(shell.data, "<command>cat a.txt; echo end</command>"));
	assert_non_null(strstr(shell.data, "alpha"));
	assert_string_equal(said, "");
}

TEST(a_command_that_is_denied_does_not_run_and_nobody_is_told)
{
	static const struct { const char *command, *denied; } cases[] = {
		{ "rm -rf /", NULL }, { "cat .env", NULL }, { "echo x > made", "Bash(echo *)" },
		{ "true; 'ec'ho x > made", "Bash(echo *)" }, { "touch made", "Bash" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_buf shell = BUF_INIT(10000);
		struct told t;
		begin(&t, cases[i].denied);
		own_mem char *shown = run(&t, cases[i].command, &shell);
		bool made = path_is_file("made");
		own_mem char *said = end(&t);
		assert_false(made);
		assert_int_equal(shell.len, 0);
		assert_string_equal(shown, "");
		assert_non_null(strstr(said, "Bash is denied: "));
	}
}

/* --- modes and rules ------------------------------------------------------------------------------------------- */

static char *mode(const char *name, bool skips)
{
	struct told t;

	begin(&t, NULL);
	t.world.options.skip_permissions = skips;
	listen_to(STDOUT_FILENO);
	prompt_mode(&t.conversation, str_of(name));
	char *shown = heard(STDOUT_FILENO);
	own_mem char *said = end(&t);
	assert_string_equal(said, "");
	return shown;
}

TEST(a_mode_is_shown_and_the_boldest_only_chosen_at_the_start)
{
	own_mem char *now = mode("", false), *odd = mode("fast", false), *bold = mode("bypassPermissions", false);

	assert_string_equal(now, "Mode: default\n");
	assert_non_null(strstr(odd, "The modes are default, "));
	assert_non_null(strstr(bold, "only be chosen at the start"));
}

TEST(rules_are_shown_with_where_they_stand)
{
	struct told t;

	begin(&t, "Bash(rm *\033[2J)");
	listen_to(STDOUT_FILENO);
	prompt_permissions(&t.conversation);
	own_mem char *shown = heard(STDOUT_FILENO);
	own_mem char *said = end(&t);
	assert_string_equal(shown, "Mode: default\n  deny  Bash(rm *␛[2J)  (the test)\n");
	assert_string_equal(said, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(a_file_that_is_mentioned_goes_along),
		home_test(what_names_no_file_is_a_word),
		home_test(neither_secrets_nor_what_is_denied_goes_along),
		home_test(a_link_to_a_secret_is_that_secret),
		home_test(more_files_than_fit_are_said_and_none_is_left_out),
		home_test(the_model_is_told_of_a_command_and_what_came_of_it),
		home_test(a_command_that_is_denied_does_not_run_and_nobody_is_told),
		home_test(a_mode_is_shown_and_the_boldest_only_chosen_at_the_start),
		home_test(rules_are_shown_with_where_they_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
