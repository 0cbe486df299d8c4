#include "daemon/openai.h"

#include "base/mem.h"
#include "support/test.h"

#define MESSAGES "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static void read_ok(struct request *r, const char *body)
{
	struct openai_fault fault = {0};
	struct error err = {0};

	if (!openai_read(str_of(body), r, &fault, &err))
		fail_msg("%s: %s", body, err.text);
}

static void expect_refused(const char *body, const char *param, const char *part)
{
	own_request r = REQUEST_INIT(1 << 20);
	struct openai_fault fault = {0};
	struct error err = {0};

	if (openai_read(str_of(body), &r, &fault, &err))
		fail_msg("accepted: %s", body);
	assert_string_equal(fault.place.param, param);
	if (!strstr(err.text, part))
		fail_msg("'%s' does not say '%s'", err.text, part);
}

TEST(what_is_not_stated_stays_unset)
{
	own_request r = REQUEST_INIT(1 << 20);

	read_ok(&r, "{" MESSAGES "}");
	assert_true(str_is(r.model, "auto"));
	assert_true(isnan(r.sampling.temperature));
	assert_int_equal(r.sampling.max_tokens, -1);
	assert_int_equal(r.sampling.top_logprobs, -1);
	assert_false(r.stream);
	assert_int_equal(r.chat.message_count, 1);
}

TEST(every_wish_is_read)
{
	own_request r = REQUEST_INIT(1 << 20);

	read_ok(&r, "{\"model\":\"local\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":5,"
		"\"temperature\":0.5,\"top_p\":0.9,\"top_k\":4,\"min_p\":0.1,\"presence_penalty\":1,"
		"\"frequency_penalty\":-1,\"repetition_penalty\":1.1,\"seed\":7,\"stop\":[\"a\",\"b\"],\"n\":1,"
		"\"logit_bias\":{\"5\":-100},\"logprobs\":true,\"top_logprobs\":3,"
		"\"response_format\":{\"type\":\"text\"},\"tool_choice\":\"none\",\"parallel_tool_calls\":false,"
		"\"user\":\"x\",\"metadata\":{},\"store\":false,\"not_known\":[1]," MESSAGES "}");
	assert_true(str_is(r.model, "local"));
	assert_true(r.stream && r.include_usage && r.one_call);
	assert_int_equal(r.sampling.max_tokens, 5);
	assert_true(r.sampling.temperature == 0.5f && r.sampling.top_p == 0.9f && r.sampling.min_p == 0.1f);
	assert_int_equal(r.sampling.top_k, 4);
	assert_true(r.sampling.presence_penalty == 1 && r.sampling.frequency_penalty == -1 &&
		r.sampling.repetition_penalty == 1.1f);
	assert_int_equal(r.sampling.seed, 7);
	assert_int_equal(r.sampling.stop_count, 2);
	assert_true(str_is(r.sampling.stop[1], "b"));
	assert_int_equal(r.sampling.bias_count, 1);
	assert_int_equal(r.sampling.biases[0].token, 5);
	assert_int_equal(r.sampling.top_logprobs, 3);
	assert_int_equal(r.tool_choice, TOOLS_NONE);
}

TEST(null_is_as_good_as_absent)
{
	own_request r = REQUEST_INIT(1 << 20);

	read_ok(&r, "{\"temperature\":null,\"stop\":null,\"tools\":null,\"stream_options\":null,\"seed\":null,"
		MESSAGES "}");
	assert_true(isnan(r.sampling.temperature));
}

TEST(a_stop_string_may_stand_alone)
{
	own_request r = REQUEST_INIT(1 << 20);

	read_ok(&r, "{\"stop\":\"x\",\"max_completion_tokens\":9," MESSAGES "}");
	assert_int_equal(r.sampling.stop_count, 1);
	assert_int_equal(r.sampling.max_tokens, 9);
}

TEST(several_answers_may_be_wanted)
{
	own_request one = REQUEST_INIT(1 << 20), eight = REQUEST_INIT(1 << 20);

	read_ok(&one, "{" MESSAGES "}");
	read_ok(&eight, "{\"n\":8," MESSAGES "}");
	assert_int_equal(one.choices, 1);
	assert_int_equal(eight.choices, 8);
}

TEST(thinking_can_be_asked_away_in_two_ways)
{
	static const char *const away[] = { "\"reasoning_effort\":\"none\"", "\"reasoning_effort\":\"minimal\"",
		"\"chat_template_kwargs\":{\"enable_thinking\":false}" };
	own_request thinks = REQUEST_INIT(1 << 20);

	for (size_t i = 0; i < countof(away); i++) {
		own_request r = REQUEST_INIT(1 << 20);
		own_buf body = BUF_INIT(1000);
		buf_putf(&body, "{%s," MESSAGES "}", away[i]);
		read_ok(&r, body.data);
		assert_true(r.chat.no_thoughts);
	}
	read_ok(&thinks,
		"{\"reasoning_effort\":\"high\",\"chat_template_kwargs\":{\"enable_thinking\":true}," MESSAGES "}");
	assert_false(thinks.chat.no_thoughts);
}

TEST(every_effort_has_a_name)
{
	static const char *const names[] = { "none", "minimal", "low", "medium", "high", "max" };

	for (size_t i = 0; i < countof(names); i++) {
		own_request r = REQUEST_INIT(1 << 20);
		own_buf body = BUF_INIT(1000);
		buf_putf(&body, "{\"reasoning_effort\":\"%s\"," MESSAGES "}", names[i]);
		read_ok(&r, body.data);
		assert_int_equal(r.effort, EFFORT_NONE + i);
	}
}

TEST(our_own_client_may_ask_for_more)
{
	own_request r = REQUEST_INIT(1 << 20), plain = REQUEST_INIT(1 << 20);

	read_ok(&r, "{\"shammah\":{\"notices\":true,\"over_budget\":true,\"later\":1}," MESSAGES "}");
	assert_true(r.notices && r.over_budget);
	read_ok(&plain, "{\"shammah\":{}," MESSAGES "}");
	assert_false(plain.notices || plain.over_budget);
	expect_refused("{\"shammah\":true," MESSAGES "}", "shammah", "object");
	expect_refused("{\"shammah\":{\"notices\":1}," MESSAGES "}", "shammah.notices", "true or false");
}

#define TOOL(name) "{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"
#define LONG "\"messages\":[{\"role\":\"system\",\"content\":\"long\"},{\"role\":\"user\",\"content\":\"hi\"}]," \
	"\"tools\":[" TOOL("Read") "," TOOL("Task") "]"

TEST(a_small_model_may_get_less)
{
	own_request r = REQUEST_INIT(1 << 20), plain = REQUEST_INIT(1 << 20), odd = REQUEST_INIT(1 << 20);
	struct error err = {0};

	read_ok(&r, "{\"shammah\":{\"known_answers\":true,\"brief\":{\"system\":\"short\","
		"\"tools\":[" TOOL("Look") "]}},"
		LONG "}");
	assert_true(r.known_answers);
	assert_true(str_is(r.chat.messages[0].text, "long") && r.chat.tool_count == 2);
	assert_ok(request_make_brief(&r, &err));
	assert_true(str_is(r.chat.messages[0].text, "short") && str_is(r.chat.messages[1].text, "hi"));
	assert_true(r.chat.tool_count == 1 && str_is(r.chat.tools[0].name, "Look"));
	read_ok(&plain, "{" LONG "}");
	assert_false(plain.known_answers);
	assert_ok(request_make_brief(&plain, &err));
	assert_true(str_is(plain.chat.messages[0].text, "long") && plain.chat.tool_count == 2);
	read_ok(&odd, "{\"shammah\":{\"brief\":{\"system\":\"short\"}}," MESSAGES "}");
	assert_false(request_make_brief(&odd, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	expect_refused("{\"shammah\":{\"brief\":true}," LONG "}", "shammah.brief", "object with `system`");
	expect_refused("{\"shammah\":{\"brief\":{\"system\":\"s\",\"tools\":[1]}}," LONG "}", "shammah.brief", "tools");
	expect_refused("{\"shammah\":{\"known_answers\":1}," LONG "}", "shammah.known_answers", "true or false");
}

TEST(forms_and_choices_of_tools_are_read)
{
	struct openai_fault fault = {0};
	struct error err = {0};
	own_request r = REQUEST_INIT(1 << 20), named = REQUEST_INIT(1 << 20);

	assert_ok(openai_read(str_of("{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
		"\"strict\":true,\"schema\":{\"b\":1,\"a\":[2]}}},\"tool_choice\":\"required\",\"tools\":["
		"{\"type\":\"function\",\"function\":{\"name\":\"a\",\"strict\":true}}]," MESSAGES "}"),
		&r, &fault, &err));
	assert_int_equal(r.form, FORM_SCHEMA);
	assert_true(str_is(r.form_schema, "{\"b\":1,\"a\":[2]}"));
	assert_int_equal(r.tool_choice, TOOLS_REQUIRED);
	assert_true(r.chat.tools[0].strict);
	assert_ok(openai_read(str_of("{\"response_format\":{\"type\":\"json_object\"},\"tool_choice\":"
		"{\"type\":\"function\",\"function\":{\"name\":\"a\"}},\"tools\":[{\"type\":\"function\",\"function\":"
		"{\"name\":\"a\"}}]," MESSAGES "}"), &named, &fault, &err));
	assert_int_equal(named.form, FORM_OBJECT);
	assert_int_equal(named.tool_choice, TOOLS_NAMED);
	assert_true(str_is(named.named_tool, "a") && !named.chat.tools[0].strict);
}

TEST(what_cannot_be_honoured_is_refused_by_name)
{
	expect_refused("{\"reasoning_effort\":\"most\"," MESSAGES "}", "reasoning_effort", "none");
	expect_refused("{\"chat_template_kwargs\":{\"enable_thinking\":1}," MESSAGES "}",
		"chat_template_kwargs.enable_thinking", "true or false");
	expect_refused("{\"temperature\":3," MESSAGES "}", "temperature", "from 0 to 2");
	expect_refused("{\"temperature\":\"hot\"," MESSAGES "}", "temperature", "number");
	expect_refused("{\"max_tokens\":0," MESSAGES "}", "max_tokens", "from 1");
	expect_refused("{\"n\":9," MESSAGES "}", "n", "from 1 to 8");
	expect_refused("{\"n\":0," MESSAGES "}", "n", "from 1 to 8");
	expect_refused("{\"stop\":[\"1\",\"2\",\"3\",\"4\",\"5\"]," MESSAGES "}", "stop", "at most 4");
	expect_refused("{\"stop\":[1]," MESSAGES "}", "stop", "string");
	expect_refused("{\"logit_bias\":{\"x\":1}," MESSAGES "}", "logit_bias", "token ids");
	expect_refused("{\"logit_bias\":{\"1\":101}," MESSAGES "}", "logit_bias", "from -100 to 100");
	expect_refused("{\"top_logprobs\":2," MESSAGES "}", "top_logprobs", "needs logprobs");
	expect_refused("{\"response_format\":{\"type\":\"xml\"}," MESSAGES "}", "response_format", "text");
	expect_refused("{\"response_format\":{\"type\":\"json_schema\"}," MESSAGES "}",
		"response_format.json_schema.schema", "Schema");
	expect_refused("{\"tool_choice\":\"required\"," MESSAGES "}", "tool_choice", "needs tools");
	expect_refused("{\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"b\"}},\"tools\":["
		"{\"type\":\"function\",\"function\":{\"name\":\"a\"}}]," MESSAGES "}", "tool_choice", "names none");
	expect_refused("{\"tool_choice\":{\"type\":\"function\"}," MESSAGES "}", "tool_choice", "auto");
	expect_refused("{\"audio\":{}," MESSAGES "}", "audio", "not supported");
	expect_refused("{\"modalities\":[\"audio\"]," MESSAGES "}", "modalities", "text");
	expect_refused("{\"stream\":1," MESSAGES "}", "stream", "true or false");
	expect_refused("{\"model\":5," MESSAGES "}", "model", "string");
	expect_refused("{\"model\":\"claude-\\u001b[2J\"," MESSAGES "}", "model", "control characters");
	own_mem char *long_name = mem_printf("{\"model\":\"claude-%0300d\"," MESSAGES "}", 1);
	expect_refused(long_name, "model", "256 bytes");
}

TEST(wrong_messages_are_named_to_the_field)
{
	expect_refused("{}", "messages", "messages");
	expect_refused("{\"messages\":[]}", "messages", "messages");
	expect_refused("{\"messages\":[{\"role\":\"user\",\"content\":5}]}", "messages[0].content", "content");
}

/* Outputs of commands hold anything, and JavaScript writes half a pair as it is. */
TEST(what_no_string_may_hold_is_replaced_not_refused)
{
	own_request r = REQUEST_INIT(1 << 20);

	read_ok(&r, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\\u0000b\\ud83d\"},"
		"{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\","
		"\"arguments\":\"{\\\"p\\\":\\\"\\\\u0000\\\"}\"}}]}]}");
	assert_true(str_is(r.chat.messages[0].text, "a\xef\xbf\xbd" "b\xef\xbf\xbd"));
	assert_true(str_is(r.chat.messages[1].calls[0].arguments, "{\"p\":\"\xef\xbf\xbd\"}"));
	expect_refused("{\"model\":\"\\u00\"," MESSAGES "}", "", "not valid JSON at line 1, column 15");
}

TEST(what_is_no_object_is_refused)
{
	expect_refused("[]", "", "JSON object");
	expect_refused("{", "", "not valid JSON");
	expect_refused("", "", "not valid JSON");
}

TEST(a_request_over_its_ceiling_is_refused)
{
	own_request r = REQUEST_INIT(100);
	struct openai_fault fault = {0};
	struct error err = {0};
	own_buf body = BUF_INIT(1 << 20);

	buf_putf(&body, "{\"messages\":[{\"role\":\"user\",\"content\":\"%0500d\"}]}", 1);
	assert_false(openai_read(buf_str(&body), &r, &fault, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_stated_stays_unset),
		cmocka_unit_test(every_wish_is_read),
		cmocka_unit_test(null_is_as_good_as_absent),
		cmocka_unit_test(a_stop_string_may_stand_alone),
		cmocka_unit_test(several_answers_may_be_wanted),
		cmocka_unit_test(thinking_can_be_asked_away_in_two_ways),
		cmocka_unit_test(every_effort_has_a_name),
		cmocka_unit_test(our_own_client_may_ask_for_more),
		cmocka_unit_test(a_small_model_may_get_less),
		cmocka_unit_test(forms_and_choices_of_tools_are_read),
		cmocka_unit_test(what_cannot_be_honoured_is_refused_by_name),
		cmocka_unit_test(wrong_messages_are_named_to_the_field),
		cmocka_unit_test(what_no_string_may_hold_is_replaced_not_refused),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(a_request_over_its_ceiling_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
