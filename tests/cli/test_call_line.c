#include "base/utf8.h"
#include "cli/call_line.h"
#include "support/test.h"

static void line_is(const char *tool, const char *input, const char *want)
{
	char out[CALL_LINE_MAX];
	struct error err = {0};
	own_json *parsed = json_parse(str_of(input), "input", &err);

	call_line(out, tool, parsed);
	assert_string_equal(out, want);
}

TEST(says_what_a_call_is_about)
{
	line_is("Read", "{\"file_path\":\"/a/b.c\",\"limit\":3}", "Read /a/b.c");
	line_is("Bash", "{\"description\":\"tests\",\"command\":\"make test\"}", "Bash make test");
	line_is("Grep", "{\"pattern\":\"x+\",\"path\":\"src\"}", "Grep x+");
	line_is("TodoWrite", "{\"todos\":[]}", "TodoWrite");
	line_is("Fly", "null", "Fly");
}

TEST(is_one_line_that_no_terminal_obeys)
{
	line_is("Bash", "{\"command\":\"one\\ntwo\"}", "Bash one...");
	line_is("Bash", "{\"command\":\"a\\u001b[31mb\"}", "Bash a␛[31mb");
	line_is("Bash", "{\"command\":\"\\n\"}", "Bash");
}

TEST(is_cut_between_characters)
{
	for (size_t n = 100; n < 300; n++) {
		own_buf text = BUF_INIT(4096);
		char out[CALL_LINE_MAX];
		while (text.len < n)
			buf_put(&text, n % 2 ? "ä" : "€");
		own_json *input = json_pack("{s:s}", "command", text.data);
		call_line(out, "Bash", input);
		assert_true(strlen(out) < CALL_LINE_MAX && utf8_valid(out, strlen(out)));
		call_first_line(out, buf_str(&text));
		assert_true(strlen(out) < CALL_LINE_MAX && utf8_valid(out, strlen(out)));
	}
}

TEST(shows_a_change_and_how_much_more_there_is)
{
	struct error err = {0};
	own_buf out = BUF_INIT(4096), less = BUF_INIT(4096), none = BUF_INIT(4096);
	own_json *change = json_parse((struct str)STR("{\"structuredPatch\":[{\"lines\":[\" a\",\"-b\",\"+c\"]},"
		"{\"lines\":[\"+d\\u0007\"]}]}"), "change", &err);

	assert_ok(call_diff(&out, change, 10, &err));
	assert_string_equal(out.data, "     a\n    -b\n    +c\n    ...\n    +d␇\n");
	assert_ok(call_diff(&less, change, 2, &err));
	assert_string_equal(less.data, "     a\n    -b\n    ... and 3 more lines\n");
	assert_ok(call_diff(&none, NULL, 2, &err));
	assert_int_equal(none.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_a_call_is_about),
		cmocka_unit_test(is_one_line_that_no_terminal_obeys),
		cmocka_unit_test(is_cut_between_characters),
		cmocka_unit_test(shows_a_change_and_how_much_more_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
