/* Requests of Chat Completions, as each vendor wants them. */
#include "dialogue.h"

#define HEAD "{'model':'m','stream':true,'stream_options':{'include_usage':true}"
#define USER_HI "{'role':'user','content':'hi'}"

static void expect_body(const char *provider, const char *model, const struct request *r, const char *expected)
{
	own_mem char *body = body_for(provider, model, false, r);

	assert_string_equal(body, expected);
}

/* ---- messages ---- */

TEST(a_conversation_is_written_in_its_order)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_SYSTEM, "be brief");
	add_message(&r, ROLE_USER, "hi");
	add_message(&r, ROLE_ASSISTANT, "hello");
	add_message(&r, ROLE_USER, "a \"b\"");
	expect_body("vllm", "m", &r, HEAD ",'messages':[{'role':'system','content':'be brief'}," USER_HI ","
		"{'role':'assistant','content':'hello'},{'role':'user','content':'a \\'b\\''}]}");
}

TEST(calls_and_results_keep_their_ids)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "");
	add_call(&r, m, "functions.Read:0", "{'path':'x'}");
	add_call(&r, m, "b", "");
	add_result(&r, "functions.Read:0", "one");
	add_result(&r, "b", "two");
	expect_body("compatible", "m", &r, HEAD ",'messages':[" USER_HI
		",{'role':'assistant','content':'','tool_calls':["
		"{'id':'functions.Read:0','type':'function','function':{'name':'Read',"
		"'arguments':'{\\'path\\':\\'x\\'}'}},"
		"{'id':'b','type':'function','function':{'name':'Read','arguments':'{}'}}]},"
		"{'role':'tool','tool_call_id':'functions.Read:0','content':'one'},"
		"{'role':'tool','tool_call_id':'b','content':'two'}]}");
}

TEST(ids_that_are_too_long_are_shortened_alike_for_call_and_result)
{
	static const char id[] = "a-call-id-that-is-longer-than-the-forty-bytes-allowed";
	own_request r = REQUEST_INIT(1 << 16);
	char made[80];

	add_message(&r, ROLE_USER, "hi");
	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), id, "{}");
	add_result(&r, id, "x");
	own_mem char *body = body_for("openai", "gpt-4o", false, &r);
	assert_null(strstr(body, id));
	assert_int_equal(sscanf(strstr(body, "'tool_call_id':'") + 16, "%79[^']", made), 1);
	assert_int_equal(strlen(made), 40);
	assert_non_null(strstr(strstr(body, made) + 1, made));
}

TEST(mistrals_ids_are_nine_letters_and_digits)
{
	own_request r = REQUEST_INIT(1 << 16);
	char made[80];

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "");
	add_call(&r, m, "abcDEF123", "{}");
	add_call(&r, m, "call_1", "{}");
	add_result(&r, "abcDEF123", "x");
	add_result(&r, "call_1", "y");
	own_mem char *body = body_for("mistral", NULL, false, &r);
	assert_non_null(strstr(body, "'id':'abcDEF123'"));
	assert_non_null(strstr(body, "'tool_call_id':'abcDEF123'"));
	assert_null(strstr(body, "call_1"));
	assert_int_equal(sscanf(strstr(strstr(body, "'tool_call_id':'") + 1, "'tool_call_id':'") + 16, "%79[^']",
		made), 1);
	assert_int_equal(strlen(made), 9);
	for (const char *c = made; *c; c++)
		assert_true((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9'));
	assert_true(strstr(body, made) < strstr(body, "'tool_call_id':'"));
}

TEST(pictures_are_parts_of_the_users_message)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_picture(&r, add_message(&r, ROLE_USER, "see"), "see", "QUJD");
	expect_in_body("openai", "gpt-4o", &r, "{'role':'user','content':[{'type':'text','text':'see'},"
		"{'type':'image_url','image_url':{'url':'data:image/png;base64,QUJD'}}]}");
}

TEST(a_picture_by_address_is_sent_as_one)
{
	own_request r = REQUEST_INIT(1 << 16);
	struct image image = { .url = STR("https://example.org/a.png") };
	struct error err = { 0 };

	struct message *m = add_message(&r, ROLE_USER, "");
	assert_ok(chat_add_piece(&r.chat, m, &(struct piece){ .image = &image }, &err));
	expect_in_body("openai", "gpt-4o", &r, "'content':[{'type':'image_url',"
		"'image_url':{'url':'https://example.org/a.png'}}]");
}

TEST(pictures_of_results_follow_the_last_result)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "");
	add_call(&r, m, "a", "{}");
	add_call(&r, m, "b", "{}");
	add_result(&r, "a", "shot");
	add_picture(&r, &r.chat.messages[2], "shot", "QUJD");
	add_result(&r, "b", "two");
	expect_in_body("openai", "gpt-4o", &r, "{'role':'tool','tool_call_id':'a','content':'shot'},"
		"{'role':'tool','tool_call_id':'b','content':'two'},"
		"{'role':'user','content':[{'type':'text','text':'What the tool returned:'},"
		"{'type':'image_url','image_url':{'url':'data:image/png;base64,QUJD'}}]}]}");
	expect_in_body("mistral", NULL, &r, "'content':[{'type':'text','text':'shot'},{'type':'image_url',");
}

TEST(an_empty_answer_is_left_out)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	add_message(&r, ROLE_ASSISTANT, "");
	expect_body("vllm", "m", &r, HEAD ",'messages':[" USER_HI "]}");
}

TEST(mistral_wants_an_answer_between_a_result_and_a_question)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "abcdefghi", "{}");
	add_result(&r, "abcdefghi", "x");
	add_message(&r, ROLE_USER, "and?");
	expect_in_body("mistral", NULL, &r, "'content':'x'},{'role':'assistant','content':'Done.'},{'role':'user',"
		"'content':'and?'}]}");
	expect_in_body("openai", "gpt-4o", &r, "'content':'x'},{'role':'user','content':'and?'}]}");
}

TEST(nothing_to_ask_is_refused)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_buf body = BUF_INIT(1 << 16);
	struct error err = { 0 };

	assert_false(write_for("vllm", "m", false, &r, &body, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

/* ---- thoughts of earlier answers ---- */

static void make_loop(struct request *r, const char *thoughts)
{
	add_message(r, ROLE_USER, "old");
	add_message(r, ROLE_ASSISTANT, "older")->thoughts = str_of(thoughts);
	add_message(r, ROLE_USER, "hi");
	struct message *m = add_message(r, ROLE_ASSISTANT, "");
	m->thoughts = str_of(thoughts);
	add_call(r, m, "abcdefghi", "{}");
	add_result(r, "abcdefghi", "x");
}

TEST(deepseek_gets_all_its_thoughts_back)
{
	own_request r = REQUEST_INIT(1 << 16);

	make_loop(&r, "hm");
	expect_in_body("deepseek", NULL, &r, "'content':'older','reasoning_content':'hm'}");
	expect_in_body("deepseek", NULL, &r, "'content':'','reasoning_content':'hm','tool_calls':[");
	expect_not_in_body("deepseek", "deepseek-reasoner", &r, "reasoning_content");
}

TEST(thoughts_that_are_missing_are_blank_for_deepseek)
{
	own_request r = REQUEST_INIT(1 << 16);

	make_loop(&r, "");
	expect_in_body("deepseek", NULL, &r, "'content':'older','reasoning_content':' '}");
}

TEST(what_a_vendor_sealed_goes_before_what_the_client_kept)
{
	own_request r = REQUEST_INIT(1 << 16);

	make_loop(&r, "another's");
	add_thought(&r, &r.chat.messages[3], "claude", "not mine", "S");
	add_thought(&r, &r.chat.messages[3], "deepseek", "mine", "plain");
	expect_in_body("deepseek", NULL, &r, "'reasoning_content':'mine','tool_calls'");
}

TEST(local_servers_get_the_thoughts_of_this_question_only)
{
	own_request r = REQUEST_INIT(1 << 16);

	make_loop(&r, "hm");
	expect_in_body("llamacpp", NULL, &r, "{'role':'assistant','content':'older'}");
	expect_in_body("llamacpp", NULL, &r, "'content':'','reasoning_content':'hm','tool_calls':[");
	expect_in_body("vllm", "m", &r, "'content':'','reasoning':'hm','tool_calls':[");
	expect_in_body("ollama", "m", &r, "'content':'','reasoning':'hm','tool_calls':[");
	expect_not_in_body("groq", NULL, &r, "hm");
	expect_not_in_body("openai", "gpt-4o", &r, "hm");
}

TEST(mistral_gets_its_own_thoughts_as_parts)
{
	own_request r = REQUEST_INIT(1 << 16);

	make_loop(&r, "another's");
	expect_not_in_body("mistral", NULL, &r, "another's");
	add_thought(&r, &r.chat.messages[3], "mistral", "mine", "plain");
	r.chat.messages[3].text = (struct str)STR("so");
	expect_in_body("mistral", NULL, &r, "'content':[{'type':'thinking','thinking':[{'type':'text','text':'mine'}]},"
		"{'type':'text','text':'so'}],'tool_calls':[");
}

TEST(openrouter_gets_its_details_back_as_they_came)
{
	own_request r = REQUEST_INIT(1 << 16);

	make_loop(&r, "");
	struct message *m = &r.chat.messages[3];
	add_thought(&r, m, "claude", "x", "not for them");
	add_thought(&r, m, "openrouter", "hm", "{'type':'reasoning.text','signature':'S','index':0}");
	add_thought(&r, m, "openrouter", "su", "{'type':'reasoning.summary','index':1}");
	add_thought(&r, m, "openrouter", "", "{'type':'reasoning.encrypted','data':'D','id':'rs_1','index':2}");
	expect_in_body("openrouter", NULL, &r, "'reasoning_details':[{'type':'reasoning.text','signature':'S',"
		"'index':0,'text':'hm'},"
		"{'type':'reasoning.summary','index':1,'summary':'su'},"
		"{'type':'reasoning.encrypted','data':'D','id':'rs_1','index':2}],'tool_calls':[");
	expect_not_in_body("openai", "gpt-4o", &r, "reasoning_details");
}

TEST(changed_details_are_refused)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_buf body = BUF_INIT(1 << 16);
	struct error err = { 0 };

	make_loop(&r, "");
	add_thought(&r, &r.chat.messages[3], "openrouter", "hm", "no json");
	assert_false(write_for("openrouter", "m", false, &r, &body, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(a_calls_seal_goes_to_its_vendor_only)
{
	own_request r = REQUEST_INIT(1 << 16);
	struct error err = { 0 };

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "");
	struct tool_call call = { STR("a"), STR("f"), STR("{}"), { STR("compatible"), STR("SIG") } };
	assert_ok(chat_add_call(&r.chat, m, &call, &err));
	expect_in_body("compatible", "m", &r, "'extra_content':{'google':{'thought_signature':'SIG'}}}");
	expect_not_in_body("openai", "gpt-4o", &r, "SIG");
}

/* ---- wishes ---- */

TEST(the_limit_is_called_as_the_model_knows_it)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.sampling.max_tokens = 99;
	expect_in_body("openai", "gpt-4o", &r, ",'max_completion_tokens':99");
	expect_in_body("openai", "some-model-of-ours", &r, ",'max_tokens':99");
	expect_in_body("groq", NULL, &r, ",'max_completion_tokens':99");
	expect_in_body("mistral", NULL, &r, ",'max_tokens':99");
	expect_in_body("deepseek", NULL, &r, ",'max_tokens':99");
	expect_in_body("ollama", "m", &r, ",'max_tokens':99");
}

TEST(samplers_go_to_those_who_know_them)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.sampling.temperature = 0.5f;
	r.sampling.top_p = 0.25f;
	r.sampling.top_k = 7;
	r.sampling.min_p = 0.125f;
	r.sampling.repetition_penalty = 1.5f;
	r.sampling.seed = 3;
	r.sampling.presence_penalty = 9;
	r.sampling.stop[0] = (struct str)STR("END");
	r.sampling.stop_count = 1;
	expect_body("openai", "gpt-4o", &r, "{'model':'gpt-4o','stream':true,'stream_options':{'include_usage':true},"
		"'stop':['END'],'temperature':0.500000,'top_p':0.250000,'presence_penalty':2.000000,'seed':3,"
		"'messages':[" USER_HI "]}");
	expect_in_body("llamacpp", NULL, &r, ",'min_p':0.125000,'top_k':7,'repeat_penalty':1.500000,'seed':3");
	expect_in_body("vllm", "m", &r, ",'repetition_penalty':1.500000");
	expect_in_body("mistral", NULL, &r, ",'random_seed':3");
	expect_not_in_body("deepseek", NULL, &r, "seed':3");
}

TEST(log_probabilities_are_asked_for_where_they_are_known)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.sampling.top_logprobs = 0;
	expect_in_body("vllm", "m", &r, ",'logprobs':true,'messages'");
	r.sampling.top_logprobs = 2;
	expect_in_body("openai", "gpt-4o", &r, ",'logprobs':true,'top_logprobs':2,'messages'");
	expect_not_in_body("groq", NULL, &r, "logprobs");
	expect_not_in_body("mistral", NULL, &r, "logprobs");
}

TEST(wishes_that_may_be_refused_are_left_out_the_second_time)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.sampling.temperature = 0.5f;
	r.effort = EFFORT_HIGH;
	r.sampling.stop[0] = (struct str)STR("END");
	r.sampling.stop_count = 1;
	own_mem char *body = body_for("compatible", "m", true, &r);
	assert_string_equal(body, "{'model':'m','stream':true,'messages':[" USER_HI "]}");
}

TEST(usage_is_asked_for_where_that_is_known)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	expect_not_in_body("mistral", NULL, &r, "stream_options");
	expect_in_body("deepseek", NULL, &r, "'stream_options':{'include_usage':true}");
}

TEST(caching_is_asked_for_where_it_does_not_come_by_itself)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	expect_in_body("openrouter", "anthropic/claude-x", &r, ",'cache_control':{'type':'ephemeral'}");
	expect_not_in_body("openrouter", NULL, &r, "cache_control");
	expect_in_body("openrouter", NULL, &r, ",'usage':{'include':true}");
	expect_not_in_body("compatible", "m", &r, "'include'");
}

static void expect_effort(const char *provider, const char *model, enum effort effort, const char *piece)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.effort = effort;
	if (piece)
		expect_in_body(provider, model, &r, piece);
	else
		expect_not_in_body(provider, model, &r, "effort");
}

TEST(effort_is_said_in_each_vendors_words)
{
	expect_effort("openai", "gpt-4o", EFFORT_HIGH, NULL);
	expect_effort("mistral", NULL, EFFORT_MAX, ",'reasoning_effort':'high'");
	expect_effort("mistral", NULL, EFFORT_NONE, ",'reasoning_effort':'none'");
	expect_effort("mistral", "codestral-latest", EFFORT_HIGH, NULL);
	expect_effort("groq", NULL, EFFORT_MINIMAL, ",'reasoning_effort':'low'");
	expect_effort("groq", "qwen/qwen3.8-27b", EFFORT_NONE, ",'reasoning_effort':'none'");
	expect_effort("openrouter", NULL, EFFORT_MAX, ",'reasoning':{'effort':'xhigh'}");
	expect_effort("deepseek", NULL, EFFORT_MEDIUM, ",'reasoning_effort':'high'");
	expect_effort("deepseek", NULL, EFFORT_NONE, ",'thinking':{'type':'disabled'}");
	expect_effort("ollama", "m", EFFORT_NONE, ",'reasoning_effort':'none'");
	expect_effort("llamacpp", NULL, EFFORT_NONE, ",'chat_template_kwargs':{'enable_thinking':false}");
	expect_effort("vllm", "m", EFFORT_LOW, ",'reasoning_effort':'low'");
	for (size_t i = 0; i < provider_count; i++)
		if (providers[i].openai)
			expect_effort(providers[i].name, providers[i].default_model ? NULL : "m", EFFORT_UNSET, NULL);
}

TEST(no_thoughts_means_no_effort)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.chat.no_thoughts = true;
	expect_in_body("ollama", "m", &r, ",'reasoning_effort':'none'");
	r.effort = EFFORT_LOW;
	expect_in_body("ollama", "m", &r, ",'reasoning_effort':'low'");
}

/* ---- tools ---- */

TEST(tools_and_the_choice_among_them)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	add_tool(&r, "f", "{'type':'object','z':1,'a':2}", false);
	add_tool(&r, "g", "", true);
	expect_in_body("openai", "gpt-4o", &r, ",'tools':[{'type':'function','function':{'name':'f',"
		"'description':'does it',"
		"'parameters':{'type':'object','z':1,'a':2}}},{'type':'function','function':{'name':'g',"
		"'description':'does it',"
		"'parameters':{'type':'object','properties':{}},'strict':true}}],'messages'");
	expect_not_in_body("deepseek", NULL, &r, "strict");
	r.tool_choice = TOOLS_NONE;
	r.one_call = true;
	expect_in_body("openai", "gpt-4o", &r, "}],'tool_choice':'none','messages'");
	r.tool_choice = TOOLS_AUTO;
	expect_in_body("openai", "gpt-4o", &r, "}],'parallel_tool_calls':false,'messages'");
	expect_not_in_body("deepseek", NULL, &r, "parallel_tool_calls");
	r.one_call = false;
	r.tool_choice = TOOLS_REQUIRED;
	expect_in_body("openai", "gpt-4o", &r, ",'tool_choice':'required'");
	expect_in_body("mistral", NULL, &r, ",'tool_choice':'any'");
	r.tool_choice = TOOLS_NAMED;
	r.named_tool = (struct str)STR("f");
	expect_in_body("mistral", NULL, &r, ",'tool_choice':{'type':'function','function':{'name':'f'}}");
}

TEST(the_answers_form_is_asked_for_or_refused)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_mem char *schema = quoted("{'type':'object'}");
	own_buf body = BUF_INIT(1 << 16);
	struct error err = { 0 };

	add_message(&r, ROLE_USER, "hi");
	r.form = FORM_OBJECT;
	expect_in_body("deepseek", NULL, &r, ",'response_format':{'type':'json_object'}");
	r.form = FORM_SCHEMA;
	r.form_schema = str_of(schema);
	expect_in_body("openai", "gpt-4o", &r, ",'response_format':{'type':'json_schema',"
		"'json_schema':{'name':'answer',"
		"'strict':true,'schema':{'type':'object'}}}");
	assert_false(write_for("deepseek", NULL, false, &r, &body, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(strstr(err.text, "DeepSeek has no json_schema"));
}

/* ---- addresses ---- */

static void expect_address(const char *provider, const char *model, const char *base, const char *expected)
{
	const struct provider *p = provider_find(provider);
	struct target target = { .provider = p, .model = model ? model : p->default_model };
	own_buf url = BUF_INIT(1 << 10);
	struct error err = { 0 };

	buf_put(&url, base ? base : p->default_base_url);
	assert_ok(provider_dialect(p, target.model)->write_path(&target, &url, &err));
	assert_string_equal(url.data, expected);
}

TEST(addresses_work_with_and_without_a_version)
{
	expect_address("openai", "gpt-4o", NULL, "https://api.openai.com/v1/chat/completions");
	expect_address("openai", NULL, NULL, "https://api.openai.com/v1/responses");
	expect_address("openai", "gpt-4o", "https://api.openai.com", "https://api.openai.com/v1/chat/completions");
	expect_address("groq", NULL, NULL, "https://api.groq.com/openai/v1/chat/completions");
	expect_address("groq", NULL, "https://api.groq.com", "https://api.groq.com/openai/v1/chat/completions");
	expect_address("groq", NULL, "https://api.groq.com/openai", "https://api.groq.com/openai/v1/chat/completions");
	expect_address("openrouter", NULL, "https://openrouter.ai", "https://openrouter.ai/api/v1/chat/completions");
	expect_address("openrouter", NULL, "https://openrouter.ai/api",
		"https://openrouter.ai/api/v1/chat/completions");
	expect_address("compatible", "m", "http://box:8080", "http://box:8080/v1/chat/completions");
	expect_address("compatible", "m", "http://box:8080/v1", "http://box:8080/v1/chat/completions");
	expect_address("compatible", "m", "http://box/v1beta/openai", "http://box/v1beta/openai/chat/completions");
	expect_address("compatible", "m", "http://box/api/v4", "http://box/api/v4/chat/completions");
	expect_address("compatible", "m", "http://box/llm", "http://box/llm/v1/chat/completions");
	expect_address("compatible", "m", "http://box/v1/chat/completions", "http://box/v1/chat/completions");
	expect_address("grok", NULL, "https://api.x.ai/v1/chat/completions", "https://api.x.ai/v1/responses");
	expect_address("ollama", "m", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_conversation_is_written_in_its_order),
		cmocka_unit_test(calls_and_results_keep_their_ids),
		cmocka_unit_test(ids_that_are_too_long_are_shortened_alike_for_call_and_result),
		cmocka_unit_test(mistrals_ids_are_nine_letters_and_digits),
		cmocka_unit_test(pictures_are_parts_of_the_users_message),
		cmocka_unit_test(a_picture_by_address_is_sent_as_one),
		cmocka_unit_test(pictures_of_results_follow_the_last_result),
		cmocka_unit_test(an_empty_answer_is_left_out),
		cmocka_unit_test(mistral_wants_an_answer_between_a_result_and_a_question),
		cmocka_unit_test(nothing_to_ask_is_refused),
		cmocka_unit_test(deepseek_gets_all_its_thoughts_back),
		cmocka_unit_test(thoughts_that_are_missing_are_blank_for_deepseek),
		cmocka_unit_test(what_a_vendor_sealed_goes_before_what_the_client_kept),
		cmocka_unit_test(local_servers_get_the_thoughts_of_this_question_only),
		cmocka_unit_test(mistral_gets_its_own_thoughts_as_parts),
		cmocka_unit_test(openrouter_gets_its_details_back_as_they_came),
		cmocka_unit_test(changed_details_are_refused),
		cmocka_unit_test(a_calls_seal_goes_to_its_vendor_only),
		cmocka_unit_test(the_limit_is_called_as_the_model_knows_it),
		cmocka_unit_test(samplers_go_to_those_who_know_them),
		cmocka_unit_test(log_probabilities_are_asked_for_where_they_are_known),
		cmocka_unit_test(wishes_that_may_be_refused_are_left_out_the_second_time),
		cmocka_unit_test(usage_is_asked_for_where_that_is_known),
		cmocka_unit_test(caching_is_asked_for_where_it_does_not_come_by_itself),
		cmocka_unit_test(effort_is_said_in_each_vendors_words),
		cmocka_unit_test(no_thoughts_means_no_effort),
		cmocka_unit_test(tools_and_the_choice_among_them),
		cmocka_unit_test(the_answers_form_is_asked_for_or_refused),
		cmocka_unit_test(addresses_work_with_and_without_a_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
