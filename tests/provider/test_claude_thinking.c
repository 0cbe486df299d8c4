/* What each model is told about thinking, effort and forced calls.  JSON is written with ' for ". */
#include "dialogue.h"

#include "provider/claude.h"

static const struct provider *claude(void) { return provider_find("claude"); }

static void give_tool(struct request *r)
{
	struct error err = { 0 };

	assert_ok(chat_add_tool(&r->chat, &(struct tool){ .name = STR("Read") }, &err));
}

/* The body begins with its model, max_tokens and this, after which comes `after`. */
static void expect_head(const struct request *r, const char *model, bool plain, const char *head, const char *after)
{
	own_buf body = BUF_INIT(1 << 20);
	struct error err = { 0 };

	assert_ok(claude()->dialect->write_body(&(struct target){ claude(), model, plain }, r, &body, &err));
	own_json *parsed = json_parse(buf_str(&body), "body", &err);
	assert_ok(parsed != NULL);
	own_mem char *wanted = mem_printf("{'model':'%s',%s%s", model, head, after);
	own_mem char *expected = quoted(wanted);
	if (strncmp(body.data, expected, strlen(expected)) != 0)
		fail_msg("not %s\nbut %s", expected, body.data);
}

#define HI ",'messages':[{'role':'user','content':[{'type':'text','text':'hi'}]}]}"
#define MAX(n) "'max_tokens':" #n ",'stream':true"
#define SHOWN ",'thinking':{'type':'adaptive','display':'summarized'}"
#define OFF(type) ",'thinking':{'type':'" type "'}"
#define EFFORT(level) ",'output_config':{'effort':'" level "'}"
#define BUDGET(n) ",'thinking':{'type':'enabled','budget_tokens':" #n "}"

TEST(each_model_is_told_how_hard_to_think_in_its_own_words)
{
	static const struct {
		const char *model;
		enum effort effort;
		const char *head;
	} cases[] = {
		{ "claude-sonnet-5-5", EFFORT_UNSET, MAX(32000) SHOWN },
		{ "claude-sonnet-5-5", EFFORT_NONE, MAX(32000) OFF("between_tools") },
		{ "claude-sonnet-5-5", EFFORT_MINIMAL, MAX(32000) SHOWN EFFORT("low") },
		{ "claude-sonnet-5-5", EFFORT_MAX, MAX(64000) SHOWN EFFORT("xhigh") },
		{ "claude-opus-5-5", EFFORT_NONE, MAX(32000) EFFORT("low") },
		{ "claude-opus-5-5", EFFORT_HIGH, MAX(64000) SHOWN EFFORT("high") },
		{ "claude-haiku-5-5", EFFORT_NONE, MAX(32000) OFF("disabled") },
		{ "claude-fable-5-2", EFFORT_UNSET, MAX(32000) SHOWN },
		{ "anthropic.claude-opus-5", EFFORT_MEDIUM, MAX(32000) SHOWN EFFORT("medium") },
		{ "claude-opus-4-8", EFFORT_UNSET, MAX(32000) },
		{ "claude-opus-4-8", EFFORT_NONE, MAX(32000) },
		{ "claude-opus-4-7", EFFORT_LOW, MAX(32000) SHOWN EFFORT("low") },
		{ "claude-sonnet-4-6", EFFORT_MAX, MAX(64000) ",'thinking':{'type':'adaptive'}" EFFORT("max") },
		{ "claude-opus-4-5-20251101", EFFORT_MAX, MAX(64000) BUDGET(31999) EFFORT("high") },
		{ "claude-haiku-4-5", EFFORT_UNSET, MAX(32000) },
		{ "claude-haiku-4-5", EFFORT_MINIMAL, MAX(32000) BUDGET(1024) },
		{ "claude-sonnet-4-20250514", EFFORT_HIGH, MAX(64000) BUDGET(20000) },
		{ "claude-opus-4-1", EFFORT_MAX, MAX(32000) BUDGET(16000) },
		{ "claude-3-5-haiku-latest", EFFORT_HIGH, MAX(8192) },
		{ "claude-3-opus-20240229", EFFORT_UNSET, MAX(4096) },
		{ "some-gateway", EFFORT_UNSET, MAX(32000) },
		{ "some-gateway", EFFORT_MAX, MAX(64000) ",'thinking':{'type':'adaptive'}" EFFORT("high") },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_request r = REQUEST_INIT(1 << 16);
		add_message(&r, ROLE_USER, "hi");
		r.effort = cases[i].effort;
		expect_head(&r, cases[i].model, false, cases[i].head, HI);
	}
}

TEST(a_plain_body_says_nothing_about_thinking)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.effort = EFFORT_LOW;
	expect_head(&r, "claude-sonnet-5-5", true, MAX(32000), HI);
	expect_head(&r, "claude-haiku-4-5", true, MAX(32000), HI);
}

TEST(who_wants_no_thoughts_says_so_without_an_effort_too)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.chat.no_thoughts = true;
	expect_head(&r, "claude-haiku-5-5", false, MAX(32000) OFF("disabled"), HI);
	r.effort = EFFORT_LOW;
	expect_head(&r, "claude-haiku-5-5", false, MAX(32000) SHOWN EFFORT("low"), HI);
}

TEST(an_answers_limit_is_the_models_at_most)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.sampling.max_tokens = 1000000;
	expect_head(&r, "claude-haiku-4-5", false, MAX(64000), HI);
	expect_head(&r, "some-gateway", false, MAX(1000000), HI);
	r.sampling.max_tokens = 3000;
	r.effort = EFFORT_HIGH;
	expect_head(&r, "claude-haiku-4-5", false, MAX(3000) BUDGET(1500), HI);
	r.sampling.max_tokens = 2000;
	expect_head(&r, "claude-haiku-4-5", false, MAX(2000), HI);
}

TEST(who_thinks_is_not_told_how_to_sample)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.sampling.temperature = 0.5f;
	expect_head(&r, "claude-sonnet-5-5", false, MAX(32000) SHOWN, HI);
	expect_head(&r, "claude-opus-4-8", false, MAX(32000), HI);
	expect_head(&r, "claude-haiku-4-5", false, MAX(32000) ",'temperature':0.500000", HI);
	r.effort = EFFORT_LOW;
	expect_head(&r, "claude-haiku-4-5", false, MAX(32000) BUDGET(4096), HI);
	expect_head(&r, "claude-sonnet-4-6", false, MAX(32000) ",'thinking':{'type':'adaptive'}" EFFORT("low"), HI);
}

TEST(effort_and_form_share_their_place)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.effort = EFFORT_LOW;
	r.form = FORM_SCHEMA;
	r.form_schema = (struct str)STR("{\"type\":\"object\"}");
	expect_head(&r, "claude-opus-5-5", false, MAX(32000) SHOWN ",'output_config':{'effort':'low',"
		"'format':{'type':'json_schema','schema':{'type':'object'}}}", HI);
}

/* ---- forced calls ---- */

#define TOOL ",'tools':[{'name':'Read','description':'','input_schema':{'type':'object'}}]"

TEST(who_must_call_a_tool_does_not_think_first)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	give_tool(&r);
	r.tool_choice = TOOLS_REQUIRED;
	expect_head(&r, "claude-haiku-5-5", false, MAX(32000) OFF("disabled") TOOL ",'tool_choice':{'type':'any'}", HI);
	r.effort = EFFORT_MAX;
	expect_head(&r, "claude-opus-5", false, MAX(64000) OFF("disabled") TOOL ",'tool_choice':{'type':'any'}"
		EFFORT("high"), HI);
	expect_head(&r, "claude-sonnet-4-5", false, MAX(64000) TOOL ",'tool_choice':{'type':'any'}", HI);
	r.effort = EFFORT_UNSET;
	expect_head(&r, "claude-fable-5", false, MAX(32000) SHOWN TOOL ",'tool_choice':{'type':'any'}", HI);
}

TEST(models_that_cannot_be_made_to_call_are_asked_to)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	give_tool(&r);
	r.tool_choice = TOOLS_REQUIRED;
	expect_head(&r, "claude-sonnet-5-5", false, MAX(32000) SHOWN TOOL, ",'messages':[{'role':'user','content':["
		"{'type':'text','text':'hi'},{'type':'text',"
		"'text':'(Answer with a call of one of the tools, not with text.)'}]}]}");
	r.tool_choice = TOOLS_NAMED;
	r.named_tool = (struct str)STR("Read");
	r.one_call = true;
	expect_head(&r, "claude-opus-5-5", false, MAX(32000) SHOWN TOOL
		",'tool_choice':{'type':'auto','disable_parallel_tool_use':true}",
		",'messages':[{'role':'user','content':[{'type':'text','text':'hi'},{'type':'text',"
		"'text':'(Answer with a call of the tool Read, not with text.)'}]}]}");
	expect_head(&r, "some-gateway", true, MAX(32000) TOOL
		",'tool_choice':{'type':'auto','disable_parallel_tool_use':true}", "");
}

/* ---- thoughts replayed ---- */

static void think(struct request *r, struct message *m, const char *text, const char *seal, const char *vendor)
{
	struct thought thought = { .text = str_of(text), .seal = { str_of(vendor), str_of(seal) } };
	struct error err = { 0 };

	assert_ok(chat_add_thought(&r->chat, m, &thought, &err));
}

static void expect_answer_blocks(const struct request *r, bool plain, const char *blocks)
{
	own_buf body = BUF_INIT(1 << 20);
	own_mem char *wanted = mem_printf("{'role':'assistant','content':[%s]}", blocks), *expected = quoted(wanted);
	struct error err = { 0 };

	struct target target = { claude(), "claude-sonnet-5-5", plain };

	assert_ok(claude()->dialect->write_body(&target, r, &body, &err));
	if (!strstr(body.data, expected))
		fail_msg("no %s\nin %s", expected, body.data);
}

#define THINKING(text, seal) "{'type':'thinking','thinking':'" text "','signature':'" seal "'}"
#define TEXT(text) "{'type':'text','text':'" text "'}"
#define CALL(id) "{'type':'tool_use','id':'" id "','name':'Read','input':{}}"

TEST(sealed_thoughts_go_back_to_where_they_came)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "Let me s\xc3\xa4y this.");
	add_call(&r, m, "a", "{}");
	add_call(&r, m, "b", "{}");
	think(&r, m, "hm", "s1", "claude");
	think(&r, m, "not ours", "s2", "gemini");
	think(&r, m, "then", "s3", "claude");
	think(&r, m, "more", "s4", "claude");
	think(&r, m, "last", "s5", "claude");
	m->sealed[2].after_text = 9;           /* within a character: the next one is where it goes */
	m->sealed[3].after_text = m->sealed[4].after_text = 10000;
	m->sealed[3].after_calls = 1;
	m->sealed[4].after_calls = 2;
	expect_answer_blocks(&r, false, THINKING("hm", "s1") "," TEXT("Let me s\xc3\xa4") "," THINKING("then", "s3") ","
		TEXT("y this.") "," CALL("a") "," THINKING("more", "s4") "," CALL("b") "," THINKING("last", "s5"));
	expect_answer_blocks(&r, true, TEXT("Let me s\xc3\xa4y this.") "," CALL("a") "," CALL("b"));
	m->sealed[0].redacted = true;
	m->sealed_count = 1;
	expect_answer_blocks(&r, false, "{'type':'redacted_thinking','data':'s1'}," TEXT("Let me s\xc3\xa4y this.") ","
		CALL("a") "," CALL("b"));
}

TEST(who_began_to_call_without_thinking_does_not_begin_to)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "{}");
	add_message(&r, ROLE_TOOL, "x")->call_id = (struct str)STR("a");
	r.effort = EFFORT_LOW;
	expect_head(&r, "claude-haiku-4-5", false, MAX(32000), ",'messages':");
	expect_head(&r, "claude-sonnet-5-5", false, MAX(32000) SHOWN EFFORT("low"), ",'messages':");
	think(&r, &r.chat.messages[1], "hm", "s", "claude");
	expect_head(&r, "claude-haiku-4-5", false, MAX(32000) BUDGET(4096), ",'messages':");
	r.chat.messages[1].sealed_count = 0;
	add_message(&r, ROLE_USER, "another question");
	expect_head(&r, "claude-haiku-4-5", false, MAX(32000) BUDGET(4096), ",'messages':");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_model_is_told_how_hard_to_think_in_its_own_words),
		cmocka_unit_test(a_plain_body_says_nothing_about_thinking),
		cmocka_unit_test(who_wants_no_thoughts_says_so_without_an_effort_too),
		cmocka_unit_test(an_answers_limit_is_the_models_at_most),
		cmocka_unit_test(who_thinks_is_not_told_how_to_sample),
		cmocka_unit_test(effort_and_form_share_their_place),
		cmocka_unit_test(who_must_call_a_tool_does_not_think_first),
		cmocka_unit_test(models_that_cannot_be_made_to_call_are_asked_to),
		cmocka_unit_test(sealed_thoughts_go_back_to_where_they_came),
		cmocka_unit_test(who_began_to_call_without_thinking_does_not_begin_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
