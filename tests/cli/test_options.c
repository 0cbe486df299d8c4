#include "cli/options.h"

#include <math.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "support/test.h"

static bool parse(struct options *o, struct error *err, const char *line)
{
	char *argv[40] = { "shammah" };
	int argc = 1;
	static char copy[500];

	/* Words are separated by '|', so that a word may hold blanks. */
	snprintf(copy, sizeof copy, "%s", line);
	for (char *word = copy; word && *copy; word = strchr(word, '|') ? strchr(word, '|') + 1 : NULL)
		argv[argc++] = word;
	for (char *bar = strchr(copy, '|'); bar; bar = strchr(bar + 1, '|'))
		*bar = '\0';
	return options_parse(o, argc, argv, err);
}

static struct options parsed(const char *line)
{
	struct options o;
	struct error err = {0};

	if (!parse(&o, &err, line))
		fail_msg("%s: %s", line, err.text);
	return o;
}

static void expect_refused(const char *line, const char *part)
{
	struct options o;
	struct error err = {0};

	assert_false(parse(&o, &err, line));
	assert_int_equal(err.kind, ERROR_INVALID);
	if (!strstr(err.text, part))
		fail_msg("'%s' does not say '%s'", err.text, part);
	options_done(&o);
}

TEST(without_words_it_is_the_prompt)
{
	struct options o = parsed("");

	assert_null(o.command);
	assert_null(o.text);
	assert_false(o.print);
	assert_int_equal(o.wish, WISH_AUTO);
	assert_true(isnan(o.temperature));
	options_done(&o);
}

TEST(words_are_a_question_a_command_or_a_folder)
{
	struct options question = parsed("how do I stop it"), words = parsed("how|do|I"),
		command = parsed("daemon|stop"), folder = parsed("/tmp|hello");

	assert_string_equal(question.text, "how do I stop it");
	assert_string_equal(words.text, "how do I");
	assert_string_equal(command.command->name, "daemon");
	assert_string_equal(command.text, "stop");
	assert_string_equal(folder.directory, "/tmp");
	assert_string_equal(folder.text, "hello");
	options_done(&question);
	options_done(&words);
	options_done(&command);
	options_done(&folder);
}

TEST(after_print_or_two_dashes_nothing_is_a_command)
{
	struct options print = parsed("-p|daemon"), dashes = parsed("--|daemon"), dashed = parsed("--|-x");

	assert_null(print.command);
	assert_string_equal(print.text, "daemon");
	assert_null(dashes.command);
	assert_string_equal(dashes.text, "daemon");
	assert_string_equal(dashed.text, "-x");
	options_done(&print);
	options_done(&dashes);
	options_done(&dashed);
}

TEST(a_value_stands_in_the_next_word_or_after_an_equals_sign)
{
	struct options next = parsed("--model|a=b"), same = parsed("--model=a=b");

	assert_string_equal(next.model, "a=b");
	assert_string_equal(same.model, "a=b");
	options_done(&next);
	options_done(&same);
}

TEST(every_option_is_taken)
{
	struct options o = parsed(
		"-p|-q|--source|local|--max-tokens|5|--temperature|0.5|--port|1|--system-prompt|s|--jsonl|-f|--"
		"tokenizer|t|--mode|query|--json|-y|--background|--precision|q4|--revision|v1");

	assert_true(o.print && o.quiet && o.jsonl && o.follow && o.json && o.yes && o.background);
	assert_string_equal(o.precision, "q4");
	assert_string_equal(o.revision, "v1");
	assert_int_equal(o.wish, WISH_LOCAL);
	assert_int_equal(o.max_tokens, 5);
	assert_true(o.temperature == 0.5);
	assert_string_equal(o.port, "1");
	assert_string_equal(o.system_prompt, "s");
	assert_string_equal(o.tokenizer, "t");
	assert_int_equal(o.mode, MODE_QUERY);
	options_done(&o);
}

TEST(wrong_usage_is_explained)
{
	expect_refused("--modle|x", "no option --modle");
	expect_refused("-z", "no option -z");
	expect_refused("--model", "--model needs a value: --model NAME");
	expect_refused("--print=yes", "--print takes no value");
	expect_refused("--source|cloud", "auto, known, local or teacher");
	expect_refused("--max-tokens|0", "whole number from 1");
	expect_refused("--temperature|9", "from 0 to 2");
	expect_refused("--mode|mcp", "interactive, query or daemon");
	expect_refused("daemon", "usage: shammah daemon run|start|stop|status|logs");
	expect_refused("daemon|dance", "usage: shammah daemon");
	expect_refused("serve|x", "takes no further words");
	expect_refused("config|x", "usage: shammah config [check|path]");
}

TEST(help_after_a_command_needs_no_words)
{
	struct options o = parsed("daemon|--help");

	assert_true(o.help);
	assert_string_equal(o.command->name, "daemon");
	options_done(&o);
}

TEST(the_tables_are_whole_and_without_doubles)
{
	for (const struct command *c = commands; c->name; c++) {
		assert_non_null(c->run);
		assert_non_null(c->what);
		assert_non_null(c->usage);
		assert_ptr_equal(command_find(str_of(c->name)), c);
	}
	for (const struct option *a = option_table; a->name; a++) {
		assert_non_null(a->read);
		for (const struct option *b = a + 1; b->name; b++) {
			assert_string_not_equal(a->name, b->name);
			assert_true(!a->letter || a->letter != b->letter);
		}
	}
	for (const struct prompt_command *p = prompt_commands; p->name; p++)
		assert_int_equal(p->name[0], '/');
}

static void list_is(const struct option_list *l, const char *want)
{
	own_buf joined = BUF_INIT(1000);

	for (size_t i = 0; i < l->count; i++)
		buf_putf(&joined, "%s%s", i ? "; " : "", l->at[i]);
	assert_string_equal(joined.data, want);
}

TEST(rules_are_separated_by_commas_and_blanks_outside_of_parentheses)
{
	struct options o = parsed("-p|why|--allowedTools|Read, Edit|--allowed-tools=Bash(git log *),Bash(a, b) Grep");
	struct options more = parsed("-p|why|--allowedTools|Read|Bash(ls *)|--disallowedTools|Write");
	struct options before = parsed("--allowedTools|Read|-p|why"), none = parsed("--tools||-p|why");

	list_is(&o.allowed, "Read; Edit; Bash(git log *); Bash(a, b); Grep");
	list_is(&more.allowed, "Read; Bash(ls *)");
	list_is(&more.denied, "Write");
	assert_string_equal(more.text, "why");
	list_is(&before.allowed, "Read");
	assert_string_equal(before.text, "why");
	assert_true(none.tools.given && !none.tools.count && !o.tools.given);
	options_done(&o);
	options_done(&more);
	options_done(&before);
	options_done(&none);
}

TEST(the_name_of_a_conversation_is_a_uuid)
{
	struct options o = parsed("-p|x|--session-id|0192f0c1-2a3b-4c5d-8e6f-0123456789AB");

	assert_string_equal(o.session, "0192f0c1-2a3b-4c5d-8e6f-0123456789AB");
	options_done(&o);
	expect_refused("-p|x|--session-id|0192f0c1-2a3b-4c5d-8e6f-0123456789A", "UUID");
	expect_refused("-p|x|--session-id|0192f0c1-2a3b-4c5d-8e6f-0123456789ABC", "UUID");
	expect_refused("-p|x|--session-id|0192f0c1-2a3b-4c5d-8e6f-0123456789g0", "UUID");
	expect_refused("-p|x|--session-id|0192f0c102a3b-4c5d-8e6f-0123456789ab", "UUID");
	expect_refused("-p|x|--session-id|../../../../../../../../../../../..", "UUID");
	expect_refused("-p|x|--session-id=", "UUID");
}

TEST(what_programs_want_is_checked)
{
	struct options o = parsed("-p|x|--output-format|stream-json|--max-turns|7|--permission-mode|plan|--verbose");

	assert_int_equal(o.output, OUTPUT_STREAM_JSON);
	assert_int_equal(o.max_turns, 7);
	assert_true(o.verbose && !o.partial && !o.skip_permissions);
	options_done(&o);
	expect_refused("--output-format|yaml", "text, json or stream-json");
	expect_refused("--input-format|json", "text or stream-json");
	expect_refused("--max-turns|0", "from 1");
	expect_refused("--max-turns|1x", "from 1");
	expect_refused("--permission-mode|loose", "acceptEdits");
	expect_refused("--add-dir|", "takes a folder");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_separated_by_commas_and_blanks_outside_of_parentheses),
		cmocka_unit_test(the_name_of_a_conversation_is_a_uuid),
		cmocka_unit_test(what_programs_want_is_checked),
		cmocka_unit_test(without_words_it_is_the_prompt),
		cmocka_unit_test(words_are_a_question_a_command_or_a_folder),
		cmocka_unit_test(after_print_or_two_dashes_nothing_is_a_command),
		cmocka_unit_test(a_value_stands_in_the_next_word_or_after_an_equals_sign),
		cmocka_unit_test(every_option_is_taken),
		cmocka_unit_test(wrong_usage_is_explained),
		cmocka_unit_test(help_after_a_command_needs_no_words),
		cmocka_unit_test(the_tables_are_whole_and_without_doubles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
