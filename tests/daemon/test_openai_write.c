#include "daemon/openai.h"

#include <math.h>

#include "base/json.h"
#include "support/test.h"

static const struct openai_source source = { "local", "tiny", "the local model is ready", "q4, plain" };

static const struct usage three_and_two = { .prompt_tokens = 3, .cached_tokens = 1, .completion_tokens = 2 };

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
	const struct delta deltas[] = { delta_text((struct str)STR("a\"b\n")),
		delta_end(FINISH_STOP, three_and_two) };

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
		const struct delta end = delta_end(FINISH_LENGTH, three_and_two);
		write_all(w, &out, &end, 1);
		own_json *usage = event(&out, 2);
		if (!asked) {
			assert_null(usage);
		} else {
			assert_int_equal(json_array_size(json_object_get(usage, "choices")), 0);
			assert_int_equal(
				json_integer_value(json_object_get(json_object_get(usage, "usage"), "total_tokens")),
				5);
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
		const json_t *call = json_array_get(json_object_get(json_object_get(choice(chunk), "delta"),
			"tool_calls"), 0);
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
	assert_string_equal(json_member_string(json_object_get(json_array_get(calls, 0), "function"), "arguments"),
		"{\"a\":1}");
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

static const struct delta sealed[] = {
	{ .kind = DELTA_THOUGHT, .text = STR("hm, ") }, { .kind = DELTA_THOUGHT, .text = STR("so") },
	{ .kind = DELTA_SEAL, .call = DELTA_NO_CALL, .text = STR("s1"), .vendor = STR("claude") },
	{ .kind = DELTA_THOUGHT, .text = STR("nobody's") },
	{ .kind = DELTA_SEAL, .call = DELTA_NO_CALL, .text = STR(""), .vendor = STR("claude") },
	{ .kind = DELTA_TEXT, .text = STR("Yes.") },
	{ .kind = DELTA_SEAL, .call = DELTA_NO_CALL, .text = STR("s2"), .vendor = STR("claude"), .redacted = true },
	{ .kind = DELTA_CALL, .id = STR("a"), .name = STR("f") },
	{ .kind = DELTA_SEAL, .call = 0, .text = STR("g"), .vendor = STR("gemini") },
	{ .kind = DELTA_ARGUMENTS, .text = STR("{}") },
	{ .kind = DELTA_END, .finish = FINISH_TOOL_CALLS },
};
static const char sealed_text[] = "{\"type\":\"reasoning.text\",\"text\":\"hm, so\",\"signature\":\"s1\","
	"\"format\":\"anthropic-claude-v1\",\"index\":0}";
static const char sealed_data[] = "{\"type\":\"reasoning.encrypted\",\"data\":\"s2\","
	"\"format\":\"anthropic-claude-v1\",\"after_text\":4,\"index\":1}";
static const char call_seal[] = "\"extra_content\":{\"google\":{\"thought_signature\":\"g\"}}";

TEST(sealed_thoughts_stand_whole_beside_the_content)
{
	own_request r = REQUEST_INIT(1000);
	own_buf out = BUF_INIT(1 << 16);
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);
	struct error err = {0};

	for (size_t i = 0; i < countof(sealed); i++)
		assert_ok(openai_collect(w, &sealed[i], &err));
	assert_ok(openai_write_whole(w, &out, &err));
	own_json *response = json_parse(buf_str(&out), "response", &err);
	assert_ok(response != NULL);
	own_buf details = BUF_INIT(1 << 16);
	buf_putf(&details, "\"reasoning_details\":[%s,%s]", sealed_text, sealed_data);
	assert_non_null(strstr(out.data, details.data));
	assert_non_null(strstr(out.data, call_seal));
	assert_non_null(strstr(out.data, "\"reasoning_content\":\"hm, sonobody's\""));
	openai_writer_destroy(w);
}

TEST(a_stream_hands_over_each_seal_at_once)
{
	own_request r = REQUEST_INIT(1000);
	own_buf out = BUF_INIT(1 << 16);
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);

	write_all(w, &out, sealed, countof(sealed));
	for (int i = 0; i < 10; i++) {
		own_json *chunk = event(&out, i);
		assert_non_null(chunk);
	}
	own_buf details = BUF_INIT(1 << 16);
	buf_putf(&details, "\"delta\":{\"reasoning_details\":[%s]},", sealed_text);
	assert_non_null(strstr(out.data, details.data));
	buf_clear(&details);
	buf_putf(&details, "\"delta\":{\"reasoning_details\":[%s]},", sealed_data);
	assert_non_null(strstr(out.data, details.data));
	buf_clear(&details);
	buf_putf(&details, "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\"},%s}]", call_seal);
	assert_non_null(strstr(out.data, details.data));
	openai_writer_destroy(w);
}

TEST(a_refusal_is_filtered_content)
{
	const struct delta deltas[] = {
		delta_text((struct str)STR("No.")), delta_end(FINISH_REFUSED, (struct usage){0}),
	};
	own_request r = REQUEST_INIT(1000);
	own_buf out = BUF_INIT(1 << 16);
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);

	write_all(w, &out, deltas, 2);
	own_json *end = event(&out, 2);
	assert_string_equal(json_member_string(choice(end), "finish_reason"), "content_filter");
	openai_writer_destroy(w);
}

/* Two answers, side by side. */
static const struct delta two[] = {
	{ .kind = DELTA_TEXT, .text = STR("a") }, { .kind = DELTA_TEXT, .choice = 1, .text = STR("b") },
	{ .kind = DELTA_END, .choice = 1, .finish = FINISH_LENGTH,
		.usage = { .prompt_tokens = 10, .cached_tokens = 9, .completion_tokens = 3, .drafted_tokens = 4,
			.accepted_tokens = 1, .thought_tokens = 2, .prompt_ns = 1, .completion_ns = 5000000 } },
	{ .kind = DELTA_TEXT, .text = STR("c") },
	{ .kind = DELTA_END, .usage = { .prompt_tokens = 10, .cached_tokens = 4, .written_tokens = 5,
		.completion_tokens = 2, .drafted_tokens = 3, .accepted_tokens = 2, .thought_tokens = 1,
		.prompt_ns = 3000000, .completion_ns = 1000000 } },
};

static void expect_usage_of_two(const json_t *response)
{
	const json_t *usage = json_object_get(response, "usage"), *timings = json_object_get(response, "timings");

	assert_int_equal(json_integer_value(json_object_get(usage, "prompt_tokens")), 10);
	assert_int_equal(json_integer_value(json_object_get(usage, "completion_tokens")), 5);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(usage, "prompt_tokens_details"), "cached_tokens")),
		4);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(usage, "prompt_tokens_details"),
		"cache_write_tokens")), 5);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(usage, "completion_tokens_details"),
		"reasoning_tokens")), 3);
	assert_int_equal(json_integer_value(json_object_get(timings, "cache_n")), 4);
	assert_int_equal(json_integer_value(json_object_get(timings, "prompt_n")), 6);
	assert_true(json_real_value(json_object_get(timings, "prompt_ms")) == 3.0);
	assert_int_equal(json_integer_value(json_object_get(timings, "predicted_n")), 5);
	assert_true(json_real_value(json_object_get(timings, "predicted_ms")) == 5.0);
	assert_int_equal(json_integer_value(json_object_get(timings, "draft_n")), 7);
	assert_int_equal(json_integer_value(json_object_get(timings, "draft_n_accepted")), 3);
	assert_true(json_real_value(json_object_get(timings, "predicted_per_second")) == 1000.0);
}

TEST(streamed_answers_to_one_question_are_told_apart_by_index)
{
	static const int indices[] = { 0, 0, 1, 1, 1, 0, 0 };
	own_request r = REQUEST_INIT(1000);
	r.choices = 2;
	r.include_usage = true;
	own_buf out = BUF_INIT(1 << 16);
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);

	write_all(w, &out, two, countof(two));
	for (size_t i = 0; i < countof(indices); i++) {
		own_json *chunk = event(&out, (int)i);
		assert_int_equal(json_integer_value(json_object_get(choice(chunk), "index")), indices[i]);
		assert_int_equal(json_object_get(chunk, "shammah") != NULL, i == 0);
		assert_null(json_object_get(chunk, "timings"));
	}
	own_json *usage = event(&out, 7), *done = event(&out, 8);
	expect_usage_of_two(usage);
	assert_null(done);
	assert_string_equal(strstr(out.data, "data: [DONE]"), "data: [DONE]\n\n");
	openai_writer_destroy(w);
}

TEST(whole_answers_to_one_question_stand_in_order)
{
	own_request r = REQUEST_INIT(1000);
	r.choices = 2;
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);
	own_json *response = whole(w, two, countof(two));
	const json_t *choices = json_object_get(response, "choices");

	assert_int_equal(json_array_size(choices), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *c = json_array_get(choices, i);
		assert_int_equal(json_integer_value(json_object_get(c, "index")), i);
		assert_string_equal(json_member_string(json_object_get(c, "message"), "content"), i ? "b" : "ac");
		assert_string_equal(json_member_string(c, "finish_reason"), i ? "length" : "stop");
	}
	expect_usage_of_two(response);
	openai_writer_destroy(w);
}

TEST(the_fingerprint_names_model_and_build)
{
	static const struct { const char *model, *build; } cases[] = {
		{ "tiny", "q4, plain" }, { "tiny", "q4, plain" }, { "tiny", "q8, plain" }, { "small", "q4, plain" },
		{ "tiny", NULL },
	};
	own_request r = REQUEST_INIT(1000);
	char prints[countof(cases)][64];
	static const struct delta end[] = { { .kind = DELTA_END } };

	for (size_t i = 0; i < countof(cases); i++) {
		struct openai_source from = { "local", "x", "y", cases[i].build };
		struct openai_writer *w = openai_writer_create(&r, cases[i].model, &from);
		own_json *response = whole(w, end, 1);
		snprintf(prints[i], sizeof prints[i], "%s", json_member_string(response, "system_fingerprint"));
		assert_null(json_object_get(response, "timings"));
		openai_writer_destroy(w);
	}
	assert_string_equal(prints[0], prints[1]);
	for (size_t i = 2; i < countof(cases); i++)
		assert_string_not_equal(prints[0], prints[i]);
}

TEST(a_writer_takes_another_name_until_its_stream_begins)
{
	own_request r = REQUEST_INIT(1000);
	own_buf out = BUF_INIT(1 << 16);
	const struct openai_source other = { "local", "small", source.reason, "q8, plain" };
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source),
		*small = openai_writer_create(&r, "small", &other);
	const struct delta deltas[] = { delta_text((struct str)STR("a")), delta_end(FINISH_STOP, (struct usage){0}) };

	openai_writer_name(w, "small", "q8, plain");
	write_all(w, &out, deltas, 1);
	openai_writer_name(w, "tiny", "q4, plain");      /* too late */
	write_all(w, &out, deltas + 1, 1);
	own_json *first = event(&out, 0), *last = event(&out, 2), *whole_one = whole(small, deltas, 2);
	const char *name = json_member_string(json_object_get(first, "shammah"), "name");
	assert_string_equal(name, "small");
	assert_string_equal(json_member_string(json_object_get(first, "shammah"), "reason"), source.reason);
	assert_string_equal(json_member_string(first, "model"), "small");
	assert_string_equal(json_member_string(last, "model"), "small");
	assert_string_equal(json_member_string(last, "system_fingerprint"),
		json_member_string(whole_one, "system_fingerprint"));
	openai_writer_destroy(w);
	openai_writer_destroy(small);
}

TEST(log_probabilities_are_finite_numbers_with_bytes)
{
	own_request r = REQUEST_INIT(1000);
	r.sampling.top_logprobs = 1;
	struct openai_writer *w = openai_writer_create(&r, "tiny", &source);
	const struct token_logprob rival = { .text = STR("b"), .logprob = -INFINITY };
	const struct token_logprob token = { .text = STR("\xC3"), .logprob = -0.5f, .rivals = &rival,
		.rival_count = 1 };
	const struct delta deltas[] = {
		{ .kind = DELTA_TEXT, .text = STR("x"), .logprobs = &token, .logprob_count = 1 }, { .kind = DELTA_END },
	};
	own_json *response = whole(w, deltas, 2);
	const json_t *content = json_array_get(json_object_get(json_object_get(choice(response), "logprobs"),
		"content"), 0);

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

	openai_write_failure(&out, &why, NULL, "a_code");
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
		cmocka_unit_test(sealed_thoughts_stand_whole_beside_the_content),
		cmocka_unit_test(a_stream_hands_over_each_seal_at_once),
		cmocka_unit_test(a_refusal_is_filtered_content),
		cmocka_unit_test(streamed_answers_to_one_question_are_told_apart_by_index),
		cmocka_unit_test(whole_answers_to_one_question_stand_in_order),
		cmocka_unit_test(the_fingerprint_names_model_and_build),
		cmocka_unit_test(a_writer_takes_another_name_until_its_stream_begins),
		cmocka_unit_test(log_probabilities_are_finite_numbers_with_bytes),
		cmocka_unit_test(a_stream_that_fails_says_so_and_is_not_done),
		cmocka_unit_test(every_kind_of_error_has_a_status_and_a_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
