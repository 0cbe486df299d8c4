#include <stdio.h>

#include "agent/leftover.h"
#include "support/test.h"

struct seen {
	struct buf text;
	json_t *calls;
};

static bool on_text(void *user, struct str text, struct error *err)
{
	struct seen *s = user;

	return buf_add_str(&s->text, text, err);
}

/* The same however it is cut. */
static void feed(const char *text, size_t piece, struct seen *s)
{
	const struct leftover_sink sink = { on_text, s };
	struct error err = {0};
	struct str rest = str_of(text);
	own_leftover l;
	own_json *tools = json_pack("[{s:{s:s}}, {s:{s:s}}]", "function", "name", "Read", "function", "name", "Bash");

	*s = (struct seen){ .text = BUF_INIT(1 << 16), .calls = json_array() };
	leftover_init(&l);
	while (rest.n) {
		size_t n = piece < rest.n ? piece : rest.n;
		assert_ok(leftover_feed(&l, (struct str){ rest.p, n }, &sink, &err));
		rest = str_from(rest, n);
	}
	assert_ok(leftover_finish(&l, tools, s->calls, &sink, &err));
}

/* `calls`: "Read({...})" and such, one after the other; "?" for one that could not be read. */
static void becomes(const char *text, const char *words, const char *calls)
{
	for (size_t piece = 1; piece <= strlen(text); piece++) {
		own_buf list = BUF_INIT(1 << 16);
		struct seen s;
		json_t *call;
		size_t i;
		feed(text, piece, &s);
		json_array_foreach(s.calls, i, call) {
			const json_t *function = json_object_get(call, "function");
			if (json_object_get(call, "unreadable"))
				buf_put(&list, "?");
			else
				buf_putf(&list, "%s(%s)", json_member_string(function, "name"),
					json_member_string(function, "arguments"));
		}
		assert_string_equal(s.text.data, words);
		assert_string_equal(list.data, calls);
		buf_done(&s.text);
		json_decref(s.calls);
	}
}

TEST(text_stays_text)
{
	becomes("Hello there.", "Hello there.", "");
	becomes("a < b and {x} or [y] end }", "a < b and {x} or [y] end }", "");
	becomes("{\"name\": \"Joe\", \"age\": 3}", "{\"name\": \"Joe\", \"age\": 3}", "");
	becomes("```json\n{\"nam\": 1}\n```\n", "```json\n{\"nam\": 1}\n```\n", "");
	becomes("<tool_box> and </tool>", "<tool_box> and </tool>", "");
	becomes(" \n", " \n", "");
}

TEST(what_is_marked_becomes_a_call)
{
	becomes("I look.\n<tool_call>\n{\"name\": \"Read\", \"arguments\": {\"file_path\": \"a\",}}\n</tool_call>",
		"I look.\n", "Read({\"file_path\":\"a\"})");
	becomes("<tool_call>[{\"name\":\"Read\",\"arguments\":{}},{\"name\":\"Bash\","
		"\"parameters\":{\"a\":1}}]</tool_call>", "",
		"Read({})Bash({\"a\":1})");
	becomes("<tool_call>{'name': 'Read', 'arguments': {}}</tool_call>\n<tool_call>{\"name\":\"Bash\"}", "",
		"Read({})Bash({})");
	becomes("<tool_call>```json\n{\"name\":\"Read\",\"arguments\":\"{}\"}\n```</tool_call>", "", "Read({})");
}

TEST(a_bare_call_of_a_tool_becomes_one)
{
	becomes("{\"name\": \"Read\", \"arguments\": {\"file_path\": \"a\",},}", "", "Read({\"file_path\":\"a\"})");
	becomes("```json\n[{\"name\": \"Bash\", \"arguments\": {},}]\n```", "", "Bash({})");
	becomes("\n{ \"name\": 'Read', \"arguments\": {}}", "", "Read({})");
}

TEST(what_cannot_be_read_is_never_text)
{
	becomes("Well. <tool_call>{\"name\": \"Read\", \"arguments\": {\"file_path\": \"half", "Well. ", "?");
	becomes("<tool_call>Read the file</tool_call>", "", "?");
	becomes("<tool_call>", "", "?");
	becomes("}}\n</tool_call>\nDone.", "\nDone.", "");
	becomes("Done }\n</tool_call>", "Done", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays_text),
		cmocka_unit_test(what_is_marked_becomes_a_call),
		cmocka_unit_test(a_bare_call_of_a_tool_becomes_one),
		cmocka_unit_test(what_cannot_be_read_is_never_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
