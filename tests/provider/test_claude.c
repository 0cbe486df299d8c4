/* JSON is written with ' for " here, in what is fed and in what is expected. */
#include "base/json.h"
#include "base/mem.h"
#include "provider/provider.h"
#include "support/test.h"

static char *json(const char *text)
{
	char *copy = mem_strdup(text);

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return copy;
}

static const struct provider *claude(void) { return provider_find("claude"); }

/* ---- requests ---- */

static struct message *say(struct request *r, enum chat_role role, const char *text)
{
	struct error err = { 0 };
	struct message *m = chat_add(&r->chat, role, str_of(text), &err);

	assert_non_null(m);
	return m;
}

static void call(struct request *r, struct message *m, const char *id, const char *arguments)
{
	own_mem char *object = json(arguments);
	struct error err = { 0 };

	assert_ok(chat_add_call(&r->chat, m, &(struct tool_call){ str_of(id), STR("Read"), str_of(object) }, &err));
}

static void result(struct request *r, const char *id, const char *text)
{
	say(r, ROLE_TOOL, text)->call_id = str_of(id);
}

static void write_body(const struct request *r, bool plain, struct buf *body)
{
	struct error err = { 0 };

	assert_ok(claude()->dialect->write_body(&(struct target){ claude(), "claude-test", plain }, r, body, &err));
	own_json *parsed = json_parse(buf_str(body), "body", &err);
	assert_ok(parsed != NULL);
}

static void expect_body(const struct request *r, const char *text)
{
	own_buf body = BUF_INIT(1 << 20);
	own_mem char *expected = json(text);

	write_body(r, false, &body);
	assert_string_equal(body.data, expected);
}

#define HEAD "{'model':'claude-test','max_tokens':32000,'stream':true"
#define USER_HI "{'role':'user','content':[{'type':'text','text':'hi'}]}"

TEST(a_question_is_one_user_message)
{
	own_request r = REQUEST_INIT(1 << 16);

	say(&r, ROLE_USER, "hi");
	expect_body(&r, HEAD ",'messages':[" USER_HI "]}");
}

TEST(system_messages_go_to_the_system_prompt_wherever_they_stand)
{
	own_request r = REQUEST_INIT(1 << 16);

	say(&r, ROLE_SYSTEM, "be brief");
	say(&r, ROLE_USER, "hi");
	say(&r, ROLE_SYSTEM, "be \"kind\"");
	expect_body(&r, HEAD ",'system':[{'type':'text','text':'be brief'},{'type':'text','text':'be \\'kind\\''}],"
		"'messages':[" USER_HI "]}");
}

TEST(consecutive_messages_of_one_side_become_one)
{
	own_request r = REQUEST_INIT(1 << 16);

	say(&r, ROLE_USER, "a");
	say(&r, ROLE_USER, "b");
	say(&r, ROLE_ASSISTANT, "c");
	say(&r, ROLE_SYSTEM, "s");
	say(&r, ROLE_ASSISTANT, "d");
	say(&r, ROLE_USER, "e");
	expect_body(&r, HEAD ",'system':[{'type':'text','text':'s'}],'messages':["
		"{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]},"
		"{'role':'assistant','content':[{'type':'text','text':'c'},{'type':'text','text':'d'}]},"
		"{'role':'user','content':[{'type':'text','text':'e'}]}]}");
}

TEST(calls_and_their_results_are_blocks_that_take_turns)
{
	own_request r = REQUEST_INIT(1 << 16);

	say(&r, ROLE_USER, "hi");
	struct message *m = say(&r, ROLE_ASSISTANT, "");
	call(&r, m, "a", "{'path':'x'}");
	call(&r, m, "b", "");
	result(&r, "a", "one");
	result(&r, "b", "two");
	say(&r, ROLE_USER, "and?");
	expect_body(&r, HEAD ",'messages':[" USER_HI ",{'role':'assistant','content':["
		"{'type':'tool_use','id':'a','name':'Read','input':{'path':'x'}},"
		"{'type':'tool_use','id':'b','name':'Read','input':{}}]},"
		"{'role':'user','content':[{'type':'tool_result','tool_use_id':'a','content':'one'},"
		"{'type':'tool_result','tool_use_id':'b','content':'two'},{'type':'text','text':'and?'}]}]}");
}

TEST(ids_are_made_of_characters_that_are_accepted)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_buf body = BUF_INIT(1 << 16);

	call(&r, say(&r, ROLE_ASSISTANT, ""), "functions.Read:0", "{}");
	result(&r, "functions.Read:0", "x");
	write_body(&r, false, &body);
	assert_non_null(strstr(body.data, "\"id\":\"functions_Read_0\""));
	assert_non_null(strstr(body.data, "\"tool_use_id\":\"functions_Read_0\""));
}

TEST(tools_are_sent_with_their_schemas)
{
	own_request r = REQUEST_INIT(1 << 16);
	struct error err = { 0 };

	say(&r, ROLE_USER, "hi");
	own_mem char *schema = json("{'type':'object','z':1}");
	struct tool read = { .name = STR("Read"), .description = STR("reads"), .schema = str_of(schema) };
	struct tool now = { .name = STR("Now") };
	assert_ok(chat_add_tool(&r.chat, &read, &err));
	assert_ok(chat_add_tool(&r.chat, &now, &err));
	expect_body(&r, HEAD ",'tools':[{'name':'Read','description':'reads','input_schema':{'type':'object','z':1}},"
		"{'name':'Now','description':'','input_schema':{'type':'object'}}],'messages':[" USER_HI "]}");
	r.tool_choice = TOOLS_NONE;
	own_buf body = BUF_INIT(1 << 16);
	write_body(&r, false, &body);
	assert_non_null(strstr(body.data, ",\"tool_choice\":{\"type\":\"none\"}"));
	r.tool_choice = TOOLS_AUTO;
	r.one_call = true;
	buf_clear(&body);
	assert_ok(claude()->dialect->write_body(&(struct target){ claude(), "m", false }, &r, &body, &err));
	assert_non_null(strstr(body.data, ",\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true}"));
	r.tool_choice = TOOLS_NAMED;
	r.named_tool = (struct str)STR("Now");
	r.chat.tools[1].strict = true;
	buf_clear(&body);
	assert_ok(claude()->dialect->write_body(&(struct target){ claude(), "m", false }, &r, &body, &err));
	assert_non_null(strstr(body.data,
		",\"tool_choice\":{\"type\":\"tool\",\"name\":\"Now\",\"disable_parallel_tool_use\":true}"));
	assert_non_null(strstr(body.data, "\"input_schema\":{\"type\":\"object\"},\"strict\":true}]"));
	r.tool_choice = TOOLS_REQUIRED;
	r.one_call = false;
	buf_clear(&body);
	assert_ok(claude()->dialect->write_body(&(struct target){ claude(), "m", false }, &r, &body, &err));
	assert_non_null(strstr(body.data, ",\"tool_choice\":{\"type\":\"any\"}"));
}

TEST(a_form_is_passed_on_and_never_dropped)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_buf body = BUF_INIT(1 << 16);
	struct error err = { 0 };

	say(&r, ROLE_USER, "hi");
	r.form = FORM_SCHEMA;
	r.form_schema = (struct str)STR("{\"type\":\"object\"}");
	assert_ok(claude()->dialect->write_body(&(struct target){ claude(), "m", false }, &r, &body, &err));
	assert_non_null(strstr(body.data,
		",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}"));
	r.form = FORM_OBJECT;
	assert_false(claude()->dialect->write_body(&(struct target){ claude(), "m", false }, &r, &body, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(wishes_are_sent_in_the_vendors_range)
{
	own_request r = REQUEST_INIT(1 << 16);

	say(&r, ROLE_USER, "hi");
	r.sampling.temperature = 1.7f;
	r.sampling.top_p = 0.5f;
	r.sampling.top_k = 40;
	r.sampling.max_tokens = 7;
	r.sampling.stop[0] = (struct str)STR("END");
	r.sampling.stop[1] = (struct str)STR("\"");
	r.sampling.stop_count = 2;
	expect_body(&r, "{'model':'claude-test','max_tokens':7,'stream':true,'temperature':1.000000,'top_k':40,"
		"'stop_sequences':['END','\\''],'messages':[" USER_HI "]}");
	r.sampling.temperature = NAN;
	r.sampling.stop_count = 0;
	r.sampling.top_k = 0;
	expect_body(&r, "{'model':'claude-test','max_tokens':7,'stream':true,'top_p':0.500000,"
		"'messages':[" USER_HI "]}");
}

TEST(a_plain_body_leaves_out_what_a_model_may_refuse)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_buf body = BUF_INIT(1 << 16);

	say(&r, ROLE_USER, "hi");
	r.sampling.temperature = 0.2f;
	r.sampling.top_p = 0.5f;
	r.sampling.top_k = 40;
	write_body(&r, true, &body);
	for (const char *const *wish = claude()->refusable; *wish; wish++)
		assert_null(strstr(body.data, *wish));
}

static void expect_refused(const struct request *r, size_t ceiling, enum error_kind kind, const char *part)
{
	own_buf body = BUF_INIT(ceiling);
	struct error err = { 0 };

	assert_false(claude()->dialect->write_body(&(struct target){ claude(), "claude-test", false }, r, &body, &err));
	assert_int_equal(err.kind, kind);
	assert_non_null(strstr(err.text, part));
}

TEST(what_cannot_be_asked_is_refused)
{
	own_request r = REQUEST_INIT(1 << 16);

	say(&r, ROLE_SYSTEM, "s");
	say(&r, ROLE_USER, "");
	expect_refused(&r, 1 << 16, ERROR_INVALID, "nothing to ask");
	call(&r, say(&r, ROLE_ASSISTANT, ""), "a", "[1]");
	expect_refused(&r, 1 << 16, ERROR_INVALID, "the arguments of a tool call: must be a JSON object");
	call(&r, say(&r, ROLE_ASSISTANT, ""), "a", "{'secret");
	expect_refused(&r, 1 << 16, ERROR_INVALID, "the arguments of a tool call");
	expect_refused(&r, 100, ERROR_TOO_LARGE, "100");
}

/* ---- answers ---- */

/* One line a delta, so that a whole answer compares as one string; text is joined. */
struct answer {
	struct buf text, rest;
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
	default:
		return buf_addf(&a->rest, err, "end %d %zu %zu %zu\n", d->finish, d->usage.prompt_tokens,
			d->usage.cached_tokens, d->usage.completion_tokens);
	}
}

static bool read_stream(const char *text, size_t piece, struct buf *out, struct error *err)
{
	own_mem char *stream = json(text);
	struct answer answer = { BUF_INIT(1 << 16), BUF_INIT(1 << 16) };
	own_provider_stream *s = provider_stream_create(claude(), record, &answer);
	bool ok = true;

	for (size_t at = 0, n = strlen(stream); ok && at < n; at += piece)
		ok = provider_stream_feed(s, (struct str){ stream + at, n - at < piece ? n - at : piece }, err);
	ok = ok && provider_stream_close(s, err);
	buf_putf(out, "%s\n%s", answer.text.data, answer.rest.data);
	buf_done(&answer.text);
	buf_done(&answer.rest);
	return ok;
}

/* In pieces of every size: cutting never changes the answer. */
static void expect_answer(const char *stream, const char *text)
{
	own_mem char *answer = json(text);

	for (size_t piece = 1; piece <= strlen(stream); piece += piece < 40 ? 1 : 97) {
		own_buf seen = BUF_INIT(1 << 16);
		struct error err = { 0 };
		assert_ok(read_stream(stream, piece, &seen, &err));
		assert_string_equal(seen.data, answer);
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
	"'usage':{'output_tokens':15}")
#define STOP EVENT("message_stop", "")
#define CALL(id, name, input) BLOCK("{'type':'tool_use','id':'" id "','name':'" name "','input':" input "}")
#define TEXT_BLOCK BLOCK("{'type':'text','text':''}")
#define USAGE "3210 3000 15\n"

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

TEST(thinking_and_unknown_things_are_passed_over)
{
	expect_answer(START BLOCK("{'type':'thinking','thinking':'hm','signature':''}")
		DELTA("{'type':'thinking_delta','thinking':'hm'}")
		DELTA("{'type':'signature_delta','signature':'x'}") BLOCK_STOP
		BLOCK("{'type':'redacted_thinking','data':'x'}") BLOCK_STOP
		BLOCK("{'type':'server_tool_use','id':'s','name':'web_search','input':{}}") JSON_PIECE("{}") BLOCK_STOP
		"event: news\ndata: not even JSON\n\n" EVENT("content_block_delta", "") EVENT("content_block_stop", "")
		TEXT_BLOCK TEXT("ok") BLOCK_STOP REASON("end_turn") STOP, "ok\nend 0 " USAGE);
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
		{ START REASON("refusal") STOP, "\nend 3 " USAGE },
		{ START REASON("something_new") STOP, "\nend 0 " USAGE },
	};

	for (size_t i = 0; i < countof(cases); i++)
		expect_answer(cases[i].stream, cases[i].answer);
}

TEST(figures_of_the_end_replace_those_of_the_start)
{
	expect_answer(START EVENT("message_delta", ",'delta':{'stop_reason':'end_turn'},'usage':{'input_tokens':5,"
		"'cache_read_input_tokens':null,'output_tokens':2}") STOP, "\nend 0 5 0 2\n");
}

TEST(what_follows_the_end_is_passed_over)
{
	expect_answer(START TEXT("x") REASON("end_turn") STOP TEXT("y") STOP "event: error\ndata: {}\n\n",
		"x\nend 0 " USAGE);
}

static void expect_failure(const char *stream, enum error_kind kind, const char *text)
{
	own_buf seen = BUF_INIT(1 << 16);
	struct error err = { 0 };

	assert_false(read_stream(stream, 7, &seen, &err));
	if (err.kind != kind || !strstr(err.text, text))
		fail_msg("error %d: %s", err.kind, err.text);
}

TEST(a_stream_without_its_end_is_an_error_wherever_it_is_cut)
{
	static const char whole[] = START TEXT_BLOCK TEXT("H\\u00e4") BLOCK_STOP REASON("end_turn") STOP;

	for (size_t cut = 0; cut < sizeof whole - 2; cut++) {
		char *part = strndup(whole, cut);
		expect_failure(part, ERROR_UNAVAILABLE, "Claude's answer was cut after ");
		free(part);
	}
	expect_failure(START TEXT("H\\u00e4"), ERROR_UNAVAILABLE, "cut after 2 characters");
}

TEST(an_error_in_mid_stream_is_told)
{
	expect_failure(START EVENT("error", ",'error':{'type':'overloaded_error','message':'Overloaded'}"),
		ERROR_UNAVAILABLE, "Claude is overloaded");
	expect_failure(START EVENT("error", ",'error':{'type':'invalid_request_error','message':'no\\u001b[2J'}"),
		ERROR_INVALID, "Claude refused the request: no [2J");
	expect_failure(START EVENT("error", ""), ERROR_UNAVAILABLE, "internal error");
}

TEST(what_cannot_be_read_is_an_error)
{
	expect_failure("event: message_start\ndata: {\n\n", ERROR_UNAVAILABLE, "Claude's answer: not valid JSON");
	expect_failure(START BLOCK("{'type':'tool_use','name':'Read'}"), ERROR_UNAVAILABLE, "without id or name");
}

static void expect_error(int status, const char *body, enum error_kind kind, const char *text)
{
	own_mem char *answer = json(body);
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
		cmocka_unit_test(a_question_is_one_user_message),
		cmocka_unit_test(system_messages_go_to_the_system_prompt_wherever_they_stand),
		cmocka_unit_test(consecutive_messages_of_one_side_become_one),
		cmocka_unit_test(calls_and_their_results_are_blocks_that_take_turns),
		cmocka_unit_test(ids_are_made_of_characters_that_are_accepted),
		cmocka_unit_test(tools_are_sent_with_their_schemas),
		cmocka_unit_test(a_form_is_passed_on_and_never_dropped),
		cmocka_unit_test(wishes_are_sent_in_the_vendors_range),
		cmocka_unit_test(a_plain_body_leaves_out_what_a_model_may_refuse),
		cmocka_unit_test(what_cannot_be_asked_is_refused),
		cmocka_unit_test(text_comes_as_it_is_written),
		cmocka_unit_test(a_call_comes_with_its_arguments),
		cmocka_unit_test(arguments_that_come_with_the_start_are_not_lost),
		cmocka_unit_test(thinking_and_unknown_things_are_passed_over),
		cmocka_unit_test(the_reason_to_stop_is_told),
		cmocka_unit_test(figures_of_the_end_replace_those_of_the_start),
		cmocka_unit_test(what_follows_the_end_is_passed_over),
		cmocka_unit_test(a_stream_without_its_end_is_an_error_wherever_it_is_cut),
		cmocka_unit_test(an_error_in_mid_stream_is_told),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(a_refusal_says_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
