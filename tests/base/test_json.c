#include "base/json.h"

#include "support/test.h"

static void expect_same(const char *text)
{
	struct error err = {0};
	own_buf out = BUF_INIT(1000);
	own_json *value = json_parse(str_of(text), "test", &err);

	if (!value)
		fail_msg("%s", err.text);
	assert_ok(json_write(&out, value, &err));
	assert_string_equal(out.data, text);
}

static void expect_refused(const char *text, const char *why)
{
	struct error err = {0};

	assert_null(json_parse(str_of(text), "test", &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(strstr(err.text, why));
}

TEST(key_order_and_unicode_survive)
{
	expect_same("{\"z\":1,\"a\":[true,null,\"é\\n\"],\"m\":{}}");
	expect_same("\"alone\"");
}

TEST(what_is_no_json_is_refused_with_its_place)
{
	expect_refused("{\"a\":}", "line 1, column 6");
	expect_refused("{\"a\":1,\"a\":2}", "line 1");
	expect_refused("\"\xff\"", "not valid JSON");
	expect_refused("1 2", "not valid JSON");
	expect_refused("", "not valid JSON");
}

TEST(what_must_be_an_object_is_refused_as_anything_else)
{
	static const char *const others[] = { "[]", "1", "null", "\"{}\"" };

	for (size_t i = 0; i < countof(others); i++) {
		struct error err = {0};
		assert_null(json_parse_object(str_of(others[i]), "test", &err));
		assert_string_equal(err.text, "test: must be a JSON object");
	}
	struct error err = {0};
	own_json *object = json_parse_object((struct str)STR("{}"), "test", &err);
	assert_true(json_is_object(object));
}

TEST(nul_in_strings_is_refused_unless_asked_for)
{
	static const char text[] = "{\"a\":\"x\\u0000y\"}";
	struct error err = {0};

	expect_refused(text, "not valid JSON");
	own_json *value = json_parse_nul(str_of(text), "test", &err);
	assert_non_null(value);
	assert_true(str_equal(json_member_str(value, "a"), (struct str){ "x\0y", 3 }));
}

static void expect_mended(const char *text, const char *value)
{
	struct error err = {0};
	own_json *object = json_parse_tolerant(str_of(text), "text", &err);

	if (!object)
		fail_msg("%s: %s", text, err.text);
	struct str found = json_member_str(object, "a");
	assert_int_equal(found.n, strlen(value));
	assert_memory_equal(found.p, value, found.n);
}

#define REPLACED "\xef\xbf\xbd"

TEST(what_no_string_may_hold_becomes_a_sign_for_it_where_that_is_asked_for)
{
	expect_mended("{\"a\":\"x\\u0000y\"}", "x" REPLACED "y");
	expect_mended("{\"a\":\"\\ud83d\"}", REPLACED);
	expect_mended("{\"a\":\"\\uDE00\"}", REPLACED);
	expect_mended("{\"a\":\"\\ude00\\ud83d\"}", REPLACED REPLACED);
	expect_mended("{\"a\":\"\\ud83dx\\ud83d\\u0041\\u0000\"}", REPLACED "x" REPLACED "A" REPLACED);
	expect_mended("{\"a\":\"\\ud83d\\ud83d\\ude00\\u0000\"}", REPLACED "\xf0\x9f\x98\x80" REPLACED);
	expect_mended("{\"a\":\"\\ud83d\\ude00\"}", "\xf0\x9f\x98\x80");
	/* What only looks like an escape, beside one. */
	expect_mended("{\"a\":\"\\\\u0000\\\\ud83d\\u0000\"}", "\\u0000\\ud83d" REPLACED);
	expect_mended("{\"a\":\"\\\\\\u0000\"}", "\\" REPLACED);
}

TEST(what_is_wrong_besides_stays_wrong)
{
	static const char *const bad[] = {
		"{\"a\":\"\\u00\"}", "{\"a\":\"\\ud83", "{\"a\":\"\\ud83d\\u", "{\"a\":\"\\", "[\"\\u0000\"]",
		"{\"\\u0000\":1,\"\\ud800\":1}", "\"\\u0000\"", "{\"a\":\"\xff\\u0000\"}", "{\"a\":\"\\u000g\"}",
	};

	for (size_t i = 0; i < countof(bad); i++) {
		struct error err = {0};
		own_json *value = json_parse_tolerant(str_of(bad[i]), "text", &err);
		assert_null(value);
		assert_int_equal(err.kind, ERROR_INVALID);
		own_json *strict = json_parse_object(str_of(bad[i]), "text", &err);
		assert_null(strict);
	}
}

TEST(half_a_pair_in_an_answer_is_no_end_of_it)
{
	struct error err = {0};
	own_json *value = json_parse_nul((struct str)STR("[\"\\ud83d\",\"\\u0000\"]"), "text", &err);

	assert_non_null(value);
	assert_int_equal(json_string_length(json_array_get(value, 0)), 3);
	assert_int_equal(json_string_length(json_array_get(value, 1)), 1);
}

TEST(a_secret_is_overwritten_wherever_it_stands)
{
	struct error err = {0};
	json_t *value = json_parse((struct str)STR("{\"a\":[{\"k\":\"sk-1\"}],\"b\":\"sk-2\"}"), "text", &err);
	json_t *one = json_incref(json_object_get(json_array_get(json_object_get(value, "a"), 0), "k"));
	json_t *two = json_incref(json_object_get(value, "b"));

	json_forget(&value);
	assert_memory_equal(json_string_value(one), "\0\0\0\0", 4);
	assert_memory_equal(json_string_value(two), "\0\0\0\0", 4);
	json_decref(one);
	json_decref(two);
}

TEST(a_pointer_leads_to_its_place)
{
	struct error err = {0};
	own_json *value = json_parse(str_of("{\"a/b\":{\"~\":[1,{\"%\":2}]},\"\":3}"), "test", &err);

	assert_ptr_equal(json_pointer(value, str_of("")), value);
	assert_int_equal(json_integer_value(json_pointer(value, str_of("/a~1b/~0/0"))), 1);
	assert_int_equal(json_integer_value(json_pointer(value, str_of("/a%2Fb/~0/1/%25"))), 2);
	assert_int_equal(json_integer_value(json_pointer(value, str_of("/"))), 3);
	assert_null(json_pointer(value, str_of("/a~1b/~0/2")));
	assert_null(json_pointer(value, str_of("/x/y")));
	assert_null(json_pointer(value, str_of("a~1b")));
	assert_null(json_pointer(NULL, str_of("/a")));
}

TEST(deep_nesting_is_refused)
{
	char deep[1201] = "";

	memset(deep, '[', 600);
	memset(deep + 600, ']', 600);
	expect_refused(deep, "nested more than 512 deep");
}

TEST(brackets_in_strings_do_not_count)
{
	char text[1100] = "\"\\\"";

	memset(text + 3, '[', 1000);
	strcat(text, "\"");
	struct error err = {0};
	own_json *value = json_parse(str_of(text), "test", &err);
	assert_non_null(value);
}

TEST(strings_are_escaped)
{
	own_buf out = BUF_INIT(100);
	struct error err = {0};

	assert_ok(json_write_string(&out, (struct str){ "a\"\\\n\x01\0é", 8 }, &err));
	assert_string_equal(out.data, "\"a\\\"\\\\\\n\\u0001\\u0000é\"");
}

TEST(an_output_over_its_ceiling_is_an_error_and_adds_nothing)
{
	own_buf out = BUF_INIT(10);
	struct error err = {0};
	own_json *value = json_string("longer than ten bytes");

	assert_ok(buf_adds(&out, "x", &err));
	assert_false(json_write(&out, value, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_string_equal(out.data, "x");
}

TEST(numbers_are_written_as_people_write_them_and_read_back_the_same)
{
	static const char *const texts[] = { "0.1", "[0.7,2.5]", "{\"a\":[{\"b\":0.00049}]}", "1.7976931348623157e308",
		"[0.1,0.30000000000000004]", "-0.0", "5e-324" };

	for (size_t i = 0; i < countof(texts); i++) {
		struct error err = {0};
		own_buf out = BUF_INIT(1000);
		own_json *value = json_parse(str_of(texts[i]), "test", &err);
		assert_ok(json_write(&out, value, &err));
		own_json *again = json_parse(buf_str(&out), "written", &err);
		assert_non_null(again);
		assert_true(json_equal(value, again));
		if (i < 3)
			assert_string_equal(out.data, texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_order_and_unicode_survive),
		cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
		cmocka_unit_test(what_must_be_an_object_is_refused_as_anything_else),
		cmocka_unit_test(nul_in_strings_is_refused_unless_asked_for),
		cmocka_unit_test(what_no_string_may_hold_becomes_a_sign_for_it_where_that_is_asked_for),
		cmocka_unit_test(what_is_wrong_besides_stays_wrong),
		cmocka_unit_test(half_a_pair_in_an_answer_is_no_end_of_it),
		cmocka_unit_test(a_secret_is_overwritten_wherever_it_stands),
		cmocka_unit_test(a_pointer_leads_to_its_place),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(brackets_in_strings_do_not_count),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(an_output_over_its_ceiling_is_an_error_and_adds_nothing),
		cmocka_unit_test(numbers_are_written_as_people_write_them_and_read_back_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
