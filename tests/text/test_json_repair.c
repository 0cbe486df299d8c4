#include "base/json.h"
#include "support/test.h"
#include "text/json_repair.h"

static void becomes(const char *text, const char *json)
{
	own_buf out = BUF_INIT(1 << 16);

	if (!json_repair(str_of(text), &out))
		fail_msg("%s was not repaired", text);
	assert_string_equal(out.data, json);
}

static void stays_broken(const char *text)
{
	own_buf out = BUF_INIT(1 << 16);

	if (json_repair(str_of(text), &out))
		fail_msg("%s became %s", text, out.data);
	assert_int_equal(out.len, 0);
}

TEST(leaves_json_as_it_is)
{
	becomes("{}", "{}");
	becomes(" {\"a\": [1, 2.5, true, null, \"x\\n\\u00e9\"], \"b\": {\"c\": {}}} ",
		"{\"a\":[1,2.5,true,null,\"x\\né\"],\"b\":{\"c\":{}}}");
}

TEST(repairs_what_is_clear)
{
	becomes("{\"a\":1,}", "{\"a\":1}");
	becomes("{\"a\":[1,2,],}", "{\"a\":[1,2]}");
	becomes("{\"a\":1,,\"b\":2}", "{\"a\":1,\"b\":2}");
	becomes("```json\n{\"a\":1}\n```", "{\"a\":1}");
	becomes("```\n{\"a\":1}", "{\"a\":1}");
	becomes("{'a': 'it\\'s', 'b': 'say \"x\"'}", "{\"a\":\"it's\",\"b\":\"say \\\"x\\\"\"}");
	becomes("{\"a\": True, \"b\": None, \"c\": False}", "{\"a\":true,\"b\":null,\"c\":false}");
	becomes("{\"a\":\"line\nline\ttab\"}", "{\"a\":\"line\\nline\\ttab\"}");
	becomes("{\"a\":{\"b\":[\"c\"", "{\"a\":{\"b\":[\"c\"]}}");
	becomes("{\"a\":\"b\",", "{\"a\":\"b\"}");
	becomes("[{\"a\":1}]", "{\"a\":1}");
	becomes("\"{\\\"a\\\":1}\"", "{\"a\":1}");
	becomes("{\"a\":1}\n</tool_call>", "{\"a\":1}");
}

TEST(guesses_nothing)
{
	stays_broken("");
	stays_broken("no");
	stays_broken("{\"a\":\"half a str");
	stays_broken("{\"a\":12");
	stays_broken("{\"a\":tr");
	stays_broken("{\"a\"");
	stays_broken("{\"a\":");
	stays_broken("[{\"a\":1},{\"b\":2}]");
	stays_broken("{\"a\":1]");
	stays_broken("{\"a\":\"x\\");
	stays_broken("{a:1}");
	stays_broken("{\"a\":1,\"a\":2}");
	stays_broken("17");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_json_as_it_is),
		cmocka_unit_test(repairs_what_is_clear),
		cmocka_unit_test(guesses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
