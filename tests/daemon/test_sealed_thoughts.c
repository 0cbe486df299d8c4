/*
 * Round trips: what Claude thought goes through our API to a client and back, and the
 * next request to Claude holds every block as it came.  JSON is written with ' for ".
 */
#include "base/mem.h"
#include "daemon/openai.h"
#include "daemon/seals.h"
#include "provider/provider.h"
#include "support/test.h"

static char *json(const char *text)
{
	char *copy = mem_strdup(text);

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return copy;
}

#define EVENT(name, json) "event: " name "\ndata: {'type':'" name "'" json "}\n\n"
#define BLOCK(json) EVENT("content_block_start", ",'index':0,'content_block':" json)
#define DELTA(json) EVENT("content_block_delta", ",'index':0,'delta':" json)
#define BLOCK_STOP EVENT("content_block_stop", ",'index':0")
#define THINKING(a, b, seal) BLOCK("{'type':'thinking','thinking':'','signature':''}") \
	DELTA("{'type':'thinking_delta','thinking':'" a "'}") DELTA("{'type':'thinking_delta','thinking':'" b "'}") \
	DELTA("{'type':'signature_delta','signature':'" seal "'}") BLOCK_STOP
#define TEXT(text) BLOCK("{'type':'text','text':''}") DELTA("{'type':'text_delta','text':'" text "'}") BLOCK_STOP
#define CALL(id, input) BLOCK("{'type':'tool_use','id':'" id "','name':'Read','input':{}}") \
	DELTA("{'type':'input_json_delta','partial_json':'" input "'}") BLOCK_STOP

static const char stream[] = EVENT("message_start", ",'message':{'usage':{'input_tokens':1}}")
	THINKING("First, ", "w\xc3\xa4it", "EqQB/+=") BLOCK("{'type':'redacted_thinking','data':'Zm9v'}") BLOCK_STOP
	TEXT("I l\xc3\xb6ok.") THINKING("", "between", "s2") CALL("toolu_1", "{}") THINKING("and", "", "s3")
	CALL("toolu_2", "{}")
	EVENT("message_delta", ",'delta':{'stop_reason':'tool_use'}") EVENT("message_stop", "");

/* As the next request must hold them. */
static const char blocks[] = "{'role':'assistant','content':["
	"{'type':'thinking','thinking':'First, w\xc3\xa4it','signature':'EqQB/+='},"
	"{'type':'redacted_thinking','data':'Zm9v'},{'type':'text','text':'I l\xc3\xb6ok.'},"
	"{'type':'thinking','thinking':'between','signature':'s2'},"
	"{'type':'tool_use','id':'toolu_1','name':'Read','input':{}},"
	"{'type':'thinking','thinking':'and','signature':'s3'},"
	"{'type':'tool_use','id':'toolu_2','name':'Read','input':{}}]}";

static const struct openai_source source = { "teacher", "claude", "asked for", NULL };

/* ---- the way to the client ---- */

struct way {
	struct openai_writer *writer;
	struct buf *out;           /* NULL: whole */
	struct seals *seals;
	struct seal_notes notes;
};

static bool pass_on(void *user, const struct delta *d, struct error *err)
{
	struct way *way = user;

	seals_note(way->seals, &way->notes, d, 0);
	return way->out ? openai_write_delta(way->writer, d, way->out, err) : openai_collect(way->writer, d, err);
}

static void answer(bool streamed, struct seals *seals, struct buf *out)
{
	own_request r = REQUEST_INIT(1000);
	own_mem char *events = json(stream);
	struct way way = { .writer = openai_writer_create(&r, "m", &source), .out = streamed ? out : NULL,
		.seals = seals, .notes = SEAL_NOTES_INIT };
	own_provider_stream *s = provider_stream_create(provider_find("claude"), pass_on, &way);
	struct error err = {0};

	assert_non_null(chat_add(&r.chat, ROLE_USER, (struct str)STR("hi"), &err));
	way.notes.question = seals_question(&r.chat, 1);
	assert_ok(provider_stream_feed(s, str_of(events), &err) && provider_stream_close(s, &err));
	assert_ok(streamed || openai_write_whole(way.writer, out, &err));
	openai_writer_destroy(way.writer);
	seal_notes_done(&way.notes);
}

/* ---- what clients make of it ---- */

static json_t *message_of_whole(const struct buf *out)
{
	struct error err = {0};
	own_json *response = json_parse(buf_str(out), "response", &err);

	assert_ok(response != NULL);
	return json_incref(json_object_get(json_array_get(json_object_get(response, "choices"), 0), "message"));
}

/* Joins the pieces of one call. */
static void add_to_call(json_t *calls, const json_t *piece)
{
	size_t index = (size_t)json_integer_value(json_object_get(piece, "index"));
	const char *more = json_member_string(json_object_get(piece, "function"), "arguments");

	if (index == json_array_size(calls)) {
		json_array_append_new(calls, json_deep_copy(piece));
		return;
	}
	json_t *function = json_object_get(json_array_get(calls, index), "function");
	own_mem char *joined = mem_printf("%s%s", json_member_string(function, "arguments"), more);
	json_object_set_new(function, "arguments", json_string(joined));
}

static json_t *message_of_stream(const struct buf *out)
{
	own_buf text = BUF_INIT(1 << 16);
	json_t *details = json_array(), *calls = json_array();
	struct error err = {0};
	const char *at = out->data;

	for (const char *end; strncmp(at, "data: {", 7) == 0 && (end = strstr(at, "\n\n")) != NULL; at = end + 2) {
		own_json *chunk = json_parse((struct str){ at + 6, (size_t)(end - at - 6) }, "chunk", &err);
		assert_ok(chunk != NULL);
		const json_t *delta = json_object_get(json_array_get(json_object_get(chunk, "choices"), 0), "delta");
		const json_t *piece;
		size_t i;
		assert_ok(buf_add_str(&text, json_member_str(delta, "content"), &err));
		json_array_extend(details, json_object_get(delta, "reasoning_details"));
		json_array_foreach(json_object_get(delta, "tool_calls"), i, piece)
			add_to_call(calls, piece);
	}
	return json_pack("{s:s, s:s, s:o, s:o}", "role", "assistant", "content", text.data,
		"reasoning_details", details, "tool_calls", calls);
}

/* ---- and the way back ---- */

static void expect_blocks(json_t *message, struct seals *seals)
{
	own_json *body = json_pack("{s:[{s:s, s:s}, o, {s:s, s:s, s:s}]}", "messages", "role", "user", "content", "hi",
		message, "role", "tool", "tool_call_id", "toolu_1", "content", "x");
	own_buf text = BUF_INIT(1 << 20), request_body = BUF_INIT(1 << 20);
	own_request r = REQUEST_INIT(1 << 20);
	own_mem char *expected = json(blocks);
	struct openai_fault fault = {0};
	struct error err = {0};
	struct target target = { provider_find("claude"), "claude-sonnet-5-5", false };

	assert_ok(json_write(&text, body, &err) && openai_read(buf_str(&text), &r, &fault, &err));
	assert_ok(!seals || seals_restore(seals, &r.chat, 0, &err));
	assert_ok(dialect_claude.write_body(&target, &r, &request_body, &err));
	if (!strstr(request_body.data, expected))
		fail_msg("no %s\nin %s", expected, request_body.data);
}

TEST(a_client_that_sends_everything_back_loses_nothing)
{
	struct seals *seals = seals_create(1 << 20, 1000);
	own_buf out = BUF_INIT(1 << 20), events = BUF_INIT(1 << 20);

	answer(false, seals, &out);
	expect_blocks(message_of_whole(&out), NULL);
	answer(true, seals, &events);
	expect_blocks(message_of_stream(&events), NULL);
	seals_destroy(seals);
}

TEST(a_client_that_sends_the_calls_alone_loses_nothing_either)
{
	for (int streamed = 0; streamed < 2; streamed++) {
		struct seals *seals = seals_create(1 << 20, 1000);
		own_buf out = BUF_INIT(1 << 20);
		answer(streamed, seals, &out);
		json_t *message = streamed ? message_of_stream(&out) : message_of_whole(&out);
		json_object_del(message, "reasoning_details");
		expect_blocks(message, seals);
		seals_destroy(seals);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_sends_everything_back_loses_nothing),
		cmocka_unit_test(a_client_that_sends_the_calls_alone_loses_nothing_either),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
