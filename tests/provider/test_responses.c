/* OpenAI's Responses, in both directions. */
#include "dialogue.h"

#define HEAD "{'model':'gpt-6.1-sol','stream':true,'store':false,'prompt_cache_key':'"
#define THINKS ",'include':['reasoning.encrypted_content'],'reasoning':{'summary':'auto'}"
#define USER_HI "{'type':'message','role':'user','content':[{'type':'input_text','text':'hi'}]}"

/* ---- requests ---- */

static void expect_input(const char *provider, const struct request *r, const char *input)
{
	own_mem char *body = body_for(provider, NULL, false, r);
	const char *at = strstr(body, ",'input':[");

	assert_non_null(at);
	assert_string_equal(at + 10, input);
}

TEST(a_question_is_an_item_and_nothing_is_stored)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	own_mem char *body = body_for("openai", NULL, false, &r);
	assert_memory_equal(body, HEAD, strlen(HEAD));
	assert_string_equal(body + strlen(HEAD) + 32, "'" THINKS ",'input':[" USER_HI "]}");
}

TEST(the_cache_key_is_the_same_all_through_a_conversation)
{
	own_request r = REQUEST_INIT(1 << 16);
	size_t key = strlen(HEAD);

	add_message(&r, ROLE_USER, "hi");
	own_mem char *one = body_for("openai", NULL, false, &r);
	add_message(&r, ROLE_ASSISTANT, "hello");
	add_message(&r, ROLE_USER, "more");
	own_mem char *other = body_for("openai", NULL, false, &r);
	assert_memory_equal(one + key, other + key, 32);
	own_request q = REQUEST_INIT(1 << 16);
	add_message(&q, ROLE_USER, "ho");
	own_mem char *third = body_for("openai", NULL, false, &q);
	assert_memory_not_equal(one + key, third + key, 32);
}

TEST(system_messages_have_each_vendors_role)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_SYSTEM, "be brief");
	add_message(&r, ROLE_USER, "hi");
	expect_input("openai", &r, "{'type':'message','role':'developer','content':[{'type':'input_text','text':'be "
		"brief'}]},"
		USER_HI "]}");
	expect_input("grok", &r, "{'type':'message','role':'system','content':[{'type':'input_text','text':'be "
		"brief'}]},"
		USER_HI "]}");
}

TEST(an_answer_is_its_thoughts_its_text_and_its_calls)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "so");
	add_thought(&r, m, "claude", "another's", "X");
	add_thought(&r, m, "openai", "hm", "E1");
	add_thought(&r, m, "openai", "", "E2");
	m->sealed[1].id = (struct str)STR("rs_1");
	add_call(&r, m, "call_1", "{'a':1}");
	add_call(&r, m, "call_2", "");
	add_result(&r, "call_1", "one");
	add_picture(&r, &r.chat.messages[2], "one", "QUJD");
	add_result(&r, "call_2", "two");
	add_message(&r, ROLE_ASSISTANT, "done");
	expect_input("openai", &r, USER_HI ","
		"{'type':'reasoning','id':'rs_1','summary':[{'type':'summary_text','text':'hm'}],"
		"'encrypted_content':'E1'},"
		"{'type':'reasoning','summary':[],'encrypted_content':'E2'},"
		"{'type':'message','role':'assistant','phase':'commentary','content':[{'type':'output_text',"
		"'text':'so'}]},"
		"{'type':'function_call','call_id':'call_1','name':'Read','arguments':'{\\'a\\':1}'},"
		"{'type':'function_call','call_id':'call_2','name':'Read','arguments':'{}'},"
		"{'type':'function_call_output','call_id':'call_1','output':[{'type':'input_text','text':'one'},"
		"{'type':'input_image','image_url':'data:image/png;base64,QUJD'}]},"
		"{'type':'function_call_output','call_id':'call_2','output':'two'},"
		"{'type':'message','role':'assistant','phase':'final_answer','content':[{'type':'output_text',"
		"'text':'done'}]}]}");
	expect_not_in_body("grok", NULL, &r, "encrypted_content':'E1'");
	expect_not_in_body("grok", NULL, &r, "phase");
}

TEST(thoughts_stand_where_they_came)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "so");
	for (int i = 0; i < 4; i++)
		add_thought(&r, m, "openai", "", i == 0 ? "E0" : i == 1 ? "E1" : i == 2 ? "E2" : "E3");
	m->sealed[1].after_text = m->sealed[2].after_text = m->sealed[3].after_text = 2;
	m->sealed[2].after_calls = 1;
	m->sealed[3].after_calls = 2;
	add_call(&r, m, "call_1", "{}");
	add_call(&r, m, "call_2", "{}");
	expect_input("openai", &r, USER_HI ","
		"{'type':'reasoning','summary':[],'encrypted_content':'E0'},"
		"{'type':'message','role':'assistant','phase':'commentary','content':[{'type':'output_text',"
		"'text':'so'}]},"
		"{'type':'reasoning','summary':[],'encrypted_content':'E1'},"
		"{'type':'function_call','call_id':'call_1','name':'Read','arguments':'{}'},"
		"{'type':'reasoning','summary':[],'encrypted_content':'E2'},"
		"{'type':'function_call','call_id':'call_2','name':'Read','arguments':'{}'},"
		"{'type':'reasoning','summary':[],'encrypted_content':'E3'}]}");
}

TEST(what_may_be_refused_is_left_out_the_second_time)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "so");
	add_thought(&r, m, "openai", "hm", "E1");
	r.effort = EFFORT_HIGH;
	r.sampling.temperature = 1;
	r.sampling.max_tokens = 7;
	own_mem char *body = body_for("openai", NULL, true, &r);
	assert_string_equal(body + strlen(HEAD) + 32, "','max_output_tokens':7,'input':[" USER_HI ","
		"{'type':'message','role':'assistant','content':[{'type':'output_text','text':'so'}]}]}");
}

TEST(wishes_are_said_in_this_dialects_words)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_mem char *schema = quoted("{'type':'object'}");

	add_message(&r, ROLE_USER, "hi");
	r.sampling.temperature = 0.5f;
	r.sampling.top_p = 0.25f;
	r.effort = EFFORT_NONE;
	expect_in_body("openai", NULL, &r, "'reasoning':{'summary':'auto','effort':'low'},'temperature':0.500000,"
		"'top_p':0.250000");
	expect_in_body("openai", "gpt-6-sol", &r, "'effort':'none'");
	expect_in_body("openai", "gpt-5.6-terra", &r, "'effort':'none'");
	r.effort = EFFORT_MAX;
	expect_in_body("openai", "gpt-5.6-terra", &r, "'effort':'xhigh'");
	expect_in_body("openai", "o3", &r, "'effort':'high'");
	expect_in_body("openai", NULL, &r, "'effort':'max'");
	expect_in_body("grok", NULL, &r, "'effort':'high'");
	r.form = FORM_SCHEMA;
	r.form_schema = str_of(schema);
	expect_in_body("openai", NULL, &r, ",'text':{'format':{'type':'json_schema','name':'answer','strict':true,"
		"'schema':{'type':'object'}}}");
	r.form = FORM_OBJECT;
	expect_in_body("openai", NULL, &r, ",'text':{'format':{'type':'json_object'}}");
}

TEST(tools_say_whether_they_are_strict)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	add_tool(&r, "f", "{'type':'object'}", false);
	add_tool(&r, "g", "", true);
	r.tool_choice = TOOLS_NAMED;
	r.named_tool = (struct str)STR("g");
	r.one_call = true;
	expect_in_body("openai", NULL, &r, ",'tools':[{'type':'function','name':'f','description':'does it',"
		"'parameters':{'type':'object'},'strict':false},{'type':'function','name':'g','description':'does it',"
		"'parameters':{'type':'object','properties':{}},'strict':true}],'tool_choice':{'type':'function',"
		"'name':'g'},"
		"'parallel_tool_calls':false");
	r.tool_choice = TOOLS_REQUIRED;
	expect_in_body("openai", NULL, &r, ",'tool_choice':'required'");
	r.tool_choice = TOOLS_NONE;
	expect_in_body("openai", NULL, &r, "}],'tool_choice':'none','input'");
}

TEST(nothing_to_ask_is_refused)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_buf body = BUF_INIT(1 << 16);
	struct error err = { 0 };

	assert_false(write_for("openai", NULL, false, &r, &body, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(the_models_name_decides_the_dialect)
{
	static const struct { const char *provider, *model, *dialect; } rows[] = {
		{ "openai", "gpt-6.1-sol", "responses" },
		{ "openai", "gpt-5.6-luna", "responses" },
		{ "openai", "o3", "responses" },
		{ "openai", "gpt-4.1", "openai" },
		{ "openai", "gpt-oss-120b", "openai" },
		{ "openai", "chat-latest", "openai" },
		{ "openai", "our-own", "openai" },
		{ "grok", "grok-4.7", "responses" },
		{ "openrouter", "openai/gpt-6.1-sol", "openai" },
		{ "compatible", "gpt-6.1-sol", "openai" },
	};

	for (size_t i = 0; i < countof(rows); i++)
		assert_string_equal(provider_dialect(provider_find(rows[i].provider), rows[i].model)->name,
			rows[i].dialect);
}

/* ---- answers ---- */

#define CREATED "event: response.created\n{'type':'response.created','response':{'id':'resp_1'," \
	"'status':'in_progress'}}\n"
#define ADDED(item) "{'type':'response.output_item.added','output_index':0,'item':" item "}\n"
#define ITEM_DONE(item) "{'type':'response.output_item.done','output_index':0,'item':" item "}\n"
#define TEXT(text) "{'type':'response.output_text.delta','output_index':0,'content_index':0,'delta':'" text "'}\n"
#define USAGE "'usage':{'input_tokens':9,'input_tokens_details':{'cached_tokens':5,'cache_write_tokens':1}," \
	"'output_tokens':4,'output_tokens_details':{'reasoning_tokens':2},'total_tokens':13}"
#define COMPLETED "{'type':'response.completed','response':{'id':'resp_1','status':'completed','output':[]," USAGE \
	"}}\n"
#define COUNTED " 9+4 cached 5 written 1 thought 2)"

TEST(text_comes_as_it_is_sent)
{
	expect_heard("openai", NULL, CREATED ADDED("{'type':'message','id':'msg_1','content':[]}")
		"{'type':'response.content_part.added','part':{'type':'output_text','text':''}}\n" TEXT("Hel")
			TEXT("lö")
		"{'type':'response.output_text.done','text':'Hellö'}\n"
		ITEM_DONE("{'type':'message','content':[{'type':'output_text','text':'Hellö'}]}") COMPLETED,
		"text(Hel) text(lö) end(stop" COUNTED);
}

TEST(thoughts_are_summaries_with_a_seal)
{
	expect_heard("openai", NULL, CREATED ADDED("{'type':'reasoning','id':'rs_1','summary':[]}")
		"{'type':'response.reasoning_summary_part.added','summary_index':0}\n"
		"{'type':'response.reasoning_summary_text.delta','delta':'one'}\n"
		"{'type':'response.reasoning_summary_part.added','summary_index':1}\n"
		"{'type':'response.reasoning_summary_text.delta','delta':'two'}\n"
		ITEM_DONE("{'type':'reasoning','id':'rs_1','summary':[{'type':'summary_text','text':'one'}],"
		"'encrypted_content':'ENC'}")
		ADDED("{'type':'reasoning','id':'rs_2'}") ITEM_DONE("{'type':'reasoning','id':'rs_2',"
			"'encrypted_content':'ENC2'}")
		ADDED("{'type':'message'}") TEXT("a") COMPLETED,
		"thought(one) thought(\n\n) thought(two) seal(openai rs_1 ENC) seal(openai rs_2 redacted ENC2) "
		"text(a) end(stop" COUNTED);
}

#define F "'type':'function_call','id':'fc_1','call_id':'call_1','name':'f'"

TEST(a_call_comes_in_pieces)
{
	expect_heard("openai", NULL, CREATED ADDED("{" F ",'arguments':''}")
		"{'type':'response.function_call_arguments.delta','output_index':0,'delta':'{\\'a\\':'}\n"
		"{'type':'response.function_call_arguments.delta','output_index':0,'delta':'1}'}\n"
		"{'type':'response.function_call_arguments.done','output_index':0,'arguments':'{\\'a\\':1}'}\n"
		ITEM_DONE("{" F ",'arguments':'{\\'a\\':1}'}") COMPLETED,
		"call0(call_1 f) arguments0({'a':) arguments0(1}) end(tool_calls" COUNTED);
}

TEST(arguments_may_come_with_the_last_event_only)
{
	expect_heard("openai", NULL, CREATED ADDED("{" F ",'arguments':''}")
		"{'type':'response.function_call_arguments.done','output_index':0,'arguments':'{\\'a\\':1}'}\n"
		ITEM_DONE("{" F ",'arguments':'{\\'a\\':1}'}") COMPLETED,
		"call0(call_1 f) arguments0({'a':1}) end(tool_calls" COUNTED);
	expect_heard("openai", NULL, CREATED ITEM_DONE("{" F ",'arguments':'{\\'a\\':1}'}") COMPLETED,
		"call0(call_1 f) arguments0({'a':1}) end(tool_calls" COUNTED);
	expect_heard("openai", NULL, CREATED ADDED("{" F "}") ITEM_DONE("{" F ",'arguments':''}") COMPLETED,
		"call0(call_1 f) arguments0({}) end(tool_calls" COUNTED);
}

TEST(calls_that_come_at_the_same_time_are_put_in_order)
{
	expect_heard("openai", NULL, CREATED ADDED("{" F "}")
		"{'type':'response.output_item.added','output_index':1,'item':{'type':'function_call',"
			"'call_id':'call_2','name':'g'}}\n"
		"{'type':'response.function_call_arguments.delta','output_index':1,'delta':'{}'}\n"
		"{'type':'response.function_call_arguments.delta','output_index':0,'delta':'{\\'a\\':1}'}\n" COMPLETED,
		"call0(call_1 f) arguments0({'a':1}) call1(call_2 g) arguments1({}) end(tool_calls" COUNTED);
}

TEST(a_refusal_is_text_and_a_reason)
{
	expect_heard("openai", NULL, CREATED ADDED("{'type':'message'}")
		"{'type':'response.refusal.delta','delta':'no'}\n" COMPLETED,
		"text(no) end(refused" COUNTED);
}

TEST(an_incomplete_answer_says_why)
{
	expect_heard("openai", NULL, TEXT("a") "{'type':'response.incomplete','response':{'status':'incomplete',"
		"'incomplete_details':{'reason':'max_output_tokens'}," USAGE "}}\n", "text(a) end(length" COUNTED);
	expect_heard("openai", NULL, TEXT("a") "{'type':'response.incomplete','response':{'status':'incomplete',"
		"'incomplete_details':{'reason':'content_filter'}," USAGE "}}\n", "text(a) end(refused" COUNTED);
}

#define OUTPUT "'output':[{'type':'reasoning','id':'rs_1','summary':[{'type':'summary_text','text':'hm'}]," \
	"'encrypted_content':'E'},{'type':'message','content':[{'type':'output_text','text':'a'}," \
	"{'type':'refusal','refusal':'b'}]},{" F ",'arguments':'{}'},{'type':'web_search_call'}]"
#define OUTPUT_HEARD "thought(hm) seal(openai rs_1 E) text(a) text(b) call0(call_1 f) arguments0({}) end(refused" \
	COUNTED

TEST(an_answer_in_one_piece_is_read)
{
	expect_heard("openai", NULL, "{'type':'response.completed','response':{" OUTPUT "," USAGE "}}\n", OUTPUT_HEARD);
	expect_heard_whole("openai", NULL, "{'id':'resp_1','status':'completed','error':null," OUTPUT "," USAGE "}",
		OUTPUT_HEARD);
}

TEST(failures_in_mid_stream_keep_what_came)
{
	expect_failure("openai", NULL, TEXT("a") "{'type':'response.failed','response':{'error':{'code':'server_error',"
		"'message':'sorry'}}}\n", "text(a)", ERROR_UNAVAILABLE, "internal error");
	expect_failure("openai", NULL, "{'type':'error','code':'rate_limit_exceeded','message':'slow','param':null}\n",
		"",
		ERROR_UNAVAILABLE, "rate limit");
	expect_failure("openai", NULL, "{'type':'error','error':{'type':'invalid_request_error',"
		"'code':'context_length_exceeded',"
		"'message':'long'}}\n", "", ERROR_TOO_LARGE, "too large");
	expect_failure("openai", NULL, "{'error':{'type':'insufficient_quota','message':'none left'}}\n", "",
		ERROR_DENIED, "none left");
	expect_failure("openai", NULL, TEXT("abc"), "text(abc)", ERROR_UNAVAILABLE, "cut after 3 characters");
	expect_failure("openai", NULL, "{'type':\n", "", ERROR_UNAVAILABLE, "not valid JSON");
}

TEST(a_body_that_is_no_answer_is_an_error)
{
	static const char *const bodies[] = { "{}", "[]", "1", "{'error':{'message':'x'}}", "{'output':1}", "no json",
		"" };

	for (size_t i = 0; i < countof(bodies); i++) {
		own_mem char *body = quoted(bodies[i]);
		own_heard h = hear_cut("openai", NULL, str_of(body), 0, true);
		assert_false(h.ok);
		assert_int_equal(h.err.kind, ERROR_UNAVAILABLE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_an_item_and_nothing_is_stored),
		cmocka_unit_test(the_cache_key_is_the_same_all_through_a_conversation),
		cmocka_unit_test(system_messages_have_each_vendors_role),
		cmocka_unit_test(an_answer_is_its_thoughts_its_text_and_its_calls),
		cmocka_unit_test(thoughts_stand_where_they_came),
		cmocka_unit_test(what_may_be_refused_is_left_out_the_second_time),
		cmocka_unit_test(wishes_are_said_in_this_dialects_words),
		cmocka_unit_test(tools_say_whether_they_are_strict),
		cmocka_unit_test(nothing_to_ask_is_refused),
		cmocka_unit_test(the_models_name_decides_the_dialect),
		cmocka_unit_test(text_comes_as_it_is_sent),
		cmocka_unit_test(thoughts_are_summaries_with_a_seal),
		cmocka_unit_test(a_call_comes_in_pieces),
		cmocka_unit_test(arguments_may_come_with_the_last_event_only),
		cmocka_unit_test(calls_that_come_at_the_same_time_are_put_in_order),
		cmocka_unit_test(a_refusal_is_text_and_a_reason),
		cmocka_unit_test(an_incomplete_answer_says_why),
		cmocka_unit_test(an_answer_in_one_piece_is_read),
		cmocka_unit_test(failures_in_mid_stream_keep_what_came),
		cmocka_unit_test(a_body_that_is_no_answer_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
