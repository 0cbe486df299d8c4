/* JSON is written with ' for " here, in what is fed and in what is expected. */
#include "dialogue.h"

#include "support/random.h"

static const struct provider *claude(void) { return provider_find("claude"); }

/* ---- requests ---- */

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
	own_mem char *expected = quoted(text);

	write_body(r, false, &body);
	assert_string_equal(body.data, expected);
}

/* The body for a model holds this. */
static void expect_part(const struct request *r, const char *model, const char *text)
{
	own_buf body = BUF_INIT(1 << 20);
	own_mem char *expected = quoted(text);
	struct error err = { 0 };

	assert_ok(claude()->dialect->write_body(&(struct target){ claude(), model, false }, r, &body, &err));
	if (!strstr(body.data, expected))
		fail_msg("no %s\nin %s", expected, body.data);
}

#define HEAD "{'model':'claude-test','max_tokens':32000,'stream':true"
#define USER_HI "{'role':'user','content':[{'type':'text','text':'hi'}]}"

TEST(a_question_is_one_user_message)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	expect_body(&r, HEAD ",'messages':[" USER_HI "]}");
}

TEST(system_messages_go_to_the_system_prompt_wherever_they_stand)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_SYSTEM, "be brief");
	add_message(&r, ROLE_USER, "hi");
	add_message(&r, ROLE_SYSTEM, "be \"kind\"");
	expect_body(&r, HEAD ",'system':[{'type':'text','text':'be brief'},{'type':'text','text':'be \\'kind\\''}],"
		"'messages':[" USER_HI "]}");
}

TEST(consecutive_messages_of_one_side_become_one)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "a");
	add_message(&r, ROLE_USER, "b");
	add_message(&r, ROLE_ASSISTANT, "c");
	add_message(&r, ROLE_SYSTEM, "s");
	add_message(&r, ROLE_ASSISTANT, "d");
	add_message(&r, ROLE_USER, "e");
	expect_body(&r, HEAD ",'system':[{'type':'text','text':'s'}],'messages':["
		"{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]},"
		"{'role':'assistant','content':[{'type':'text','text':'c'},{'type':'text','text':'d'}]},"
		"{'role':'user','content':[{'type':'text','text':'e'}]}]}");
}

TEST(calls_and_their_results_are_blocks_that_take_turns)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "");
	add_call(&r, m, "a", "{'path':'x'}");
	add_call(&r, m, "b", "");
	add_result(&r, "a", "one");
	add_result(&r, "b", "two");
	add_message(&r, ROLE_USER, "and?");
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

	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "functions.Read:0", "{}");
	add_result(&r, "functions.Read:0", "x");
	write_body(&r, false, &body);
	assert_non_null(strstr(body.data, "\"id\":\"functions_Read_0\""));
	assert_non_null(strstr(body.data, "\"tool_use_id\":\"functions_Read_0\""));
}

TEST(tools_are_sent_with_their_schemas)
{
	own_request r = REQUEST_INIT(1 << 16);
	struct error err = { 0 };

	add_message(&r, ROLE_USER, "hi");
	own_mem char *schema = quoted("{'type':'object','z':1}");
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

	add_message(&r, ROLE_USER, "hi");
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

	add_message(&r, ROLE_USER, "hi");
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

	add_message(&r, ROLE_USER, "hi");
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

	add_message(&r, ROLE_SYSTEM, "s");
	add_message(&r, ROLE_USER, "");
	expect_refused(&r, 1 << 16, ERROR_INVALID, "nothing to ask");
	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "[1]");
	expect_refused(&r, 1 << 16, ERROR_INVALID, "the arguments of a tool call: must be a JSON object");
	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "{'secret");
	expect_refused(&r, 1 << 16, ERROR_INVALID, "the arguments of a tool call");
	expect_refused(&r, 100, ERROR_TOO_LARGE, "100");
}

/* ---- the order of turns ---- */

TEST(results_come_first_whatever_was_said_between)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "");
	add_call(&r, m, "a", "{}");
	add_call(&r, m, "b", "{}");
	add_result(&r, "a", "one");
	add_message(&r, ROLE_USER, "wait");
	add_result(&r, "b", "two");
	expect_part(&r, "claude-test",
		"{'role':'user','content':[{'type':'tool_result','tool_use_id':'a','content':'one'},"
		"{'type':'tool_result','tool_use_id':'b','content':'two'},{'type':'text','text':'wait'}]}]}");
}

TEST(texts_that_say_nothing_are_left_out)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_SYSTEM, " \n");
	add_message(&r, ROLE_USER, "hi");
	add_message(&r, ROLE_ASSISTANT, "\t");
	add_message(&r, ROLE_USER, "you?");
	expect_body(&r, HEAD ",'messages':[{'role':'user','content':[{'type':'text','text':'hi'},"
		"{'type':'text','text':'you?'}]}]}");
}

TEST(a_call_that_failed_says_so)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "{}");
	add_result(&r, "a", "no such file");
	r.chat.messages[1].failed = true;
	expect_part(&r, "claude-test",
		"{'type':'tool_result','tool_use_id':'a','content':'no such file','is_error':true}]}]}");
}

TEST(system_messages_in_mid_conversation_stay_where_a_model_takes_them)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_SYSTEM, "first");
	add_message(&r, ROLE_USER, "hi");
	add_message(&r, ROLE_SYSTEM, "now in French");
	add_message(&r, ROLE_SYSTEM, "and brief");
	add_message(&r, ROLE_ASSISTANT, "Salut");
	add_message(&r, ROLE_SYSTEM, "after an answer");
	add_message(&r, ROLE_USER, "more");
	add_message(&r, ROLE_SYSTEM, "at the end");
	expect_part(&r, "claude-sonnet-5-5", ",'system':[{'type':'text','text':'first'},"
		"{'type':'text','text':'after an answer'}],'messages':[" USER_HI ",{'role':'system','content':["
		"{'type':'text','text':'now in French'},{'type':'text','text':'and brief'}]},"
		"{'role':'assistant','content':[{'type':'text','text':'Salut'}]},"
		"{'role':'user','content':[{'type':'text','text':'more'}]},"
		"{'role':'system','content':[{'type':'text','text':'at the end'}]}]}");
	expect_part(&r, "claude-sonnet-4-5", ",'system':[{'type':'text','text':'first'},"
		"{'type':'text','text':'now in French'},{'type':'text','text':'and brief'},"
		"{'type':'text','text':'after an answer'},{'type':'text','text':'at the end'}],"
		"'messages':[" USER_HI ",");
}

#define MARK ",'cache_control':{'type':'ephemeral'}"

/* ---- pictures ---- */

static void show(struct request *r, struct message *m, const char *text, const struct image *image)
{
	struct error err = { 0 };

	assert_ok(chat_add_piece(&r->chat, m, &(struct piece){ str_of(text), image }, &err));
}

static const struct image png = { .type = STR("image/png"), .data = STR("iVBORw0KGgo=") };
static const struct image linked = { .url = STR("https://example.org/a.png") };

TEST(pictures_stand_among_texts_in_their_order)
{
	own_request r = REQUEST_INIT(1 << 16);
	struct message *m = add_message(&r, ROLE_USER, "what is\nand");

	show(&r, m, "what is", NULL);
	show(&r, m, "", &png);
	show(&r, m, "and", NULL);
	show(&r, m, "", &linked);
	expect_body(&r, HEAD ",'messages':[{'role':'user','content':[{'type':'text','text':'what is'},"
		"{'type':'image','source':{'type':'base64','media_type':'image/png','data':'iVBORw0KGgo='}},"
		"{'type':'text','text':'and'},{'type':'image','source':{'type':'url','url':'https://example.org/a.png'}"
		MARK "}]}]}");
}

TEST(a_tool_may_answer_with_pictures)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "{}");
	add_result(&r, "a", "seen");
	struct message *m = &r.chat.messages[1];
	show(&r, m, "seen", NULL);
	show(&r, m, "", &png);
	expect_part(&r, "claude-test",
		"{'type':'tool_result','tool_use_id':'a','content':[{'type':'text','text':'seen'},{'type':'image',"
		"'source':{'type':'base64','media_type':'image/png','data':'iVBORw0KGgo='}}]" MARK "}]}]}");
}

/* ---- whatever was said ---- */

static struct str some_text(uint64_t *r)
{
	static const char *const texts[] = {
		"", " \n", "x", "H\xc3\xa4llo \xf0\x9f\x98\x80", "a longer text \"quoted\"",
	};

	return str_of(texts[random_below(r, countof(texts))]);
}

static void add_answer(struct request *request, uint64_t *r)
{
	static const char *const vendors[] = { "claude", "gemini", "claude" };
	struct message *m = add_message(request, ROLE_ASSISTANT, some_text(r).p);
	struct error err = { 0 };

	for (size_t n = random_below(r, 4); n > 0; n--) {
		struct thought thought = { .text = some_text(r),
			.seal = { str_of(vendors[random_below(r, 3)]), STR("s") }, .redacted = random_below(r, 4) == 0,
			.after_text = random_below(r, 20), .after_calls = random_below(r, 3) };
		assert_ok(chat_add_thought(&request->chat, m, &thought, &err));
	}
	for (size_t n = random_below(r, 3); n > 0; n--)
		add_call(request, m, "a", "{}");
}

static void add_random_picture(struct request *request, uint64_t *r)
{
	struct message *m = add_message(request, random_below(r, 2) ? ROLE_USER : ROLE_TOOL, "");

	show(request, m, some_text(r).p, NULL);
	show(request, m, "", random_below(r, 2) ? &png : &linked);
}

static void add_something(struct request *request, uint64_t *r)
{
	switch (random_below(r, 6)) {
	case 0: add_answer(request, r); break;
	case 1: add_random_picture(request, r); break;
	case 2: add_result(request, "a", some_text(r).p); break;
	case 3: add_message(request, ROLE_SYSTEM, some_text(r).p); break;
	default: add_message(request, ROLE_USER, some_text(r).p); break;
	}
}

static bool is_type(const json_t *block, const char *type)
{
	return strcmp(json_member_string(block, "type"), type) == 0;
}

static size_t check_blocks(const json_t *message)
{
	const json_t *content = json_object_get(message, "content"), *block;
	bool results_over = false;
	size_t i, marks = 0;

	assert_true(json_array_size(content) > 0);
	json_array_foreach(content, i, block) {
		results_over |= !is_type(block, "tool_result");
		assert_true(!is_type(block, "tool_result") || !results_over);
		assert_true(!is_type(block, "text") || str_trim(json_member_str(block, "text")).n > 0);
		assert_true(!is_type(block, "thinking") || json_member_string(block, "signature"));
		marks += json_object_get(block, "cache_control") != NULL;
	}
	return marks;
}

static void check_turns(const json_t *body)
{
	const json_t *messages = json_object_get(body, "messages"), *message, *block;
	const char *before = "assistant";
	size_t i, marks = 0;

	json_array_foreach(messages, i, message) {
		const char *role = json_member_string(message, "role");
		if (i > 0)
			assert_string_not_equal(role, before);
		if (strcmp(role, "system") == 0)
			assert_string_equal(before, "user");
		if (i > 0 && strcmp(before, "system") == 0)
			assert_string_equal(role, "assistant");
		marks += check_blocks(message);
		before = role;
	}
	json_array_foreach(json_object_get(body, "system"), i, block)
		marks += json_object_get(block, "cache_control") != NULL;
	assert_in_range(marks, 0, 4);
}

TEST(whatever_was_said_the_turns_are_in_order)
{
	static const char *const models[] = { "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5", "other" };
	uint64_t r = 7;
	size_t written = 0;

	for (int round = 0; round < 3000; round++) {
		own_request request = REQUEST_INIT(1 << 20);
		own_buf body = BUF_INIT(1 << 20);
		struct error err = { 0 };
		struct target target = { claude(), models[random_below(&r, 4)], random_below(&r, 3) == 0 };
		for (size_t n = random_below(&r, 12); n > 0; n--)
			add_something(&request, &r);
		if (!claude()->dialect->write_body(&target, &request, &body, &err)) {
			assert_non_null(strstr(err.text, "nothing to ask"));
			continue;
		}
		own_json *parsed = json_parse(buf_str(&body), "body", &err);
		assert_ok(parsed != NULL);
		check_turns(parsed);
		written++;
	}
	assert_true(written > 2000);
}

/* ---- the prompt cache ---- */

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part)) != NULL) {
		text++;
		n++;
	}
	return n;
}

TEST(the_ends_of_tools_system_prompt_and_last_turns_are_marked)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_buf body = BUF_INIT(1 << 16);
	struct error err = { 0 };
	char longish[1100];

	memset(longish, 'x', sizeof longish - 1);
	longish[sizeof longish - 1] = '\0';
	add_message(&r, ROLE_SYSTEM, longish);
	add_message(&r, ROLE_SYSTEM, "s");
	for (int i = 0; i < 3; i++) {
		add_message(&r, ROLE_USER, "hi");
		add_message(&r, ROLE_ASSISTANT, "ho");
	}
	add_message(&r, ROLE_USER, "and");
	add_message(&r, ROLE_USER, "now");
	assert_ok(chat_add_tool(&r.chat, &(struct tool){ .name = STR("A") }, &err));
	assert_ok(chat_add_tool(&r.chat, &(struct tool){ .name = STR("B") }, &err));
	expect_part(&r, "claude-test", "{'name':'B','description':'','input_schema':{'type':'object'}" MARK "}]");
	expect_part(&r, "claude-test", "{'type':'text','text':'s'" MARK "}],'messages':[" USER_HI ",");
	expect_part(&r, "claude-test", "{'role':'user','content':[{'type':'text','text':'hi'" MARK "}]},"
		"{'role':'assistant','content':[{'type':'text','text':'ho'}]},{'role':'user','content':["
		"{'type':'text','text':'and'},{'type':'text','text':'now'" MARK "}]}]}");
	write_body(&r, false, &body);
	assert_int_equal(count(body.data, "cache_control"), 4);
	buf_clear(&body);
	const struct target lasting = { .provider = provider_find("claude"), .model = "claude-test", .lasting = true };
	assert_ok(dialect_claude.write_body(&lasting, &r, &body, &err));
	assert_int_equal(count(body.data, "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}"), 4);
	buf_clear(&body);
	r.chat.messages[0].text.n = 10;
	write_body(&r, false, &body);
	assert_int_equal(count(body.data, "cache_control"), 0);
}

TEST(the_size_of_a_context_is_no_part_of_a_models_name)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	expect_part(&r, "claude-sonnet-4-6[1m]", "{'model':'claude-sonnet-4-6','max_tokens':32000,");
	assert_string_equal(provider_model(claude(), "opus[1m]"), provider_model(claude(), "opus"));
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
		cmocka_unit_test(results_come_first_whatever_was_said_between),
		cmocka_unit_test(texts_that_say_nothing_are_left_out),
		cmocka_unit_test(a_call_that_failed_says_so),
		cmocka_unit_test(system_messages_in_mid_conversation_stay_where_a_model_takes_them),
		cmocka_unit_test(pictures_stand_among_texts_in_their_order),
		cmocka_unit_test(a_tool_may_answer_with_pictures),
		cmocka_unit_test(whatever_was_said_the_turns_are_in_order),
		cmocka_unit_test(the_ends_of_tools_system_prompt_and_last_turns_are_marked),
		cmocka_unit_test(the_size_of_a_context_is_no_part_of_a_models_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
