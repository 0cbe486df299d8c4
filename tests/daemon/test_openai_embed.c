#include "daemon/openai_embed.h"

#include "base/json.h"
#include "support/test.h"

static void read_ok(struct embed_request *r, const char *body)
{
	struct openai_fault fault = {0};
	struct error err = {0};

	assert_ok(openai_read_embed(str_of(body), r, &fault, &err));
}

static void expect_refused(const char *body, const char *param, const char *why)
{
	own_embed_request r = EMBED_REQUEST_INIT(1 << 20);
	struct openai_fault fault = {0};
	struct error err = {0};

	assert_false(openai_read_embed(str_of(body), &r, &fault, &err));
	assert_string_equal(fault.place.param, param);
	assert_non_null(strstr(err.text, why));
}

TEST(inputs_come_in_four_forms)
{
	own_embed_request one = EMBED_REQUEST_INIT(1 << 20), list = EMBED_REQUEST_INIT(1 << 20);
	own_embed_request tokens = EMBED_REQUEST_INIT(1 << 20), lists = EMBED_REQUEST_INIT(1 << 20);

	read_ok(&one, "{\"input\":\"a\"}");
	assert_int_equal(one.input_count, 1);
	assert_true(str_is(one.inputs[0].text, "a") && str_is(one.model, "auto") && !one.base64 && one.dimensions == 0);
	read_ok(&list, "{\"input\":[\"a\",\"b\"],\"model\":\"m\",\"encoding_format\":\"base64\",\"dimensions\":8}");
	assert_int_equal(list.input_count, 2);
	assert_true(str_is(list.inputs[1].text, "b") && str_is(list.model, "m") && list.base64 && list.dimensions == 8);
	read_ok(&tokens, "{\"input\":[5,6],\"encoding_format\":\"float\"}");
	assert_int_equal(tokens.input_count, 1);
	assert_true(!tokens.inputs[0].text.p && tokens.inputs[0].count == 2 && tokens.inputs[0].ids[1] == 6);
	read_ok(&lists, "{\"input\":[[5],[6,7]],\"model\":null,\"dimensions\":null,\"user\":\"x\"}");
	assert_int_equal(lists.input_count, 2);
	assert_int_equal(lists.inputs[1].ids[1], 7);
}

TEST(what_cannot_be_honoured_is_refused_by_name)
{
	expect_refused("{}", "input", "missing");
	expect_refused("{\"input\":\"\"}", "input", "empty");
	expect_refused("{\"input\":[]}", "input", "empty");
	expect_refused("{\"input\":[\"a\",\"\"]}", "input", "empty");
	expect_refused("{\"input\":[[]]}", "input", "empty");
	expect_refused("{\"input\":7}", "input", "string");
	expect_refused("{\"input\":[1,\"a\"]}", "input", "whole numbers");
	expect_refused("{\"input\":[-1]}", "input", "whole numbers");
	expect_refused("{\"input\":[{}]}", "input", "string");
	expect_refused("{\"input\":\"a\",\"model\":7}", "model", "string");
	expect_refused("{\"input\":\"a\",\"encoding_format\":\"int8\"}", "encoding_format", "base64");
	expect_refused("{\"input\":\"a\",\"dimensions\":0}", "dimensions", "from 1");
	expect_refused("[]", "", "JSON object");
}

TEST(too_many_or_too_large_inputs_are_refused)
{
	own_buf body = BUF_INIT(1 << 20);
	own_embed_request small = EMBED_REQUEST_INIT(100);
	struct openai_fault fault = {0};
	struct error err = {0};

	buf_put(&body, "{\"input\":[\"a\"");
	for (int i = 0; i < EMBED_INPUTS_MAX; i++)
		buf_put(&body, ",\"a\"");
	buf_put(&body, "]}");
	expect_refused(body.data, "input", "at most 2048");
	buf_clear(&body);
	buf_putf(&body, "{\"input\":\"%0500d\"}", 1);
	assert_false(openai_read_embed(buf_str(&body), &small, &fault, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
}

static json_t *written(bool base64, const float *vectors, size_t count, size_t dimensions)
{
	struct embed_request r = { .base64 = base64 };
	struct embed_result result = { vectors, count, dimensions, 11 };
	const struct openai_source source = { "local", "tiny", "it is configured", NULL };
	own_buf out = BUF_INIT(1 << 16);
	struct error err = {0};

	assert_ok(openai_write_embed(&r, &result, &source, &out, &err));
	json_t *response = json_parse(buf_str(&out), "response", &err);
	if (!response)
		fail_msg("%s: %s", err.text, out.data);
	return response;
}

static const json_t *nth(const json_t *response, size_t i)
{
	return json_object_get(json_array_get(json_object_get(response, "data"), i), "embedding");
}

TEST(numbers_come_back_as_they_were)
{
	static const float vectors[] = { 0.1f, -3.4028235e38f, 1.17549435e-38f, 1.0f / 3, 0, -0.0078125f };
	own_json *response = written(false, vectors, 2, 3);
	const json_t *usage = json_object_get(response, "usage");

	for (size_t i = 0; i < 6; i++)
		assert_true((float)json_number_value(json_array_get(nth(response, i / 3), i % 3)) == vectors[i]);
	assert_int_equal(json_integer_value(json_object_get(usage, "prompt_tokens")), 11);
	assert_int_equal(json_integer_value(json_object_get(usage, "total_tokens")), 11);
	assert_string_equal(json_member_string(response, "object"), "list");
	assert_string_equal(json_member_string(response, "model"), "tiny");
	assert_string_equal(json_member_string(json_object_get(response, "shammah"), "source"), "local");
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(json_object_get(response, "data"), 1), "index")), 1);
}

TEST(base64_holds_the_bytes_of_little_endian_floats)
{
	static const float vectors[] = { 1, -2, 0.5f };

	/* 00 00 80 3f, 00 00 00 c0, 00 00 00 3f */
	own_json *three = written(true, vectors, 1, 3), *two = written(true, vectors, 1, 2),
		*one = written(true, vectors, 1, 1);
	assert_string_equal(json_string_value(nth(three, 0)), "AACAPwAAAMAAAAA/");
	assert_string_equal(json_string_value(nth(two, 0)), "AACAPwAAAMA=");
	assert_string_equal(json_string_value(nth(one, 0)), "AACAPw==");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs_come_in_four_forms),
		cmocka_unit_test(what_cannot_be_honoured_is_refused_by_name),
		cmocka_unit_test(too_many_or_too_large_inputs_are_refused),
		cmocka_unit_test(numbers_come_back_as_they_were),
		cmocka_unit_test(base64_holds_the_bytes_of_little_endian_floats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
