/* What programs read: the messages of a question, one a line. */
#include "cli/print.h"

#include "said.h"

/* --- a question that is played ------------------------------------------------------------------- */

struct played {
	struct options options;
	struct print print;
	struct link_answer from;
	json_t *denials;
};

static void begin(struct played *p, enum output_format form)
{
	*p = (struct played){ .options = { .output = form }, .denials = json_array() };
	p->from = (struct link_answer){ .name = "model-1", .cost_usd = 0.00049, .prompt_tokens = 10,
		.completion_tokens = 4, .cached_tokens = 3 };
	listen_to(STDOUT_FILENO);
}

static void start(struct played *p)
{
	print_init(&p->print, &p->options);
	print_question(&p->print);
}

/* An answer of this text, with calls that have these arguments; ended by NULL. */
static void answer(struct played *p, const char *text, ...)
{
	own_agent_answer a = { .text = BUF_INIT(0) };
	struct error err = {0};
	va_list calls;

	agent_answer_init(&a);
	assert_ok(buf_adds(&a.text, text, &err));
	va_start(calls, text);
	for (const char *arguments; (arguments = va_arg(calls, const char *)); )
		json_array_append_new(a.calls, json_pack("{s:s, s:s, s:{s:s, s:s}}", "id", "call_1", "type", "function",
			"function", "name", "Read", "arguments", arguments));
	va_end(calls);
	print_text(&p->print, str_of(text), &p->from);
	print_answer(&p->print, &a, &p->from);
}

static char *end(struct played *p, enum agent_end how)
{
	const struct agent_outcome outcome = { .end = how };
	const struct error err = { .kind = ERROR_INTERNAL, .text = "the teacher is gone" };

	print_end(&p->print, &outcome, p->denials, &err);
	print_done(&p->print);
	json_decref(p->denials);
	return heard(STDOUT_FILENO);
}

/* Every line as JSON, in a list. */
static json_t *lines_of(const char *text)
{
	json_t *lines = json_array();
	struct str rest = str_of(text), line;
	struct error err = {0};

	while (str_split(&rest, '\n', &line)) {
		if (!line.n)
			continue;
		json_t *message = json_parse_object(line, "line", &err);
		if (!message)
			fail_msg("%s: %.*s", err.text, STR_ARGS(line));
		json_array_append_new(lines, message);
	}
	return lines;
}

static const json_t *member(const json_t *lines, size_t i, const char *name)
{
	return json_object_get(json_object_get(json_array_get(lines, i), "message"), name);
}

/* --- answers ------------------------------------------------------------------------------------------ */

TEST(each_block_of_an_answer_has_a_line_with_the_same_name_and_figures)
{
	static const char *const types[] = { "text", "tool_use", "tool_use" };
	struct played p;

	begin(&p, OUTPUT_STREAM_JSON);
	start(&p);
	answer(&p, "I look.", "{\"a\":1}", "no JSON", NULL);
	own_mem char *text = end(&p, AGENT_ENDED);
	own_json *lines = lines_of(text);
	assert_int_equal(json_array_size(lines), 4);
	for (size_t i = 0; i < 3; i++) {
		const json_t *blocks = member(lines, i, "content");
		assert_int_equal(json_array_size(blocks), 1);
		assert_string_equal(json_member_string(json_array_get(blocks, 0), "type"), types[i]);
		assert_true(json_equal(member(lines, i, "id"), member(lines, 0, "id")));
		assert_true(json_equal(member(lines, i, "usage"), member(lines, 0, "usage")));
		assert_int_equal(json_is_null(member(lines, i, "stop_reason")), i < 2);
	}
	assert_string_equal(json_string_value(member(lines, 2, "stop_reason")), "tool_use");
	const json_t *odd = json_object_get(json_array_get(member(lines, 2, "content"), 0), "input");
	assert_string_equal(json_member_string(odd, "unparsed"), "no JSON");
	const json_t *usage = json_object_get(json_array_get(lines, 3), "usage");
	assert_int_equal(json_integer_value(json_object_get(usage, "output_tokens")), 4);
	assert_int_equal(json_integer_value(json_object_get(usage, "input_tokens")), 7);
}

TEST(an_answer_without_anything_has_a_line_too)
{
	struct played p;

	begin(&p, OUTPUT_STREAM_JSON);
	start(&p);
	answer(&p, "", NULL);
	own_mem char *text = end(&p, AGENT_ENDED);
	own_json *lines = lines_of(text);
	assert_int_equal(json_array_size(lines), 2);
	assert_int_equal(json_array_size(member(lines, 0, "content")), 0);
	assert_string_equal(json_string_value(member(lines, 0, "stop_reason")), "end_turn");
}

/* "start:0 delta:0 line stop:0 ..." */
static char *events_of(const json_t *lines)
{
	own_buf out = BUF_INIT(4000);
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		const json_t *event = json_object_get(line, "event"), *at = json_object_get(event, "index");
		const char *type = json_member_string(event ? event : line, "type");
		buf_putf(&out, "%s%s", i ? " " : "", type);
		if (at)
			buf_putf(&out, ":%d", (int)json_integer_value(at));
	}
	return mem_strdup(out.data);
}

TEST(events_enclose_the_lines_of_their_blocks)
{
	struct played p;

	begin(&p, OUTPUT_STREAM_JSON);
	p.options.partial = true;
	start(&p);
	answer(&p, "I look.", "{}", NULL);
	own_mem char *text = end(&p, AGENT_ENDED);
	own_json *lines = lines_of(text);
	own_mem char *events = events_of(lines);
	assert_string_equal(events, "message_start content_block_start:0 content_block_delta:0 assistant "
		"content_block_stop:0 content_block_start:1 content_block_delta:1 assistant content_block_stop:1 "
		"message_delta message_stop result");
}

TEST(a_question_after_an_answer_that_broke_off_begins_a_message_of_its_own)
{
	struct played p;

	begin(&p, OUTPUT_STREAM_JSON);
	p.options.partial = true;
	start(&p);
	print_text(&p.print, (struct str)STR("half"), &p.from);
	print_question(&p.print);
	answer(&p, "whole", NULL);
	own_mem char *text = end(&p, AGENT_ENDED);
	own_json *lines = lines_of(text);
	own_mem char *events = events_of(lines);
	assert_string_equal(events, "message_start content_block_start:0 content_block_delta:0 "
		"message_start content_block_start:0 content_block_delta:0 assistant content_block_stop:0 "
		"message_delta message_stop result");
}

/* --- results --------------------------------------------------------------------------------------------- */

TEST(money_is_written_as_people_write_it_and_arguments_are_not_rounded)
{
	struct played p;

	begin(&p, OUTPUT_STREAM_JSON);
	start(&p);
	answer(&p, "", "{\"x\":0.10000000000000002}", NULL);
	answer(&p, "x", NULL);
	own_mem char *text = end(&p, AGENT_ENDED);
	assert_non_null(strstr(text, "\"total_cost_usd\":0.00098,"));
	assert_non_null(strstr(text, "\"costUSD\":0.00098}"));
	assert_non_null(strstr(text, "\"x\":0.10000000000000002"));
}

TEST(what_is_not_known_costs_nothing)
{
	struct played p;

	begin(&p, OUTPUT_JSON);
	start(&p);
	p.from.cost_usd = -1;
	answer(&p, "x", NULL);
	own_mem char *text = end(&p, AGENT_ENDED);
	assert_non_null(strstr(text, "\"total_cost_usd\":0.0,"));
}

TEST(json_is_the_result_alone_and_with_verbose_a_list_of_all)
{
	for (unsigned i = 0; i < 2; i++) {
		struct error err = {0};
		struct played p;
		begin(&p, OUTPUT_JSON);
		p.options.verbose = i;
		start(&p);
		answer(&p, "Done.", NULL);
		own_mem char *text = end(&p, AGENT_ENDED);
		own_json *value = json_parse(str_trim(str_of(text)), "output", &err);
		assert_non_null(value);
		assert_int_equal(json_array_size(value), i ? 2 : 0);
		const json_t *result = i ? json_array_get(value, 1) : value;
		assert_string_equal(json_member_string(result, "result"), "Done.");
		assert_string_equal(json_member_string(result, "subtype"), "success");
	}
}

TEST(each_end_has_its_words)
{
	static const struct {
		enum agent_end end;
		const char *subtype, *words;
	} cases[] = {
		{ AGENT_FAILED, "error_during_execution", "the teacher is gone" },
		{ AGENT_CANCELLED, "error_during_execution", "cancelled by the user" },
		{ AGENT_TURNS, "error_max_turns", "too many turns" },
		{ AGENT_REPEATED, "error_during_execution", "the same calls over and over" },
		{ AGENT_STOPPED, "error_during_execution", "cancelled by the user" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct played p;
		begin(&p, OUTPUT_STREAM_JSON);
		start(&p);
		own_mem char *text = end(&p, cases[i].end);
		own_json *lines = lines_of(text);
		const json_t *result = json_array_get(lines, 0), *errors = json_object_get(result, "errors");
		assert_string_equal(json_member_string(result, "subtype"), cases[i].subtype);
		assert_true(json_is_true(json_object_get(result, "is_error")) && !json_object_get(result, "result"));
		assert_string_equal(json_string_value(json_array_get(errors, 0)), cases[i].words);
	}
}

TEST(what_was_stopped_before_it_was_asked_has_a_result_in_every_form)
{
	static const char name[] = "0192f0c1-2a3b-4c5d-8e6f-0123456789ab";

	for (unsigned i = 0; i < 3; i++) {
		const struct options o = { .output = i == 1 ? OUTPUT_STREAM_JSON : OUTPUT_JSON, .verbose = i == 2,
			.session = name };
		struct error err = {0};
		listen_to(STDOUT_FILENO);
		print_stopped(&o);
		own_mem char *text = heard(STDOUT_FILENO);
		own_json *value = json_parse(str_trim(str_of(text)), "output", &err);
		const json_t *result = i == 2 ? json_array_get(value, 0) : value;
		assert_string_equal(json_member_string(result, "subtype"), "error_during_execution");
		assert_string_equal(json_member_string(result, "session_id"), name);
	}
}

TEST(a_conversation_is_named_by_a_random_uuid)
{
	char a[37], b[37];

	print_make_uuid(a);
	print_make_uuid(b);
	assert_string_not_equal(a, b);
	assert_true(strlen(a) == 36 && a[14] == '4' && strchr("89ab", a[19]) && a[8] == '-' && a[23] == '-');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(each_block_of_an_answer_has_a_line_with_the_same_name_and_figures),
		home_test(an_answer_without_anything_has_a_line_too),
		home_test(events_enclose_the_lines_of_their_blocks),
		home_test(a_question_after_an_answer_that_broke_off_begins_a_message_of_its_own),
		home_test(money_is_written_as_people_write_it_and_arguments_are_not_rounded),
		home_test(what_is_not_known_costs_nothing),
		home_test(json_is_the_result_alone_and_with_verbose_a_list_of_all),
		home_test(each_end_has_its_words),
		home_test(what_was_stopped_before_it_was_asked_has_a_result_in_every_form),
		cmocka_unit_test(a_conversation_is_named_by_a_random_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
