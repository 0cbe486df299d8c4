#include "text/toolcall.h"

#include "support/random.h"
#include "support/test.h"

static bool on_text(void *user, struct str text, struct error *err)
{
	return buf_add_str(user, text, err);
}

/* Calls are written as {{name}} and their arguments as they come behind it. */
static bool on_call(void *user, struct str name, struct error *err)
{
	return buf_addf(user, err, "{{%.*s}}", STR_ARGS(name));
}

static const struct tool tools[] = { { .name = STR("look") }, { .name = STR("go") } };
static const struct dialect *dialect = &dialect_hermes;

#define SINK(out) (struct toolcall_sink){ on_text, on_call, on_text, out }

/* Feeds `text` in pieces of at most `piece` bytes; 0: random ones. */
static void extract(struct str text, size_t piece, uint64_t *seed, struct buf *out)
{
	struct error err = {0};
	owns(toolcall_done) struct toolcall t;

	toolcall_init(&t, dialect, tools, countof(tools), SINK(out));
	while (text.n) {
		size_t n = piece ? piece : 1 + random_below(seed, 9);
		n = n < text.n ? n : text.n;
		assert_ok(toolcall_feed(&t, (struct str){ text.p, n }, &err));
		text = str_from(text, n);
	}
	assert_ok(toolcall_finish(&t, &err));
	assert_int_equal(t.held.len, 0);
}

static void expect(const char *text, const char *expected)
{
	for (size_t piece = 1; piece < 60; piece++) {
		own_buf out = BUF_INIT(1 << 16);
		extract(str_of(text), piece, NULL, &out);
		assert_string_equal(out.data, expected);
	}
}

#define CALL(json) "<tool_call>" json "</tool_call>"

static void expect_same(const char *text)
{
	expect(text, text);
}

TEST(a_call_is_taken_out_with_the_white_space_before_it)
{
	expect(CALL("\n{\"name\": \"Read\", \"arguments\": {\"file_path\": \"a.c\"}}\n"),
		"{{Read}}{\"file_path\": \"a.c\"}");
	expect("I look.\n\n" CALL("{\"arguments\":{},\"name\":\"Read\"}") "\n"
		CALL("{\"name\":\"Bash\",\"arguments\":{}}"), "I look.{{Read}}{}{{Bash}}{}");
	expect(CALL("{\"name\":\"Read\",\"arguments\":{}}") " and more\n", "{{Read}}{} and more\n");
}

TEST(what_stands_in_json_strings_ends_nothing)
{
	expect(CALL("{\"name\":\"W\",\"arguments\":{\"t\":\"</tool_call> } \\\" \\\\\"}}"),
		"{{W}}{\"t\":\"</tool_call> } \\\" \\\\\"}");
	expect(CALL("{\"name\":\"W\",\"arguments\":{\"a\":[{\"b\":{}},1.5e3,true,null]}}"),
		"{{W}}{\"a\":[{\"b\":{}},1.5e3,true,null]}");
}

TEST(a_call_without_arguments_has_none)
{
	expect(CALL("{\"name\":\"Stop\"}"), "{{Stop}}{}");
	expect(CALL("{\"id\": 7, \"name\": \"St\\u006fp\", \"why\": [\"x\"]}"), "{{Stop}}{}");
}

TEST(numbers_and_spaces_stay_as_the_model_wrote_them)
{
	expect(CALL("{\"name\":\"N\",\"arguments\": {\"x\" : 0.10, \"y\":1E2 } }"), "{{N}}{\"x\" : 0.10, \"y\":1E2 }");
}

TEST(text_without_calls_stays_as_it_is)
{
	expect_same("");
	expect_same("plain é text \n ");
	expect_same("a < b, <tool, <tool_cal and <<tool_call");
	expect_same("the tag <tool_call> begins a call");
	expect_same("  </tool_call>  ");
	expect_same("```c\nint main(void)\n{\n\treturn 0;\n}\n```\n");
	expect_same("```json\n{\"a\": 1}\n```\n{ }\n{\n");
}

TEST(what_fails_before_its_name_is_certain_is_given_back)
{
	expect_same(CALL("{\"name\":7,\"arguments\":{}}"));
	expect_same(CALL("{\"name\":\"\",\"arguments\":{}}"));
	expect_same(CALL("{\"name\":\"Read\",\"arguments\":\"{}\"}"));
	expect_same(CALL("{\"name\":\"A\",\"name\":\"B\",\"arguments\":{}}"));
	expect_same(CALL("{\"arguments\":{\"a\":tru},\"name\":\"Read\"}"));
	expect_same(CALL("[{\"name\":\"Read\",\"arguments\":{}}]"));
	expect_same(CALL("{}"));
	expect_same(CALL(""));
	expect_same("ok\n<tool_call>\n{\"name\": \"Read\", \"argum");
	expect_same("x <tool_cal");
}

TEST(behind_a_call_that_breaks_later_the_rest_is_text)
{
	expect(CALL("{\"name\":\"Read\",\"arguments\":{\"a\":tru}} x"), "{{Read}}{\"a\":tru}} x</tool_call>");
	expect(CALL("{\"name\":\"Read\",\"arguments\":{\"a\":\"line\nend\"}}"),
		"{{Read}}{\"a\":\"line\nend\"}}</tool_call>");
	expect(CALL("{\"name\":\"Read\",\"arguments\":{},\"b\":x}"), "{{Read}}{},\"b\":x}</tool_call>");
	expect(CALL("{\"name\":\"Read\",\"arguments\":{}} x"), "{{Read}}{} x</tool_call>");
}

TEST(an_answer_that_ends_within_arguments_has_given_them_so_far)
{
	expect("<tool_call>{\"name\":\"Read\",\"arguments\":{\"a\": \"b", "{{Read}}{\"a\": \"b");
	expect("<tool_call>{\"name\":\"Read\",\"arguments\":{}}", "{{Read}}{}");
	expect("<tool_call>{\"name\":\"Read\",\"arguments\":{}}</tool_cal", "{{Read}}{}</tool_cal");
}

TEST(a_good_call_behind_a_bad_one_is_found)
{
	expect("<tool_call>oops " CALL("{\"name\":\"A\"}"), "<tool_call>oops{{A}}{}");
	expect("<tool_call>{\"nome\": \"open\n " CALL("{\"name\":\"A\"}"), "<tool_call>{\"nome\": \"open{{A}}{}");
	expect("<tool_call>\n" CALL("{\"name\":\"A\"}"), "<tool_call>{{A}}{}");
}

TEST(bare_and_fenced_json_is_a_call_when_it_names_a_tool)
{
	expect("{\"name\": \"look\", \"arguments\": {\"at\": 1}}", "{{look}}{\"at\": 1}");
	expect("Yes:\n```json\n{\n  \"name\": \"go\",\n  \"parameters\": {}\n}\n```\nDone.", "Yes:{{go}}{}\nDone.");
	expect("```\n{\"name\": \"go\"}\n```", "{{go}}{}");
	expect_same("{\"name\": \"fly\", \"arguments\": {}}");
	expect_same("see {\"name\": \"look\", \"arguments\": {}}");
	expect_same("{\"arguments\": {}, \"name\": \"look\"}");
	expect_same("```json\n{\"name\": \"Anna\", \"age\": 7}\n```");
}

TEST(llama_writes_calls_bare_or_behind_a_mark)
{
	dialect = &dialect_llama;
	expect("{\"name\": \"look\", \"parameters\": {\"at\": \"x\"}}", "{{look}}{\"at\": \"x\"}");
	expect("<|python_tag|>{\"name\": \"any\", \"parameters\": {}}", "{{any}}{}");
	expect("{\"type\": \"function\", \"name\": \"look\"}", "{\"type\": \"function\", \"name\": \"look\"}");
	expect_same("<|python_tag|>print(1)");
	dialect = &dialect_hermes;
}

TEST(mistral_writes_a_list_of_calls_or_bare_names)
{
	dialect = &dialect_mistral;
	expect("[TOOL_CALLS][{\"name\": \"a\", \"arguments\": {\"x\": []}}, {\"name\": \"b\", \"arguments\": {}}]",
		"{{a}}{\"x\": []}{{b}}{}");
	expect("[TOOL_CALLS] [{\"name\":\"a\",\"arguments\":{}} ] then", "{{a}}{} then");
	expect("[TOOL_CALLS]a[ARGS]{\"x\": 1}[TOOL_CALLS]b_2[ARGS] {}", "{{a}}{\"x\": 1}{{b_2}}{}");
	expect("[TOOL_CALLS][{\"name\":\"a\"}, 7] end", "{{a}}{}, 7] end");
	expect("[TOOL_CALLS][{\"name\":\"a\"}", "{{a}}{}");
	expect_same("[TOOL_CALLS]a[ARG {}");
	expect_same("[TOOL_CALLS][]");
	expect_same("[TOOL_CALLS]a[ARGS]7");
	dialect = &dialect_hermes;
}

TEST(phi_writes_a_list_of_calls_between_marks)
{
	dialect = &dialect_phi;
	expect("<|tool_call|>[{\"name\": \"a\", \"arguments\": {\"x\": []}}, {\"name\": \"b\", \"arguments\": {}}]"
		"<|/tool_call|>", "{{a}}{\"x\": []}{{b}}{}");
	expect("I look. <|tool_call|>{\"name\": \"a\", \"arguments\": {}}<|/tool_call|> then", "I look.{{a}}{} then");
	expect("<|tool_call|>[{\"name\": \"a\", \"arguments\": {}}]", "{{a}}{}");
	expect_same("<|tool_call|>[]<|/tool_call|>");
	dialect = &dialect_hermes;
}

/* Property: how the text is cut never changes what comes out, and without good calls that is the text. */
TEST(cutting_never_changes_the_result)
{
	static const struct dialect *const all[] = {
		&dialect_hermes, &dialect_llama, &dialect_mistral, &dialect_phi,
	};
	static const char *const parts[] = {
		"<tool_call>", "</tool_call>", "{", "}", "\"", "\\", "{\"name\":\"A\",\"arguments\":{}}",
		"{\"name\":\"look\",\"arguments\":{\"x\":\"", "\"}}", " ", "\n", "é", "<", "x", "[1,2]", "```", "json",
		"```json\n",
		"<tool_call>{\"name\":\"C\"}</tool_call>", "{\"arguments\":{},\"name\":\"B\"", "[TOOL_CALLS]", "[", "]",
		",", "go", "[ARGS]", "<|python_tag|>", "<|tool_call|>", "<|/tool_call|>",
		"\n{\"name\": \"go\"", ",\"y\":",
	};
	uint64_t seed = 41;

	for (int i = 0; i < 6000; i++) {
		own_buf text = BUF_INIT(1 << 16), whole = BUF_INIT(1 << 16);
		own_buf cut = BUF_INIT(1 << 16), bytes = BUF_INIT(1 << 16);
		dialect = all[i % countof(all)];
		for (uint32_t n = random_below(&seed, 25); n; n--)
			buf_put(&text, parts[random_below(&seed, countof(parts))]);
		extract(buf_str(&text), text.len + 1, NULL, &whole);
		extract(buf_str(&text), 0, &seed, &cut);
		extract(buf_str(&text), 1, NULL, &bytes);
		assert_string_equal(whole.data, cut.data);
		assert_string_equal(whole.data, bytes.data);
		if (!strstr(whole.data, "{{"))
			assert_string_equal(whole.data, text.data);
	}
	dialect = &dialect_hermes;
}

TEST(a_call_held_past_its_ceiling_is_text)
{
	own_buf text = BUF_INIT(16 << 20), out = BUF_INIT(16 << 20);

	buf_put(&text, "<tool_call>{\"arguments\":{\"x\":\"");
	while (text.len < TOOLCALL_MAX + 100)
		buf_put(&text, "0123456789 0123456789 0123456789 0123456789 0123456789 ");
	buf_put(&text, "\"},\"name\":\"A\"}</tool_call>");
	extract(buf_str(&text), 1 << 20, NULL, &out);
	assert_true(str_equal(buf_str(&text), buf_str(&out)));
}

TEST(arguments_of_any_length_pass_through)
{
	own_buf text = BUF_INIT(16 << 20), out = BUF_INIT(16 << 20);

	buf_put(&text, "<tool_call>{\"name\":\"A\",\"arguments\":{\"x\":\"");
	while (text.len < TOOLCALL_MAX + 100)
		buf_put(&text, "0123456789 0123456789 0123456789 0123456789 0123456789 ");
	buf_put(&text, "\"}}</tool_call>");
	extract(buf_str(&text), 1 << 20, NULL, &out);
	assert_int_equal(strncmp(out.data, "{{A}}{\"x\":\"0", 12), 0);
	assert_true(out.len > TOOLCALL_MAX && out.data[out.len - 1] == '}');
}

TEST(much_white_space_is_not_held_back)
{
	own_buf text = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
	struct error err = {0};
	owns(toolcall_done) struct toolcall t;

	while (text.len < 100000)
		buf_put(&text, "\n");
	toolcall_init(&t, dialect, NULL, 0, SINK(&out));
	assert_ok(toolcall_feed(&t, buf_str(&text), &err));
	assert_true(out.len > 90000);
	assert_ok(toolcall_finish(&t, &err));
	assert_int_equal(out.len, text.len);
}

TEST(text_goes_out_as_soon_as_it_is_certain)
{
	own_buf out = BUF_INIT(100);
	struct error err = {0};
	owns(toolcall_done) struct toolcall t;

	toolcall_init(&t, dialect, tools, 2, SINK(&out));
	assert_ok(toolcall_feed(&t, str_of("Hello <tool"), &err));
	assert_string_equal(out.data, "Hello");
	assert_ok(toolcall_feed(&t, str_of("box"), &err));
	assert_string_equal(out.data, "Hello <toolbox");
	assert_ok(toolcall_feed(&t, str_of("<tool_call>{\"name\":\"A\"}</tool_call>"), &err));
	assert_string_equal(out.data, "Hello <toolbox{{A}}{}");
}

TEST(arguments_go_out_as_they_come)
{
	own_buf out = BUF_INIT(100);
	struct error err = {0};
	owns(toolcall_done) struct toolcall t;

	toolcall_init(&t, dialect, NULL, 0, SINK(&out));
	assert_ok(toolcall_feed(&t, str_of("<tool_call>{\"name\": \"A\", \"arguments\": "), &err));
	assert_string_equal(out.data, "");
	assert_ok(toolcall_feed(&t, str_of("{"), &err));
	assert_string_equal(out.data, "{{A}}{");
	assert_true(toolcall_is_open(&t));
	assert_ok(toolcall_feed(&t, str_of("\"x\": \"lo"), &err));
	assert_string_equal(out.data, "{{A}}{\"x\": \"lo");
	assert_ok(toolcall_feed(&t, str_of("ng\"}}"), &err));
	assert_string_equal(out.data, "{{A}}{\"x\": \"long\"}");
	assert_false(toolcall_is_open(&t));
}

static bool refuse(void *user __attribute__((unused)), struct str text __attribute__((unused)), struct error *err)
{
	return error_set(err, ERROR_CANCELLED, "nobody listens");
}

TEST(a_sink_that_refuses_stops_the_extractor)
{
	static const char *const texts[] = { "x", "x " CALL("{\"name\":\"A\"}"),
		CALL("{\"name\":\"A\",\"arguments\":{}}") };

	for (size_t i = 0; i < countof(texts); i++) {
		own_buf out = BUF_INIT(100);
		struct error err = {0};
		owns(toolcall_done) struct toolcall t;
		struct toolcall_sink sinks[] = { { refuse, on_call, on_text, &out }, { on_text, refuse, on_text, &out },
			{ on_text, on_call, refuse, &out } };
		toolcall_init(&t, dialect, NULL, 0, sinks[i]);
		assert_false(toolcall_feed(&t, str_of(texts[i]), &err));
		assert_int_equal(err.kind, ERROR_CANCELLED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_taken_out_with_the_white_space_before_it),
		cmocka_unit_test(what_stands_in_json_strings_ends_nothing),
		cmocka_unit_test(a_call_without_arguments_has_none),
		cmocka_unit_test(numbers_and_spaces_stay_as_the_model_wrote_them),
		cmocka_unit_test(text_without_calls_stays_as_it_is),
		cmocka_unit_test(what_fails_before_its_name_is_certain_is_given_back),
		cmocka_unit_test(behind_a_call_that_breaks_later_the_rest_is_text),
		cmocka_unit_test(an_answer_that_ends_within_arguments_has_given_them_so_far),
		cmocka_unit_test(a_good_call_behind_a_bad_one_is_found),
		cmocka_unit_test(bare_and_fenced_json_is_a_call_when_it_names_a_tool),
		cmocka_unit_test(llama_writes_calls_bare_or_behind_a_mark),
		cmocka_unit_test(mistral_writes_a_list_of_calls_or_bare_names),
		cmocka_unit_test(phi_writes_a_list_of_calls_between_marks),
		cmocka_unit_test(cutting_never_changes_the_result),
		cmocka_unit_test(a_call_held_past_its_ceiling_is_text),
		cmocka_unit_test(arguments_of_any_length_pass_through),
		cmocka_unit_test(much_white_space_is_not_held_back),
		cmocka_unit_test(text_goes_out_as_soon_as_it_is_certain),
		cmocka_unit_test(arguments_go_out_as_they_come),
		cmocka_unit_test(a_sink_that_refuses_stops_the_extractor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
