#include "chat/messages.h"
#include "chat/reasoning.h"

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

#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define IMAGE(url) "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" url "\",\"detail\":\"low\"}}"
#define PNG "data:image/png;base64,iVBORw0KGgo="

TEST(pictures_keep_their_place_among_texts)
{
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	assert_ok(read_chat(&c, "[{\"role\":\"user\",\"content\":[" IMAGE(PNG) ",{\"type\":\"text\",\"text\":\"one\"},"
		"{\"type\":\"image_url\",\"image_url\":\"https://example.org/a.webp?x=1\"},"
		"{\"type\":\"text\",\"text\":\"two\"}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"a\",\"is_error\":true,\"content\":["
		IMAGE("data:image/jpg;base64,/9j/") "]},{\"role\":\"user\",\"content\":[" TEXT("x") "]}]",
		NULL, NULL, &err));
	const struct message *m = c.messages;
	assert_true(chat_has_pictures(&c));
	assert_true(str_is(m[0].text, "one\ntwo"));
	assert_int_equal(m[0].piece_count, 4);
	assert_true(str_is(m[0].pieces[0].image->type, "image/png"));
	assert_true(str_is(m[0].pieces[0].image->data, "iVBORw0KGgo="));
	assert_true(str_is(m[0].pieces[1].text, "one") && !m[0].pieces[1].image);
	assert_true(str_is(m[0].pieces[2].image->url, "https://example.org/a.webp?x=1"));
	assert_int_equal(m[0].pieces[2].image->data.n, 0);
	assert_true(str_is(m[1].pieces[0].image->type, "image/jpeg"));
	assert_true(m[1].failed);
	assert_int_equal(m[2].piece_count, 0);
}

TEST(a_conversation_without_pictures_has_none)
{
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	assert_ok(read_chat(&c, "[{\"role\":\"user\",\"content\":[" TEXT("x") "]}]", NULL, NULL, &err));
	assert_false(chat_has_pictures(&c));
}

static void expect_no_picture(const char *role, const char *part, const char *field)
{
	own_buf messages = BUF_INIT(1 << 16), param = BUF_INIT(200);

	buf_putf(&messages, "[{\"role\":\"%s\",\"content\":[{\"type\":\"text\",\"text\":\"x\"},%s]}]", role, part);
	buf_putf(&param, "messages[0].content[1]%s", field);
	expect_refused(messages.data, NULL, param.data);
}

TEST(what_is_no_picture_is_refused)
{
	static const char *const urls[] = {
		IMAGE("http://example.org/a.png"), IMAGE("file:///etc/passwd"), IMAGE("https://example.org/a b"),
		IMAGE("https://example.org/\\n"), IMAGE(""), IMAGE("data:image/svg+xml;base64,AAAA"),
		IMAGE("data:image/png,AAAA"), IMAGE("data:image/png;base64,"), IMAGE("data:image/png;base64,AAA"),
		IMAGE("data:image/png;base64,AA\\nA"), IMAGE("data:image/png;base64,A==="), IMAGE("data:"),
		"{\"type\":\"image_url\"}", "{\"type\":\"image_url\",\"image_url\":{\"url\":7}}",
	};

	for (size_t i = 0; i < countof(urls); i++)
		expect_no_picture("user", urls[i], ".image_url.url");
	expect_no_picture("system", IMAGE(PNG), ".type");
	expect_no_picture("assistant", IMAGE(PNG), ".type");
}

TEST(there_may_be_a_hundred_pictures)
{
	for (size_t count = 100; count <= 101; count++) {
		own_buf messages = BUF_INIT(1 << 20);
		own_chat c = CHAT_INIT(1 << 20);
		struct error err = {0};
		buf_put(&messages, "[{\"role\":\"user\",\"content\":[");
		for (size_t i = 0; i < count; i++)
			buf_putf(&messages, "%s" IMAGE(PNG), i ? "," : "");
		buf_put(&messages, "]}]");
		assert_int_equal(read_chat(&c, messages.data, NULL, NULL, &err), count == 100);
	}
}

TEST(sealed_thoughts_and_calls_are_read)
{
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	assert_ok(read_chat(&c,
		"[{\"role\":\"assistant\",\"content\":\"x\",\"reasoning\":\"hm\",\"reasoning_details\":["
		"{\"type\":\"reasoning.text\",\"text\":\"hm\",\"signature\":\"s1\",\"format\":\"anthropic-claude-v1\","
		"\"index\":0},"
		"{\"type\":\"reasoning.encrypted\",\"data\":\"s2\",\"id\":\"rs_1\",\"format\":\"openai-responses-v1\","
		"\"after_text\":1,\"after_calls\":2},"
		"{\"type\":\"reasoning.text\",\"text\":\"no seal\",\"format\":\"anthropic-claude-v1\"},"
		"{\"type\":\"reasoning.text\",\"text\":\"of nobody\",\"signature\":\"s\",\"format\":null},"
		"{\"type\":\"reasoning.news\",\"signature\":\"s\"},7],"
		"\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"Read\",\"arguments\":\"{}\"},"
		"\"extra_content\":{\"google\":{\"thought_signature\":\"g1\"}}},"
		"{\"id\":\"b\",\"function\":{\"name\":\"Read\",\"arguments\":\"{}\"}},"
		"{\"id\":\"c\",\"function\":{\"name\":\"Read\",\"arguments\":\"{}\"},"
		"\"extra_content\":{\"google\":{\"thought_signature\":\"g2\"},\"vendor\":\"openrouter\"}}]}]",
		NULL, NULL, &err));
	const struct message *m = c.messages;
	assert_true(str_is(m->thoughts, "hm"));
	assert_int_equal(m->sealed_count, 2);
	assert_true(str_is(m->sealed[0].text, "hm") && str_is(m->sealed[0].seal.text, "s1"));
	assert_true(str_is(m->sealed[0].seal.vendor, "claude") && !m->sealed[0].redacted);
	assert_true(str_is(m->sealed[1].seal.text, "s2") && str_is(m->sealed[1].id, "rs_1"));
	assert_true(str_is(m->sealed[1].seal.vendor, "openai") && m->sealed[1].redacted);
	assert_int_equal(m->sealed[1].after_text, 1);
	assert_int_equal(m->sealed[1].after_calls, 2);
	assert_true(str_is(m->calls[0].seal.vendor, "gemini") && str_is(m->calls[0].seal.text, "g1"));
	assert_int_equal(m->calls[1].seal.text.n, 0);
	assert_true(str_is(m->calls[2].seal.vendor, "openrouter") && str_is(m->calls[2].seal.text, "g2"));
}

TEST(sealed_thoughts_come_back_as_they_were_written)
{
	static const struct thought thoughts[] = {
		{ .text = STR("h\"m\n"), .seal = { STR("claude"), STR("s=") }, .after_text = 3 },
		{ .seal = { STR("claude"), STR("d") }, .redacted = true, .after_calls = 1 },
		{ .text = STR(""), .id = STR("rs"), .seal = { STR("openai"), STR("e") } },
		{ .text = STR("x"), .seal = { STR("somebody"), STR("y") } },
	};
	own_buf messages = BUF_INIT(1 << 16);
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	buf_put(&messages, "[{\"role\":\"assistant\",\"reasoning_details\":[");
	for (size_t i = 0; i < countof(thoughts); i++) {
		buf_put(&messages, i ? "," : "");
		assert_ok(reasoning_write(&messages, &thoughts[i], i, &err));
	}
	buf_put(&messages, "]}]");
	assert_ok(read_chat(&c, messages.data, NULL, NULL, &err));
	assert_int_equal(c.messages[0].sealed_count, countof(thoughts));
	for (size_t i = 0; i < countof(thoughts); i++) {
		const struct thought *one = &thoughts[i], *other = &c.messages[0].sealed[i];
		assert_true(str_equal(one->text, other->text) && str_equal(one->id, other->id));
		assert_true(str_equal(one->seal.vendor, other->seal.vendor));
		assert_true(str_equal(one->seal.text, other->seal.text));
		assert_true(one->redacted == other->redacted && one->after_text == other->after_text &&
			one->after_calls == other->after_calls);
	}
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
	expect_refused("[{\"role\":\"user\",\"content\":[" TEXT("") ",{\"type\":\"input_audio\"}]}]",
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
	expect_refused("[{\"role\":\"assistant\",\"reasoning_details\":{}}]", NULL, "messages[0].reasoning_details");
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
		cmocka_unit_test(pictures_keep_their_place_among_texts),
		cmocka_unit_test(a_conversation_without_pictures_has_none),
		cmocka_unit_test(what_is_no_picture_is_refused),
		cmocka_unit_test(there_may_be_a_hundred_pictures),
		cmocka_unit_test(sealed_thoughts_and_calls_are_read),
		cmocka_unit_test(sealed_thoughts_come_back_as_they_were_written),
		cmocka_unit_test(tools_keep_their_definition),
		cmocka_unit_test(an_error_names_the_field),
		cmocka_unit_test(a_conversation_past_the_ceiling_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
