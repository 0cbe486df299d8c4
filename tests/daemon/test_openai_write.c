#include "daemon/openai.h"

#include <math.h>

#include "base/json.h"
#include "support/test.h"

static const struct openai_source source = { "local", "tiny", "the local model is ready" };

/* The i-th event's JSON; "[DONE]" is not JSON and gives NULL. */
static json_t *event(const struct buf *out, int i)
{
	const char *at = out->data;
	struct error err = {0};

	for (; i > 0; i--)
		at = strstr(at, "\n\n") + 2;
	assert_int_equal(strncmp(at, "data: ", 6), 0);
	const char *end = strstr(at, "\n\n");
	assert_non_null(end);
	return json_parse((struct str){ at + 6, (size_t)(end - at - 6) }, "event", &err);
}

static const json_t *choice(const json_t *chunk)
{
	return json_array_get(json_object_get(chunk, "choices"), 0);
}

static void write_all(struct openai_writer *w, struct buf *out, const struct delta *deltas, size_t n)
{
	struct error err = {0};

	for (size_t i = 0; i < n; i++)
		assert_ok(openai_write_delta(w, &deltas[i], out, &err));
}

TEST(a_stream_opens_with_the_role_and_ends_with_done)
{
	own_request r = REQUEST_INIT(1000);
	own_buf out = BUF_INIT(1 << 16);
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);
	const struct delta deltas[] = { delta_text((struct str)STR("a\"b\n")), delta_end(FINISH_STOP, (struct usage){ 3, 1, 2 }) };

	write_all(w, &out, deltas, 2);
	own_json *first = event(&out, 0), *second = event(&out, 1), *third = event(&out, 2), *fourth = event(&out, 3);
	assert_string_equal(json_member_string(json_object_get(choice(first), "delta"), "role"), "assistant");
	assert_string_equal(json_member_string(json_object_get(first, "shammah"), "source"), "local");
	assert_string_equal(json_member_string(json_object_get(choice(second), "delta"), "content"), "a\"b\n");
	assert_true(json_is_null(json_object_get(choice(second), "finish_reason")));
	assert_int_equal(json_object_size(json_object_get(choice(third), "delta")), 0);
	assert_string_equal(json_member_string(choice(third), "finish_reason"), "stop");
	assert_null(fourth);
	assert_non_null(strstr(out.data, "data: [DONE]\n\n"));
	assert_string_equal(json_member_string(first, "id"), json_member_string(third, "id"));
	openai_writer_destroy(w);
}

TEST(usage_comes_only_when_asked_for_and_with_no_choices)
{
	for (int asked = 0; asked < 2; asked++) {
		own_request r = REQUEST_INIT(1000);
		r.include_usage = asked;
		own_buf out = BUF_INIT(1 << 16);
		struct openai_writer *w = openai_writer_create(&r, "tiny", &source);
		const struct delta end = delta_end(FINISH_LENGTH, (struct usage){ 3, 1, 2 });
		write_all(w, &out, &end, 1);
		own_json *usage = event(&out, 2);
		if (!asked) {
			assert_null(usage);
		} else {
			assert_int_equal(json_array_size(json_object_get(usage, "choices")), 0);
			assert_int_equal(json_integer_value(json_object_get(json_object_get(usage, "usage"), "total_tokens")), 5);
		}
		openai_writer_destroy(w);
	}
}

static const struct delta call_deltas[] = {
	{ .kind = DELTA_CALL, .call = 0, .id = STR("call_1"), .name = STR("Read") },
	{ .kind = DELTA_ARGUMENTS, .call = 0, .text = STR("{\"a\":") },
	{ .kind = DELTA_ARGUMENTS, .call = 0, .text = STR("1}") },
	{ .kind = DELTA_CALL, .call = 1, .id = STR("call_2"), .name = STR("Bash") },
	{ .kind = DELTA_ARGUMENTS, .call = 1, .text = STR("{}") },
	{ .kind = DELTA_END, .finish = FINISH_TOOL_CALLS },
};

TEST(a_streamed_call_names_itself_once_and_always_has_its_index)
{
	own_request r = REQUEST_INIT(1000);
	own_buf out = BUF_INIT(1 << 16);
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);

	write_all(w, &out, call_deltas, countof(call_deltas));
	for (int i = 1; i <= 5; i++) {
		own_json *chunk = event(&out, i);
		const json_t *call = json_array_get(json_object_get(json_object_get(choice(chunk), "delta"), "tool_calls"), 0);
		assert_int_equal(json_integer_value(json_object_get(call, "index")), i < 4 ? 0 : 1);
		assert_int_equal(json_member_string(call, "id") != NULL, i == 1 || i == 4);
		assert_non_null(json_member_string(json_object_get(call, "function"), "arguments"));
	}
	own_json *end = event(&out, 6);
	assert_string_equal(json_member_string(choice(end), "finish_reason"), "tool_calls");
	openai_writer_destroy(w);
}

static json_t *whole(struct openai_writer *w, const struct delta *deltas, size_t n)
{
	own_buf out = BUF_INIT(1 << 16);
	struct error err = {0};

	for (size_t i = 0; i < n; i++)
		assert_ok(openai_collect(w, &deltas[i], &err));
	assert_ok(openai_write_whole(w, &out, &err));
	return json_parse(buf_str(&out), "response", &err);
}

TEST(a_whole_answer_holds_joined_calls_and_null_content)
{
	own_request r = REQUEST_INIT(1000);
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);
	own_json *response = whole(w, call_deltas, countof(call_deltas));
	const json_t *message = json_object_get(choice(response), "message");
	const json_t *calls = json_object_get(message, "tool_calls");

	assert_true(json_is_null(json_object_get(message, "content")));
	assert_int_equal(json_array_size(calls), 2);
	assert_string_equal(json_member_string(json_object_get(json_array_get(calls, 0), "function"), "arguments"), "{\"a\":1}");
	assert_string_equal(json_member_string(json_array_get(calls, 1), "type"), "function");
	openai_writer_destroy(w);
}

TEST(thoughts_stand_beside_the_content)
{
	static const struct delta deltas[] = {
		{ .kind = DELTA_THOUGHT, .text = STR("hm, ") }, { .kind = DELTA_THOUGHT, .text = STR("so") },
		{ .kind = DELTA_TEXT, .text = STR("Yes.") }, { .kind = DELTA_END },
	};
	own_request r = REQUEST_INIT(1000);
	own_buf out = BUF_INIT(1 << 16);
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);
	own_json *response = whole(w, deltas, countof(deltas));
	const json_t *message = json_object_get(choice(response), "message");

	assert_string_equal(json_member_string(message, "reasoning_content"), "hm, so");
	assert_string_equal(json_member_string(message, "content"), "Yes.");
	write_all(w, &out, deltas, countof(deltas));
	own_json *chunk = event(&out, 1);
	assert_string_equal(json_member_string(json_object_get(choice(chunk), "delta"), "reasoning_content"), "hm, ");
	assert_null(json_object_get(json_object_get(choice(chunk), "delta"), "content"));
	openai_writer_destroy(w);
}

TEST(log_probabilities_are_finite_numbers_with_bytes)
{
	own_request r = REQUEST_INIT(1000);
	r.sampling.top_logprobs = 1;
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);
	const struct token_logprob rival = { .text = STR("b"), .logprob = -INFINITY };
	const struct token_logprob token = { .text = STR("\xC3"), .logprob = -0.5f, .rivals = &rival, .rival_count = 1 };
	const struct delta deltas[] = {
		{ .kind = DELTA_TEXT, .text = STR("x"), .logprobs = &token, .logprob_count = 1 }, { .kind = DELTA_END },
	};
	own_json *response = whole(w, deltas, 2);
	const json_t *content = json_array_get(json_object_get(json_object_get(choice(response), "logprobs"), "content"), 0);

	assert_string_equal(json_member_string(content, "token"), "\xEF\xBF\xBD");
	assert_int_equal(json_integer_value(json_array_get(json_object_get(content, "bytes"), 0)), 0xC3);
	const json_t *top = json_array_get(json_object_get(content, "top_logprobs"), 0);
	assert_true(json_real_value(json_object_get(top, "logprob")) == -9999.0);
	openai_writer_destroy(w);
}

TEST(a_stream_that_fails_says_so_and_is_not_done)
{
	own_buf out = BUF_INIT(1 << 12);
	struct error why = { .kind = ERROR_TIMEOUT, .text = "no \"answer\"" };

	openai_write_failure(&out, &why);
	own_json *chunk = event(&out, 0);
	assert_string_equal(json_member_string(json_object_get(chunk, "error"), "message"), "no \"answer\"");
	assert_null(strstr(out.data, "[DONE]"));
}

TEST(every_kind_of_error_has_a_status_and_a_type)
{
	for (enum error_kind kind = ERROR_NONE; kind <= ERROR_INTERNAL; kind++) {
		struct error err = { .kind = kind };
		const char *type = NULL;
		unsigned status = openai_status(&err, &type);
		assert_in_range(status, 400, 599);
		assert_non_null(type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_opens_with_the_role_and_ends_with_done),
		cmocka_unit_test(usage_comes_only_when_asked_for_and_with_no_choices),
		cmocka_unit_test(a_streamed_call_names_itself_once_and_always_has_its_index),
		cmocka_unit_test(a_whole_answer_holds_joined_calls_and_null_content),
		cmocka_unit_test(thoughts_stand_beside_the_content),
		cmocka_unit_test(log_probabilities_are_finite_numbers_with_bytes),
		cmocka_unit_test(a_stream_that_fails_says_so_and_is_not_done),
		cmocka_unit_test(every_kind_of_error_has_a_status_and_a_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
