/* JSON is written with ' for " here, in what is fed and in what is expected. */
#include "dialogue.h"

static const struct provider *claude(void) { return provider_find("claude"); }

/* One line a delta, so that a whole answer compares as one string; text is joined. */
struct answer {
	struct buf text, thoughts, rest;
};

static bool record(void *user, const struct delta *d, struct error *err)
{
	struct answer *a = user;

	switch (d->kind) {
	case DELTA_TEXT:
		return buf_add_str(&a->text, d->text, err);
	case DELTA_CALL:
		return buf_addf(&a->rest, err, "call %zu %.*s %.*s\n", d->call, STR_ARGS(d->id), STR_ARGS(d->name));
	case DELTA_ARGUMENTS:
		return buf_addf(&a->rest, err, "arguments %zu %.*s\n", d->call, STR_ARGS(d->text));
	case DELTA_THOUGHT:
		return buf_add_str(&a->thoughts, d->text, err);
	case DELTA_SEAL:
		if (!buf_addf(&a->rest, err, "%s %.*s \"%s\" %.*s\n", d->redacted ? "redacted" : "sealed",
			STR_ARGS(d->vendor), a->thoughts.data, STR_ARGS(d->text)))
			return false;
		buf_clear(&a->thoughts);
		return d->call == DELTA_NO_CALL;
	default:
		return buf_addf(&a->rest, err, "end %d %zu %zu %zu %zu %zu\n", d->finish, d->usage.prompt_tokens,
			d->usage.cached_tokens, d->usage.written_tokens, d->usage.completion_tokens,
			d->usage.thought_tokens);
	}
}

/* A first piece, and the rest in pieces of a size. */
static bool read_stream(const char *text, size_t first, size_t piece, struct buf *out, struct error *err)
{
	own_mem char *stream = quoted(text);
	struct answer answer = { BUF_INIT(1 << 16), BUF_INIT(1 << 16), BUF_INIT(1 << 16) };
	own_provider_stream *s = provider_stream_create(claude(), record, &answer);
	bool ok = true;

	for (size_t at = 0, n = strlen(stream), take = first; ok && at < n; at += take, take = piece)
		ok = provider_stream_feed(s, (struct str){ stream + at, n - at < take ? n - at : take }, err);
	ok = ok && provider_stream_close(s, err);
	buf_putf(out, "%s\n%s", answer.text.data, answer.rest.data);
	buf_done(&answer.text);
	buf_done(&answer.thoughts);
	buf_done(&answer.rest);
	return ok;
}

static bool keep_usage(void *user, const struct delta *d, struct error *err)
{
	(void)err;
	if (d->kind == DELTA_END)
		*(struct usage *)user = d->usage;
	return true;
}

TEST(what_was_put_into_the_cache_for_an_hour_is_counted_apart)
{
	own_mem char *stream = quoted("event: message_start\ndata: {'type':'message_start','message':{'usage':{"
		"'input_tokens':3,'cache_creation_input_tokens':9,'cache_creation':{'ephemeral_5m_input_tokens':2,"
		"'ephemeral_1h_input_tokens':7}}}}\n\nevent: message_stop\ndata: {'type':'message_stop'}\n\n");
	struct usage usage = {0};
	struct error err = {0};
	own_provider_stream *s = provider_stream_create(claude(), keep_usage, &usage);

	assert_ok(provider_stream_feed(s, str_of(stream), &err));
	assert_int_equal(usage.written_tokens, 9);
	assert_int_equal(usage.lasting_tokens, 7);
	assert_int_equal(usage.prompt_tokens, 12);
}

/* In two pieces, cut at every byte, and in pieces of every size: cutting never changes the answer. */
static void expect_answer(const char *stream, const char *text)
{
	own_mem char *answer = quoted(text);
	size_t n = strlen(stream);

	for (size_t cut = 1; cut <= n; cut++) {
		own_buf two = BUF_INIT(1 << 16), many = BUF_INIT(1 << 16);
		struct error err = { 0 };
		assert_ok(read_stream(stream, cut, n, &two, &err));
		assert_string_equal(two.data, answer);
		if (cut > 40 && cut % 97)
			continue;
		assert_ok(read_stream(stream, cut, cut, &many, &err));
		assert_string_equal(many.data, answer);
	}
}

#define EVENT(name, json) "event: " name "\ndata: {'type':'" name "'" json "}\n\n"
#define START EVENT("message_start", ",'message':{'id':'msg_1','content':[],'stop_reason':null," \
	"'usage':{'input_tokens':10,'cache_creation_input_tokens':200,'cache_read_input_tokens':3000," \
	"'output_tokens':1}}")
#define BLOCK(json) EVENT("content_block_start", ",'index':0,'content_block':" json)
#define DELTA(json) EVENT("content_block_delta", ",'index':0,'delta':" json)
#define TEXT(text) DELTA("{'type':'text_delta','text':'" text "'}")
#define JSON_PIECE(text) DELTA("{'type':'input_json_delta','partial_json':'" text "'}")
#define BLOCK_STOP EVENT("content_block_stop", ",'index':0")
#define REASON(reason) EVENT("message_delta", ",'delta':{'stop_reason':'" reason "','stop_sequence':null}," \
	"'usage':{'output_tokens':15,'output_tokens_details':{'thinking_tokens':7}}")
#define STOP EVENT("message_stop", "")
#define CALL(id, name, input) BLOCK("{'type':'tool_use','id':'" id "','name':'" name "','input':" input "}")
#define TEXT_BLOCK BLOCK("{'type':'text','text':''}")
#define USAGE "3210 3000 200 15 7\n"

TEST(text_comes_as_it_is_written)
{
	expect_answer(START "event: ping\ndata: {'type': 'ping'}\n\n"
		TEXT_BLOCK TEXT("H\\u00e4l") TEXT("") TEXT("lo \xf0\x9f\x98\x80") BLOCK_STOP
		REASON("end_turn") STOP, "H\xc3\xa4llo \xf0\x9f\x98\x80\nend 0 " USAGE);
}

TEST(a_call_comes_with_its_arguments)
{
	expect_answer(START TEXT_BLOCK TEXT("Let me look.") BLOCK_STOP
		CALL("t1", "Read", "{}") JSON_PIECE("") JSON_PIECE("{\\'path\\':") JSON_PIECE("\\'x\\'}") BLOCK_STOP
		CALL("t2", "Now", "{}") BLOCK_STOP
		REASON("tool_use") STOP,
		"Let me look.\ncall 0 t1 Read\narguments 0 {'path':\narguments 0 'x'}\ncall 1 t2 Now\narguments 1 {}\n"
		"end 2 " USAGE);
}

TEST(arguments_that_come_with_the_start_are_not_lost)
{
	expect_answer(START CALL("t", "Read", "{'a':1}") JSON_PIECE("{\\'a\\':1}") BLOCK_STOP
		REASON("tool_use") STOP, "\ncall 0 t Read\narguments 0 {'a':1}\nend 2 " USAGE);
}

#define THINKING BLOCK("{'type':'thinking','thinking':'','signature':''}")
#define THOUGHT(text) DELTA("{'type':'thinking_delta','thinking':'" text "'}")
#define SIGNATURE(text) DELTA("{'type':'signature_delta','signature':'" text "'}")

TEST(thoughts_come_with_their_seals)
{
	expect_answer(START THINKING THOUGHT("hm, ") THOUGHT("H\\u00e4") SIGNATURE("EqQB+/=") BLOCK_STOP
		BLOCK("{'type':'redacted_thinking','data':'Zm9v'}") BLOCK_STOP
		THINKING SIGNATURE("only") BLOCK_STOP TEXT_BLOCK TEXT("ok") BLOCK_STOP
		THINKING THOUGHT("then") SIGNATURE("two") BLOCK_STOP REASON("end_turn") STOP,
		"ok\nsealed claude \"hm, H\xc3\xa4\" EqQB+/=\nredacted claude \"\" Zm9v\nsealed claude \"\" only\n"
		"sealed claude \"then\" two\nend 0 " USAGE);
}

TEST(thoughts_that_come_with_their_start_are_not_lost)
{
	expect_answer(START BLOCK("{'type':'thinking','thinking':'hm','signature':'x'}") THOUGHT("again")
		SIGNATURE("y") BLOCK_STOP REASON("end_turn") STOP, "\nsealed claude \"hm\" x\nend 0 " USAGE);
}

TEST(thoughts_without_a_seal_are_told_from_those_after_them)
{
	expect_answer(START THINKING THOUGHT("one") BLOCK_STOP THINKING THOUGHT("two") SIGNATURE("x") BLOCK_STOP
		REASON("end_turn") STOP, "\nsealed claude \"one\" \nsealed claude \"two\" x\nend 0 " USAGE);
}

TEST(unknown_things_are_passed_over)
{
	expect_answer(START SIGNATURE("stray") THOUGHT("stray")
		BLOCK("{'type':'server_tool_use','id':'s','name':'web_search','input':{}}") JSON_PIECE("{}") BLOCK_STOP
		BLOCK("{'type':'container_upload'}") DELTA("{'type':'citations_delta','citation':{}}") BLOCK_STOP
		"event: news\ndata: not even JSON\n\n" EVENT("content_block_delta", "") EVENT("content_block_stop", "")
		TEXT_BLOCK TEXT("ok") BLOCK_STOP REASON("end_turn") STOP, "ok\nend 0 " USAGE);
}

#define REFUSAL(details) EVENT("message_delta", ",'delta':{'stop_reason':'refusal','stop_details':" details "}," \
	"'usage':{'output_tokens':15,'output_tokens_details':{'thinking_tokens':7}}")

TEST(a_refusal_without_a_word_is_explained)
{
	expect_answer(START REFUSAL("{'type':'refusal','category':'cyber','explanation':'This may do harm.'}") STOP,
		"This may do harm.\nend 3 " USAGE);
	expect_answer(START REFUSAL("{'type':'refusal','category':null,'explanation':null}") STOP, "\nend 3 " USAGE);
	expect_answer(START TEXT_BLOCK TEXT("No.") BLOCK_STOP
		REFUSAL("{'type':'refusal','explanation':'This may do harm.'}") STOP, "No.\nend 3 " USAGE);
}

TEST(the_reason_to_stop_is_told)
{
	static const struct {
		const char *stream;
		const char *answer;
	} cases[] = {
		{ START REASON("end_turn") STOP, "\nend 0 " USAGE },
		{ START REASON("stop_sequence") STOP, "\nend 0 " USAGE },
		{ START REASON("max_tokens") STOP, "\nend 1 " USAGE },
		{ START REASON("model_context_window_exceeded") STOP, "\nend 1 " USAGE },
		{ START REASON("pause_turn") STOP, "\nend 1 " USAGE },
		{ START REASON("refusal") STOP, "\nend 3 " USAGE },
		{ START REASON("something_new") STOP, "\nend 0 " USAGE },
	};

	for (size_t i = 0; i < countof(cases); i++)
		expect_answer(cases[i].stream, cases[i].answer);
}

TEST(figures_of_the_end_replace_those_of_the_start)
{
	expect_answer(START EVENT("message_delta", ",'delta':{'stop_reason':'end_turn'},'usage':{'input_tokens':5,"
		"'cache_read_input_tokens':null,'output_tokens':2}") STOP, "\nend 0 5 0 0 2 0\n");
}

/* They become money. */
TEST(figures_that_no_answer_can_have_are_not_believed)
{
	expect_answer(START EVENT("message_delta", ",'delta':{'stop_reason':'end_turn'},'usage':{"
		"'input_tokens':9223372036854775807,'output_tokens':9223372036854775807}") STOP,
		"\nend 0 10000000 0 0 10000000 0\n");
}

TEST(what_follows_the_end_is_passed_over)
{
	expect_answer(START TEXT("x") REASON("end_turn") STOP TEXT("y") STOP "event: error\ndata: {}\n\n",
		"x\nend 0 " USAGE);
}

static void expect_broken(const char *stream, enum error_kind kind, const char *text)
{
	size_t n = strlen(stream);

	for (size_t cut = 1; cut <= n + 1; cut++) {
		own_buf seen = BUF_INIT(1 << 16);
		struct error err = { 0 };
		assert_false(read_stream(stream, cut, n + 1, &seen, &err));
		if (err.kind != kind || !strstr(err.text, text))
			fail_msg("error %d: %s", err.kind, err.text);
	}
}

TEST(a_stream_without_its_end_is_an_error_wherever_it_is_cut)
{
	static const char whole[] = START TEXT_BLOCK TEXT("H\\u00e4") BLOCK_STOP REASON("end_turn") STOP;

	for (size_t cut = 0; cut < sizeof whole - 2; cut++) {
		char *part = strndup(whole, cut);
		expect_broken(part, ERROR_UNAVAILABLE, "Claude's answer was cut after ");
		free(part);
	}
	expect_broken(START TEXT("H\\u00e4"), ERROR_UNAVAILABLE, "cut after 2 characters");
}

TEST(an_error_in_mid_stream_is_told)
{
	expect_broken(START EVENT("error", ",'error':{'type':'overloaded_error','message':'Overloaded'}"),
		ERROR_UNAVAILABLE, "Claude is overloaded");
	expect_broken(START EVENT("error", ",'error':{'type':'invalid_request_error','message':'no\\u001b[2J'}"),
		ERROR_INVALID, "Claude refused the request: no [2J");
	expect_broken(START EVENT("error", ""), ERROR_UNAVAILABLE, "internal error");
}

TEST(what_cannot_be_read_is_an_error)
{
	expect_broken("event: message_start\ndata: {\n\n", ERROR_UNAVAILABLE, "Claude's answer: not valid JSON");
	expect_broken(START BLOCK("{'type':'tool_use','name':'Read'}"), ERROR_UNAVAILABLE, "without id or name");
}

static void expect_error(int status, const char *body, enum error_kind kind, const char *text)
{
	own_mem char *answer = quoted(body);
	struct error err = { 0 };

	assert_false(claude()->dialect->read_error(claude(), status, str_of(answer), &err));
	assert_int_equal(err.kind, kind);
	assert_string_equal(err.text, text);
}

#define ERROR_BODY(type, message) "{'type':'error','error':{'type':'" type "','message':'" message "'}}"

TEST(a_refusal_says_what_to_do)
{
	expect_error(400, ERROR_BODY("invalid_request_error", "messages: too few"), ERROR_INVALID,
		"Claude refused the request: messages: too few");
	expect_error(400, ERROR_BODY("invalid_request_error", "prompt is too long: 2 tokens > 1 maximum"),
		ERROR_TOO_LARGE, "Claude refused the request: prompt is too long: 2 tokens > 1 maximum");
	expect_error(401, ERROR_BODY("authentication_error", "invalid x-api-key"), ERROR_DENIED,
		"Claude refused the key");
	expect_error(404, ERROR_BODY("not_found_error", "model: claude-0"), ERROR_NOT_FOUND,
		"Claude knows no such model or address: check the model's name and the base URL: model: claude-0");
	expect_error(413, "", ERROR_TOO_LARGE,
		"Claude says that the conversation is too large: shorten it or begin a new one");
	expect_error(429, "{}", ERROR_UNAVAILABLE, "Claude says that the rate limit for this key is reached");
	expect_error(503, ERROR_BODY("overloaded_error", "Overloaded"), ERROR_UNAVAILABLE, "Claude is overloaded");
	expect_error(502, "<html>", ERROR_UNAVAILABLE, "Claude cannot be reached (502)");
	expect_error(302, "", ERROR_INVALID, "Claude's address answered with a redirect (302): check the base URL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_into_the_cache_for_an_hour_is_counted_apart),
		cmocka_unit_test(text_comes_as_it_is_written),
		cmocka_unit_test(a_call_comes_with_its_arguments),
		cmocka_unit_test(arguments_that_come_with_the_start_are_not_lost),
		cmocka_unit_test(thoughts_come_with_their_seals),
		cmocka_unit_test(thoughts_that_come_with_their_start_are_not_lost),
		cmocka_unit_test(thoughts_without_a_seal_are_told_from_those_after_them),
		cmocka_unit_test(unknown_things_are_passed_over),
		cmocka_unit_test(a_refusal_without_a_word_is_explained),
		cmocka_unit_test(the_reason_to_stop_is_told),
		cmocka_unit_test(figures_of_the_end_replace_those_of_the_start),
		cmocka_unit_test(figures_that_no_answer_can_have_are_not_believed),
		cmocka_unit_test(what_follows_the_end_is_passed_over),
		cmocka_unit_test(a_stream_without_its_end_is_an_error_wherever_it_is_cut),
		cmocka_unit_test(an_error_in_mid_stream_is_told),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(a_refusal_says_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
