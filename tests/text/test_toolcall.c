#include "text/toolcall.h"

#include "support/random.h"
#include "support/test.h"

static bool on_text(void *user, struct str text, struct error *err)
{
	return buf_add_str(user, text, err);
}

/* Calls are written as {{name arguments}}. */
static bool on_call(void *user, struct str name, struct str arguments, struct error *err)
{
	return buf_addf(user, err, "{{%.*s %.*s}}", STR_ARGS(name), STR_ARGS(arguments));
}

/* Feeds `text` in pieces of at most `piece` bytes; 0: random ones. */
static void extract(struct str text, size_t piece, uint64_t *seed, struct buf *out)
{
	struct error err = {0};
	owns(toolcall_done) struct toolcall t;

	toolcall_init(&t, (struct toolcall_sink){ on_text, on_call, out });
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

TEST(a_call_is_taken_out_with_the_white_space_before_it)
{
	expect(CALL("\n{\"name\": \"Read\", \"arguments\": {\"file_path\": \"a.c\"}}\n"),
		"{{Read {\"file_path\": \"a.c\"}}}");
	expect("I look.\n\n" CALL("{\"arguments\":{},\"name\":\"Read\"}") "\n"
		CALL("{\"name\":\"Bash\",\"arguments\":{}}"), "I look.{{Read {}}}{{Bash {}}}");
	expect(CALL("{\"name\":\"Read\",\"arguments\":{}}") " and more\n", "{{Read {}}} and more\n");
}

TEST(what_stands_in_json_strings_ends_nothing)
{
	expect(CALL("{\"name\":\"W\",\"arguments\":{\"t\":\"</tool_call> } \\\" \\\\\"}}"),
		"{{W {\"t\":\"</tool_call> } \\\" \\\\\"}}}");
	expect(CALL("{\"name\":\"W\",\"arguments\":{\"a\":[{\"b\":{}},1.5e3,true,null]}}"),
		"{{W {\"a\":[{\"b\":{}},1.5e3,true,null]}}}");
}

TEST(a_call_without_arguments_has_none)
{
	expect(CALL("{\"name\":\"Stop\"}"), "{{Stop {}}}");
}

TEST(numbers_and_spaces_stay_as_the_model_wrote_them)
{
	expect(CALL("{\"name\":\"N\",\"arguments\": {\"x\" : 0.10, \"y\":1E2 } }"), "{{N {\"x\" : 0.10, \"y\":1E2 }}}");
}

static void expect_same(const char *text)
{
	expect(text, text);
}

TEST(text_without_calls_stays_as_it_is)
{
	expect_same("");
	expect_same("plain é text \n ");
	expect_same("a < b, <tool, <tool_cal and <<tool_call");
	expect_same("the tag <tool_call> begins a call");
	expect_same("  </tool_call>  ");
}

TEST(malformed_calls_are_given_back)
{
	expect_same(" " CALL("{\"name\":\"Read\",\"arguments\":{}"));
	expect_same(CALL("{\"name\":7,\"arguments\":{}}"));
	expect_same(CALL("{\"name\":\"Read\",\"arguments\":\"{}\"}"));
	expect_same(CALL("{\"name\":\"Read\",\"arguments\":{\"a\":tru}}"));
	expect_same(CALL("{\"name\":\"Read\",\"arguments\":{\"a\":\"line\nend\"}}"));
	expect_same(CALL("{\"name\":\"Read\",\"arguments\":{}} x"));
	expect_same(CALL("[{\"name\":\"Read\",\"arguments\":{}}]"));
	expect_same(CALL("{}"));
	expect_same(CALL(""));
}

TEST(an_unfinished_call_is_given_back)
{
	expect_same("ok\n<tool_call>\n{\"name\": \"Read\", \"argum");
	expect_same("<tool_call>{\"name\":\"Read\",\"arguments\":{}}");
	expect_same("<tool_call>{\"name\":\"Read\",\"arguments\":{}}</tool_cal");
	expect_same("x <tool_cal");
}

TEST(a_good_call_behind_a_bad_one_is_found)
{
	expect("<tool_call>oops " CALL("{\"name\":\"A\"}"), "<tool_call>oops{{A {}}}");
	expect("<tool_call>{\"name\": \"open " CALL("{\"name\":\"A\"}"), "<tool_call>{\"name\": \"open{{A {}}}");
	expect("<tool_call>\n" CALL("{\"name\":\"A\"}"), "<tool_call>{{A {}}}");
}

/* Property: how the text is cut never changes what comes out, and without good calls that is the text. */
TEST(cutting_never_changes_the_result)
{
	static const char *const parts[] = {
		"<tool_call>", "</tool_call>", "{", "}", "\"", "\\", "{\"name\":\"A\",\"arguments\":{}}",
		"{\"name\":\"B\",\"arguments\":{\"x\":\"", "\"}}", " ", "\n", "é", "<", "x", "[1,2]",
		"<tool_call>{\"name\":\"C\"}</tool_call>",
	};
	uint64_t seed = 41;

	for (int i = 0; i < 3000; i++) {
		own_buf text = BUF_INIT(1 << 16), whole = BUF_INIT(1 << 16);
		own_buf cut = BUF_INIT(1 << 16), bytes = BUF_INIT(1 << 16);
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
}

TEST(a_call_past_its_ceiling_is_text)
{
	own_buf text = BUF_INIT(16 << 20), out = BUF_INIT(16 << 20);

	buf_put(&text, "<tool_call>{\"name\":\"A\",\"arguments\":{\"x\":\"");
	while (text.len < TOOLCALL_MAX + 100)
		buf_put(&text, "0123456789 0123456789 0123456789 0123456789 0123456789 ");
	buf_put(&text, "\"}}</tool_call>");
	extract(buf_str(&text), 1 << 20, NULL, &out);
	assert_true(str_equal(buf_str(&text), buf_str(&out)));
}

TEST(much_white_space_is_not_held_back)
{
	own_buf text = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
	struct error err = {0};
	owns(toolcall_done) struct toolcall t;

	while (text.len < 100000)
		buf_put(&text, "\n");
	toolcall_init(&t, (struct toolcall_sink){ on_text, on_call, &out });
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

	toolcall_init(&t, (struct toolcall_sink){ on_text, on_call, &out });
	assert_ok(toolcall_feed(&t, str_of("Hello <tool"), &err));
	assert_string_equal(out.data, "Hello");
	assert_ok(toolcall_feed(&t, str_of("box"), &err));
	assert_string_equal(out.data, "Hello <toolbox");
	assert_ok(toolcall_feed(&t, str_of("<tool_call>{\"name\":\"A\"}</tool_call>"), &err));
	assert_string_equal(out.data, "Hello <toolbox{{A {}}}");
}

static bool refuse(void *user __attribute__((unused)), struct str text __attribute__((unused)), struct error *err)
{
	return error_set(err, ERROR_CANCELLED, "nobody listens");
}

TEST(a_sink_that_refuses_stops_the_extractor)
{
	struct error err = {0};
	owns(toolcall_done) struct toolcall t;

	toolcall_init(&t, (struct toolcall_sink){ .on_text = refuse });
	assert_false(toolcall_feed(&t, str_of("x"), &err));
	assert_int_equal(err.kind, ERROR_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_taken_out_with_the_white_space_before_it),
		cmocka_unit_test(what_stands_in_json_strings_ends_nothing),
		cmocka_unit_test(a_call_without_arguments_has_none),
		cmocka_unit_test(numbers_and_spaces_stay_as_the_model_wrote_them),
		cmocka_unit_test(text_without_calls_stays_as_it_is),
		cmocka_unit_test(malformed_calls_are_given_back),
		cmocka_unit_test(an_unfinished_call_is_given_back),
		cmocka_unit_test(a_good_call_behind_a_bad_one_is_found),
		cmocka_unit_test(cutting_never_changes_the_result),
		cmocka_unit_test(a_call_past_its_ceiling_is_text),
		cmocka_unit_test(much_white_space_is_not_held_back),
		cmocka_unit_test(text_goes_out_as_soon_as_it_is_certain),
		cmocka_unit_test(a_sink_that_refuses_stops_the_extractor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
