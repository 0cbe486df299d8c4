#include "cli/link_calls.h"
#include "support/test.h"

static bool add(struct link_calls *c, const char *delta, struct error *err)
{
	own_json *parsed = json_parse(str_of(delta), "delta", err);
	bool came = false;

	assert_non_null(parsed);
	return link_calls_add(c, parsed, &came, err) && came == (json_object_get(parsed, "tool_calls") != NULL);
}

TEST(puts_calls_together)
{
	own_link_calls c = {0};
	struct error err = {0};

	assert_ok(add(&c, "{\"content\":\"I look\"}", &err));
	assert_ok(add(&c, "{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":\"function\","
		"\"function\":{\"name\":\"Read\",\"arguments\":\"\"}}]}", &err));
	assert_ok(add(&c, "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"p\\\":\"}}]}", &err));
	assert_ok(add(&c, "{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"Grep\","
		"\"arguments\":\"{}\"}},{\"index\":0,\"function\":{\"arguments\":\"1}\"},"
		"\"extra_content\":{\"x\":1}}]}", &err));
	assert_ok(add(&c, "{\"reasoning_details\":[{\"type\":\"t\"}]}", &err));
	link_calls_end(&c);
	own_json *want = json_parse((struct str)STR(
		"[{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"Read\",\"arguments\":\"{\\\"p\\\":1}\"},"
		"\"extra_content\":{\"x\":1}},"
		"{\"id\":\"b\",\"type\":\"function\",\"function\":{\"name\":\"Grep\","
		"\"arguments\":\"{}\"}}]"), "calls", &err);
	assert_true(json_equal(c.calls, want));
	assert_int_equal(json_array_size(c.details), 1);
}

TEST(refuses_calls_out_of_their_places)
{
	own_link_calls c = {0};
	struct error err = {0};
	static const char *const wrong[] = {
		"{\"tool_calls\":[{\"id\":\"a\"}]}", "{\"tool_calls\":[{\"index\":1}]}",
		"{\"tool_calls\":[{\"index\":-1}]}",
		"{\"tool_calls\":[{\"index\":\"0\"}]}", "{\"tool_calls\":[7]}",
	};

	for (size_t i = 0; i < countof(wrong); i++)
		assert_false(add(&c, wrong[i], &err));
	for (int i = 0; i < LINK_CALLS_MAX; i++) {
		char delta[100];
		(void)snprintf(delta, sizeof delta, "{\"tool_calls\":[{\"index\":%d}]}", i);
		assert_ok(add(&c, delta, &err));
	}
	assert_false(add(&c, "{\"tool_calls\":[{\"index\":128}]}", &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_calls_together),
		cmocka_unit_test(refuses_calls_out_of_their_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
