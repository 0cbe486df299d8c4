#include "chat/messages.h"

#include "support/test.h"

static bool read_chat(
	struct chat *c, const char *messages, const char *tools, struct chat_place *place, struct error *err)
{
	struct error unused = {0};
	own_json *m = json_parse(str_of(messages), "messages", &unused);
	own_json *t = tools ? json_parse(str_of(tools), "tools", &unused) : NULL;

	assert_non_null(m);
	return chat_from_json(c, m, t, place, err);
}

static void expect_refused(const char *messages, const char *tools, const char *param)
{
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};
	struct chat_place place = {0};

	assert_false(read_chat(&c, messages, tools, &place, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_string_equal(place.param, param);
	assert_memory_equal(err.text, param, strlen(param));
}

TEST(roles_and_texts_are_read)
{
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	assert_ok(read_chat(&c, "[{\"role\":\"developer\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":"
		"[{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"text\",\"text\":\"two\"}],\"name\":\"Ann\"},"
		"{\"role\":\"assistant\",\"content\":null},{\"role\":\"user\",\"content\":[]}]", NULL, NULL, &err));
	assert_int_equal(c.message_count, 4);
	assert_int_equal(c.messages[0].role, ROLE_SYSTEM);
	assert_true(str_is(c.messages[1].text, "one\ntwo"));
	assert_true(str_is(c.messages[2].text, ""));
	assert_true(str_is(c.messages[3].text, ""));
}

TEST(calls_and_results_are_read)
{
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	assert_ok(read_chat(&c,
		"[{\"role\":\"assistant\",\"tool_calls\":["
		"{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"Read\",\"arguments\":\"{\\\"p\\\": "
		"0.1}\"}},"
		"{\"function\":{\"name\":\"Bash\",\"arguments\":{\"z\":1,\"a\":[]}}},"
		"{\"function\":{\"name\":\"Stop\",\"arguments\":\"\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"ok\"}]",
		NULL, NULL, &err));
	const struct message *m = c.messages;
	assert_int_equal(m[0].call_count, 3);
	assert_true(str_is(m[0].calls[0].arguments, "{\"p\": 0.1}"));
	assert_true(str_is(m[0].calls[1].arguments, "{\"z\":1,\"a\":[]}"));
	assert_true(str_is(m[0].calls[2].arguments, "{}"));
	assert_true(str_is(m[0].calls[0].id, "a"));
	assert_true(str_is(m[1].call_id, "a"));
}

TEST(thoughts_of_the_assistant_are_kept)
{
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	assert_true(read_chat(&c, "[{\"role\":\"assistant\",\"content\":\"x\",\"reasoning_content\":\"hm\"},"
		"{\"role\":\"user\",\"content\":\"y\",\"reasoning_content\":7}]", NULL, NULL, &err));
	assert_true(str_is(c.messages[0].thoughts, "hm"));
	assert_int_equal(c.messages[1].thoughts.n, 0);
}

TEST(tools_keep_their_definition)
{
	static const char tools[] =
		"[{\"type\":\"function\",\"function\":{\"name\":\"Read\",\"parameters\":{\"type\":\"object\"},"
		"\"description\":\"é\"},\"extra\":1},{\"type\":\"function\",\"function\":{\"name\":\"Stop\"}}]";
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	assert_ok(read_chat(&c, "[{\"role\":\"user\",\"content\":\"x\"}]", tools, NULL, &err));
	assert_int_equal(c.tool_count, 2);
	assert_true(str_is(c.tools[0].schema, "{\"type\":\"object\"}"));
	assert_true(str_is(c.tools[0].description, "é"));
	assert_memory_equal(c.tools[0].definition.p, tools + 1, c.tools[0].definition.n);
	assert_true(str_is(c.tools[1].schema, "{\"type\":\"object\",\"properties\":{}}"));
	assert_true(str_is(c.tools[1].description, ""));
}

TEST(an_error_names_the_field)
{
	expect_refused("[]", NULL, "messages");
	expect_refused("{}", NULL, "messages");
	expect_refused("[{\"role\":\"user\",\"content\":\"x\"},7]", NULL, "messages[1]");
	expect_refused("[{\"role\":\"robot\",\"content\":\"x\"}]", NULL, "messages[0].role");
	expect_refused("[{\"content\":\"x\"}]", NULL, "messages[0].role");
	expect_refused("[{\"role\":\"user\"}]", NULL, "messages[0].content");
	expect_refused("[{\"role\":\"user\",\"content\":null}]", NULL, "messages[0].content");
	expect_refused("[{\"role\":\"assistant\",\"content\":7}]", NULL, "messages[0].content");
	expect_refused("[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\"},{\"type\":\"image_url\"}]}]",
		NULL, "messages[0].content[1].type");
	expect_refused("[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]", NULL, "messages[0].content[0].text");
	expect_refused("[{\"role\":\"user\",\"content\":\"\",\"tool_calls\":[]}]", NULL, "messages[0].tool_calls");
	expect_refused("[{\"role\":\"assistant\",\"tool_calls\":{}}]", NULL, "messages[0].tool_calls");
	expect_refused(
		"[{\"role\":\"assistant\",\"tool_calls\":[{}]}]", NULL, "messages[0].tool_calls[0].function.name");
	expect_refused(
		"[{\"role\":\"assistant\",\"tool_calls\":[{\"type\":\"x\"}]}]", NULL, "messages[0].tool_calls[0].type");
	expect_refused(
		"[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"a\",\"arguments\":\"[1]\"}}]}]",
		NULL, "messages[0].tool_calls[0].function.arguments");
	expect_refused("[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"a\"}}]}]", NULL,
		"messages[0].tool_calls[0].function.arguments");
	expect_refused("[{\"role\":\"assistant\",\"reasoning_content\":1}]", NULL, "messages[0].reasoning_content");
	expect_refused("[{\"role\":\"tool\",\"content\":\"x\",\"tool_call_id\":1}]", NULL, "messages[0].tool_call_id");
	expect_refused("[{\"role\":\"user\",\"content\":\"x\"}]", "{}", "tools");
	expect_refused("[{\"role\":\"user\",\"content\":\"x\"}]", "[{}]", "tools[0].type");
	expect_refused(
		"[{\"role\":\"user\",\"content\":\"x\"}]", "[{\"type\":\"function\"}]", "tools[0].function.name");
	expect_refused("[{\"role\":\"user\",\"content\":\"x\"}]",
		"[{\"type\":\"function\",\"function\":{\"name\":\"a\",\"parameters\":[]}}]",
		"tools[0].function.parameters");
}

TEST(a_conversation_past_the_ceiling_is_refused)
{
	static const char *const bodies[] = {
		"[{\"role\":\"user\",\"content\":\"01234567890123456789012345678901234567890123456789\"}]",
		"[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
		"\"01234567890123456789012345678901234567890\"}]}]",
		"[{\"role\":\"tool\",\"content\":\"\",\"tool_call_id\":"
		"\"01234567890123456789012345678901234567890123456789\"}]",
	};

	for (size_t i = 0; i < countof(bodies); i++) {
		own_chat c = CHAT_INIT(40);
		struct error err = {0};
		assert_false(read_chat(&c, bodies[i], NULL, NULL, &err));
		assert_int_equal(err.kind, ERROR_TOO_LARGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roles_and_texts_are_read),
		cmocka_unit_test(calls_and_results_are_read),
		cmocka_unit_test(thoughts_of_the_assistant_are_kept),
		cmocka_unit_test(tools_keep_their_definition),
		cmocka_unit_test(an_error_names_the_field),
		cmocka_unit_test(a_conversation_past_the_ceiling_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
