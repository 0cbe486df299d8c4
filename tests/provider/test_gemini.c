#include "provider/gemini.h"
#include "dialogue.h"

/* ---- requests ---- */

static void expect_body_of(const struct request *r, const char *model, const char *text)
{
	own_mem char *body = body_for("gemini", model, false, r);

	assert_string_equal(body, text);
}

/* Of a model that is known to do nothing special. */
static void expect_body(const struct request *r, const char *text) { expect_body_of(r, "gemma-4", text); }

static void expect_part(const struct request *r, const char *model, const char *text)
{
	expect_in_body("gemini", model, r, text);
}

static void expect_refused(const struct request *r, const char *part)
{
	own_buf body = BUF_INIT(1 << 16);
	struct error err = { 0 };

	assert_false(write_for("gemini", "gemini-4-argon", false, r, &body, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	if (!strstr(err.text, part))
		fail_msg("%s", err.text);
}

static void add_sealed(struct request *r, struct message *m, const char *id, const char *name, struct seal seal)
{
	struct tool_call call = { .id = str_of(id), .name = str_of(name), .arguments = STR("{}"), .seal = seal };
	struct error err = { 0 };

	assert_ok(chat_add_call(&r->chat, m, &call, &err));
}

static void add_linked(struct request *r, struct message *m, const char *url)
{
	struct image image = { .url = str_of(url) };
	struct error err = { 0 };

	assert_ok(chat_add_piece(&r->chat, m, &(struct piece){ .image = &image }, &err));
}

static struct message *last(const struct request *r) { return &r->chat.messages[r->chat.message_count - 1]; }

#define HI "{'contents':[{'role':'user','parts':[{'text':'hi'}]}"

TEST(a_question_is_one_content)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	expect_body(&r, HI "]}");
}

TEST(sides_take_turns_and_system_messages_stand_apart)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_SYSTEM, "be \"brief\"");
	add_message(&r, ROLE_USER, "a");
	add_message(&r, ROLE_USER, "b");
	add_message(&r, ROLE_ASSISTANT, "c");
	add_message(&r, ROLE_SYSTEM, "and kind");
	add_message(&r, ROLE_ASSISTANT, "d");
	add_message(&r, ROLE_USER, "e");
	expect_body(&r, "{'systemInstruction':{'parts':[{'text':'be \\'brief\\''},{'text':'and kind'}]},'contents':["
		"{'role':'user','parts':[{'text':'a'},{'text':'b'}]},"
		"{'role':'model','parts':[{'text':'c'},{'text':'d'}]},"
		"{'role':'user','parts':[{'text':'e'}]}]}");
}

#define SEAL(text) (struct seal){ STR("gemini"), STR(text) }
#define NO_SEAL (struct seal){ 0 }
#define CALL(id, arguments) "{'functionCall':{'id':'" id "','name':'Read','args':" arguments "}"
#define RESULT(id, text) "{'functionResponse':{'id':'" id "','name':'Read','response':{'output':'" text "'}}}"

TEST(calls_and_results_are_parts_and_results_carry_their_calls_name)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "let me see");
	add_call(&r, m, "a", "{'path':'x'}");
	add_call(&r, m, "b", "");
	add_result(&r, "a", "one");
	add_result(&r, "b", "no such file");
	last(&r)->failed = true;
	add_message(&r, ROLE_USER, "and?");
	expect_body(&r, HI ",{'role':'model','parts':[{'text':'let me see'}," CALL("a", "{'path':'x'}") "},"
		CALL("b", "{}") "}]},{'role':'user','parts':[" RESULT("a", "one") ","
		"{'functionResponse':{'id':'b','name':'Read','response':{'error':'no such file'}}}]},"
		"{'role':'user','parts':[{'text':'and?'}]}]}");
}

TEST(the_name_of_a_result_is_that_of_the_nearest_call_with_its_id)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	add_sealed(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "Old", NO_SEAL);
	add_result(&r, "a", "one");
	add_sealed(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "New", NO_SEAL);
	add_result(&r, "a", "two");
	expect_part(&r, "gemma-4", "'name':'Old','response':{'output':'one'}");
	expect_part(&r, "gemma-4", "'name':'New','response':{'output':'two'}");
	add_result(&r, "z", "three");
	expect_refused(&r, "not in the conversation");
}

TEST(signatures_go_back_with_the_part_they_came_with)
{
	own_request r = REQUEST_INIT(1 << 16);
	struct error err = { 0 };

	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "ok");
	assert_ok(chat_add_thought(&r.chat, m, &(struct thought){ .text = STR("hm"), .seal = SEAL("T==") }, &err));
	assert_ok(chat_add_thought(&r.chat, m,
		&(struct thought){ .text = STR("of nobody"), .id = STR("answer"), .seal = SEAL("A==") }, &err));
	assert_ok(chat_add_thought(&r.chat, m,
		&(struct thought){ .text = STR("x"), .seal = { STR("claude"), STR("secret") } }, &err));
	add_sealed(&r, m, "a", "Read", SEAL("C=="));
	add_sealed(&r, m, "b", "Read", (struct seal){ STR("openai"), STR("secret") });
	expect_body_of(&r, "gemini-2.0-flash", HI ",{'role':'model','parts':["
		"{'text':'hm','thought':true,'thoughtSignature':'T=='},{'text':'ok'},"
		"{'text':'','thoughtSignature':'A=='}," CALL("a", "{}") ",'thoughtSignature':'C=='}," CALL("b", "{}")
		"}]}]}");
}

#define SKIP ",'thoughtSignature':'skip_thought_signature_validator'}"

TEST(a_step_of_the_present_turn_without_signature_gets_the_word_for_it)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "old");
	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "o", "{}");
	add_result(&r, "o", "old");
	add_message(&r, ROLE_USER, "hi");
	struct message *m = add_message(&r, ROLE_ASSISTANT, "");
	add_call(&r, m, "a", "{}");
	add_call(&r, m, "b", "{}");
	add_result(&r, "a", "1");
	add_result(&r, "b", "2");
	add_sealed(&r, add_message(&r, ROLE_ASSISTANT, ""), "c", "Read", SEAL("C=="));
	add_result(&r, "c", "3");
	expect_part(&r, "gemini-4-hydrogen", "'parts':[" CALL("o", "{}") "}]}");
	expect_part(&r, "gemini-4-hydrogen", "'parts':[" CALL("a", "{}") SKIP "," CALL("b", "{}") "}]}");
	expect_part(&r, "models/gemini-3.8-flash", "'parts':[" CALL("c", "{}") ",'thoughtSignature':'C=='}]}");
	expect_part(&r, "gemini-2.5-pro", "'parts':[" CALL("a", "{}") "}," CALL("b", "{}") "}]}");
}

TEST(a_plain_body_has_neither_wishes_nor_signatures)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_buf body = BUF_INIT(1 << 16);
	struct error err = { 0 };

	add_message(&r, ROLE_USER, "hi");
	add_sealed(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "Read", SEAL("C=="));
	add_result(&r, "a", "x");
	r.sampling.temperature = 0.5f;
	r.sampling.seed = 3;
	r.sampling.max_tokens = 9;
	r.effort = EFFORT_HIGH;
	assert_ok(write_for("gemini", "gemini-4-argon", true, &r, &body, &err));
	assert_null(strstr(body.data, "C=="));
	assert_non_null(strstr(body.data, "skip_thought_signature_validator"));
	assert_non_null(strstr(body.data, "\"generationConfig\":{\"maxOutputTokens\":9},"));
	buf_clear(&body);
	assert_ok(write_for("gemini", "gemini-2.5-pro", true, &r, &body, &err));
	assert_null(strstr(body.data, "hought"));
}

TEST(pictures_are_sent_or_named)
{
	own_request r = REQUEST_INIT(1 << 16);

	struct message *m = add_message(&r, ROLE_USER, "see this");
	add_picture(&r, m, "see", "iVBO");
	add_linked(&r, m, "https://a.example/b.webp");
	add_picture(&r, m, "this", "AAAA");
	expect_body(&r, "{'contents':[{'role':'user','parts':[{'text':'see'},"
		"{'inlineData':{'mimeType':'image/png','data':'iVBO'}},"
		"{'fileData':{'mimeType':'image/webp','fileUri':'https://a.example/b.webp'}},{'text':'this'},"
		"{'inlineData':{'mimeType':'image/png','data':'AAAA'}}]}]}");
	add_linked(&r, m, "http://a.example/b");
	expect_refused(&r, "https only");
}

TEST(pictures_of_results_go_where_the_model_looks_for_them)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "{}");
	add_result(&r, "a", "seen");
	add_picture(&r, last(&r), "seen", "AAAA");
	add_picture(&r, last(&r), "", "BBBB");
#define INLINE(data) "{'inlineData':{'mimeType':'image/png','data':'" data "'}}"
	expect_part(&r, "gemini-4-argon",
		"'response':{'output':'seen'},'parts':[" INLINE("AAAA") "," INLINE("BBBB") "]}}]}");
	expect_part(&r, "gemini-2.5-pro", "'response':{'output':'seen'}}}," INLINE("AAAA") "," INLINE("BBBB") "]}");
}

TEST(tools_are_declared_with_what_the_api_knows_of_their_schemas)
{
	own_request r = REQUEST_INIT(1 << 16);
	struct error err = { 0 };

	add_message(&r, ROLE_USER, "hi");
	add_tool(&r, "Read", "{'$schema':'x','type':'object','properties':{'path':{'type':'string'}},"
		"'required':['path'],'additionalProperties':false}", false);
	assert_ok(chat_add_tool(&r.chat, &(struct tool){ .name = STR("Now") }, &err));
	add_tool(&r, "Nothing", "{'type':'object','properties':{}}", false);
#define TOOLS "{'tools':[{'functionDeclarations':[{'name':'Read','description':'does it','parametersJsonSchema':" \
	"{'type':'object','properties':{'path':{'type':'string'}},'required':['path'],'additionalProperties':false}}," \
	"{'name':'Now','description':'Now'},{'name':'Nothing','description':'does it'}]}],"
#define HI_AFTER "'contents':[{'role':'user','parts':[{'text':'hi'}]}]}"
	expect_body(&r, TOOLS HI_AFTER);
#define CHOICE(mode) "'toolConfig':{'functionCallingConfig':{'mode':'" mode "'"
	r.tool_choice = TOOLS_NONE;
	expect_body(&r, TOOLS CHOICE("NONE") "}}," HI_AFTER);
	r.tool_choice = TOOLS_REQUIRED;
	expect_body(&r, TOOLS CHOICE("ANY") "}}," HI_AFTER);
	r.tool_choice = TOOLS_NAMED;
	r.named_tool = (struct str)STR("Now");
	expect_body(&r, TOOLS CHOICE("ANY") ",'allowedFunctionNames':['Now']}}," HI_AFTER);
	r.tool_choice = TOOLS_AUTO;
	r.chat.tools[0].strict = true;
	expect_body(&r, TOOLS CHOICE("VALIDATED") "}}," HI_AFTER);
	add_tool(&r, "Bad", "[1]", false);
	expect_refused(&r, "the schema of a tool: must be a JSON object");
}

TEST(wishes_are_sent_in_the_vendors_range)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.sampling.temperature = 3;
	r.sampling.top_p = 0.5f;
	r.sampling.top_k = 40;
	r.sampling.presence_penalty = -0.25f;
	r.sampling.seed = (int64_t)1 << 31 | 5;
	r.sampling.max_tokens = 7;
	r.sampling.stop[0] = (struct str)STR("END");
	r.sampling.stop[1] = (struct str)STR("\"");
	r.sampling.stop_count = 2;
	expect_body(&r, "{'generationConfig':{'maxOutputTokens':7,'stopSequences':['END','\\''],'temperature':2.000000,"
		"'topP':0.500000,'presencePenalty':-0.250000,'topK':40,'seed':5}," HI_AFTER);
}

TEST(a_form_is_passed_on_and_never_weakened)
{
	own_request r = REQUEST_INIT(1 << 16);

	add_message(&r, ROLE_USER, "hi");
	r.form = FORM_OBJECT;
	expect_body(&r, "{'generationConfig':{'responseMimeType':'application/json'}," HI_AFTER);
	r.form = FORM_SCHEMA;
	r.form_schema = (struct str)STR(
		"{\"type\":\"object\",\"title\":\"T\",\"properties\":{\"a\":{\"const\":\"x\"}}}");
	expect_body(&r, "{'generationConfig':{'responseMimeType':'application/json','responseJsonSchema':"
		"{'type':'object','properties':{'a':{'type':'string','enum':['x']}}}}," HI_AFTER);
	r.form_schema = (struct str)STR("{\"type\":\"string\",\"pattern\":\"^a\"}");
	expect_refused(&r, "cannot hold an answer to \"pattern\"");
	r.form_schema = (struct str)STR("{");
	expect_refused(&r, "the schema of the response format");
}

TEST(effort_is_a_level_or_a_budget)
{
	static const struct {
		const char *model;
		enum effort effort;
		const char *config;
	} cases[] = {
		{ "gemini-4-hydrogen", EFFORT_UNSET, "{'includeThoughts':true}" },
		{ "gemini-4-hydrogen", EFFORT_NONE, "{'includeThoughts':false,'thinkingLevel':'low'}" },
		{ "gemini-4-hydrogen", EFFORT_MAX, "{'includeThoughts':true,'thinkingLevel':'xhigh'}" },
		{ "gemini-4-argon", EFFORT_MAX, "{'includeThoughts':true,'thinkingLevel':'high'}" },
		{ "models/gemini-4-argon", EFFORT_MEDIUM, "{'includeThoughts':true,'thinkingLevel':'medium'}" },
		{ "gemini-3.6-flash", EFFORT_MINIMAL, "{'includeThoughts':true,'thinkingLevel':'minimal'}" },
		{ "gemini-3.8-flash", EFFORT_MINIMAL, "{'includeThoughts':true,'thinkingLevel':'low'}" },
		{ "gemini-3-pro-preview", EFFORT_MEDIUM, "{'includeThoughts':true,'thinkingLevel':'high'}" },
		{ "gemini-flash-latest", EFFORT_LOW, "{'includeThoughts':true,'thinkingLevel':'low'}" },
		{ "gemini-2.5-pro", EFFORT_NONE, "{'includeThoughts':false,'thinkingBudget':128}" },
		{ "gemini-2.5-pro", EFFORT_MAX, "{'includeThoughts':true,'thinkingBudget':32768}" },
		{ "gemini-2.5-flash", EFFORT_NONE, "{'includeThoughts':false,'thinkingBudget':0}" },
		{ "gemini-2.5-flash-lite-001", EFFORT_MEDIUM, "{'includeThoughts':true,'thinkingBudget':8192}" },
		{ "gemini-2.0-flash", EFFORT_HIGH, NULL },
		{ "gemma-4-31b-it", EFFORT_HIGH, NULL },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_request r = REQUEST_INIT(1 << 16);
		own_mem char *body = cases[i].config ?
			mem_printf("{'generationConfig':{'thinkingConfig':%s}," HI_AFTER, cases[i].config) :
			mem_strdup("{" HI_AFTER);
		add_message(&r, ROLE_USER, "hi");
		r.effort = cases[i].effort;
		expect_body_of(&r, cases[i].model, body);
	}
	own_request r = REQUEST_INIT(1 << 16);
	add_message(&r, ROLE_USER, "hi");
	r.chat.no_thoughts = true;
	expect_part(&r, "gemini-2.5-flash", "'thinkingBudget':0");
}

TEST(a_small_limit_leaves_room_for_the_answer)
{
	static const struct {
		int64_t limit;
		enum effort effort;
		const char *config;
	} cases[] = {
		{ 100, EFFORT_UNSET, "'thinkingConfig':{'includeThoughts':false,'thinkingLevel':'low'}" },
		{ 2000, EFFORT_UNSET, "'thinkingConfig':{'includeThoughts':true,'thinkingLevel':'low'}" },
		{ 8000, EFFORT_UNSET, "'thinkingConfig':{'includeThoughts':true}" },
		{ 100, EFFORT_HIGH, "'thinkingConfig':{'includeThoughts':true,'thinkingLevel':'high'}" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_request r = REQUEST_INIT(1 << 16);
		add_message(&r, ROLE_USER, "hi");
		r.sampling.max_tokens = cases[i].limit;
		r.effort = cases[i].effort;
		expect_part(&r, "gemini-4-hydrogen", cases[i].config);
	}
}

TEST(what_cannot_be_asked_is_refused)
{
	own_request r = REQUEST_INIT(1 << 16);
	own_buf small = BUF_INIT(40);
	struct error err = { 0 };

	add_message(&r, ROLE_SYSTEM, "s");
	add_message(&r, ROLE_USER, "");
	add_message(&r, ROLE_ASSISTANT, "");
	expect_refused(&r, "nothing to ask");
	add_call(&r, add_message(&r, ROLE_ASSISTANT, ""), "a", "[1]");
	expect_refused(&r, "the arguments of a tool call: must be a JSON object");
	assert_false(write_for("gemini", "gemini-4-argon", false, &r, &small, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
}

TEST(the_address_names_model_and_version_once)
{
	static const struct { const char *base, *model, *url; } cases[] = {
		{ "https://g.example", "gemini-4-argon", "https://g.example/v1beta/models/gemini-4-argon" },
		{ "https://g.example/v1beta", "gemini-4-argon", "https://g.example/v1beta/models/gemini-4-argon" },
		{ "https://g.example/x/v1", "models/m", "https://g.example/x/v1/models/m" },
		{ "https://v2.example", "tunedModels/m-1", "https://v2.example/v1beta/tunedModels/m-1" },
		{ "https://g.example", "../a?key=b c", "https://g.example/v1beta/models/..%2Fa%3Fkey%3Db%20c" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_buf url = BUF_INIT(1000);
		own_mem char *expected = mem_printf("%s:streamGenerateContent?alt=sse", cases[i].url);
		struct target target = { provider_find("gemini"), cases[i].model, false };
		struct error err = { 0 };
		buf_put(&url, cases[i].base);
		assert_ok(dialect_gemini.write_path(&target, &url, &err));
		assert_string_equal(url.data, expected);
	}
}

/* ---- answers ---- */

#define EVENT(json) "{" json "}\n"
#define PARTS(parts) EVENT("'candidates':[{'content':{'parts':[" parts "],'role':'model'},'index':0}]," USAGE_SOME)
#define USAGE_SOME "'usageMetadata':{'promptTokenCount':10,'totalTokenCount':10},'modelVersion':'gemini-4-argon'"
#define USAGE "'usageMetadata':{'promptTokenCount':3210,'cachedContentTokenCount':3000,'candidatesTokenCount':15," \
	"'thoughtsTokenCount':7,'toolUsePromptTokenCount':2,'totalTokenCount':3234}"
#define END(reason) EVENT("'candidates':[{'content':{'parts':[{'text':''}],'role':'model'},'finishReason':'" reason \
	"','index':0}]," USAGE)
#define ENDED(finish) "end(" finish " 3212+22 cached 3000 written 0 thought 7)"

static void hears(const char *lines, const char *expected) { expect_heard("gemini", NULL, lines, expected); }

static void fails(const char *lines, const char *expected, enum error_kind kind, const char *words)
{
	expect_failure("gemini", NULL, lines, expected, kind, words);
}

TEST(text_comes_as_it_is_written)
{
	hears(PARTS("{'text':'H\\u00e4l'}") PARTS("{'text':''},{'text':'lo \xf0\x9f\x98\x80'}") END("STOP"),
		"text(H\xc3\xa4l) text(lo \xf0\x9f\x98\x80) " ENDED("stop"));
}

TEST(thoughts_come_apart_and_signatures_as_seals)
{
	hears(PARTS("{'text':'hm, ','thought':true}")
		PARTS("{'text':'yes','thought':true,'thoughtSignature':'T=='},{'text':'ok'}")
		PARTS("{'text':'','thoughtSignature':'A=='}") END("STOP"),
		"thought(hm, ) thought(yes) seal(gemini  T==) text(ok) seal(gemini answer A==) " ENDED("stop"));
}

TEST(calls_come_whole_with_their_seals)
{
	hears(PARTS("{'text':'see'}")
		PARTS("{'functionCall':{'name':'Read','args':{'a':[1,'x']},'id':'i1'},'thoughtSignature':'C=='},"
			"{'functionCall':{'name':'Now','id':'i2'}}") END("STOP"),
		"text(see) call0(i1 Read) arguments0({'a':[1,'x']}) seal0(gemini  C==) "
		"call1(i2 Now) arguments1({}) " ENDED("tool_calls"));
}

/* What a stream that is cut at some byte means. */
static char *heard(const char *lines, size_t cut)
{
	own_mem char *stream = stream_of(lines);
	own_heard h = hear_cut("gemini", NULL, str_of(stream), cut, false);

	assert_true(h.ok);
	return mem_strdup(h.line.data);
}

TEST(a_call_without_id_gets_one_of_its_own)
{
	static const char both[] = PARTS("{'functionCall':{'name':'Now'}},{'functionCall':{'name':'Now'}}") END("STOP");
	static const char later[] = PARTS("{'text':'x'},{'functionCall':{'name':'Now'}}") END("STOP");
	own_mem char *first = heard(both, 0), *again = heard(both, 99), *third = heard(later, 0);
	char ids[3][64];

	assert_string_equal(first, again);
	assert_int_equal(sscanf(first, "call0(%63s Now) arguments0({}) call1(%63s Now)", ids[0], ids[1]), 2);
	assert_int_equal(sscanf(third, "text(x) call0(%63s Now)", ids[2]), 1);
	assert_string_not_equal(ids[0], ids[1]);
	assert_string_not_equal(ids[0], ids[2]);
}

TEST(the_reason_to_stop_is_told)
{
	static const struct { const char *lines, *heard; } cases[] = {
		{ PARTS("{'text':'a'}") END("STOP"), "text(a) " ENDED("stop") },
		{ PARTS("{'text':'a'}") END("MAX_TOKENS"), "text(a) " ENDED("length") },
		{ PARTS("{'functionCall':{'name':'N','id':'i'}}") END("MAX_TOKENS"),
			"call0(i N) arguments0({}) " ENDED("length") },
#define BLOCKED(why) "text([Gemini blocked this answer " why "]) " ENDED("refused")
		{ END("RECITATION"), BLOCKED("because it recites a protected text") },
		{ END("PROHIBITED_CONTENT"), BLOCKED("as prohibited content") },
		{ END("BLOCKLIST"), BLOCKED("for a word on its list of terms") },
		{ END("SPII"), BLOCKED("because it may hold sensitive personal data") },
		{ END("LANGUAGE"), BLOCKED("because it does not support the language") },
		{ END("NEW_REASON\\u001b"), BLOCKED("and says only: new reason ") },
		{ PARTS("{'text':'a'}") END("SAFETY"),
			"text(a) text(\n\n[Gemini blocked this answer by its safety filter]) " ENDED("refused") },
	};

	for (size_t i = 0; i < countof(cases); i++)
		hears(cases[i].lines, cases[i].heard);
}

TEST(a_block_names_the_categories_that_blocked)
{
	hears(EVENT("'candidates':[{'finishReason':'SAFETY','index':0,'safetyRatings':["
		"{'category':'HARM_CATEGORY_HARASSMENT','probability':'LOW'},"
		"{'category':'HARM_CATEGORY_DANGEROUS_CONTENT','probability':'HIGH','blocked':true},"
		"{'category':'HARM_CATEGORY_HATE_SPEECH','probability':'HIGH','blocked':true}]}]," USAGE),
		BLOCKED("by its safety filter (dangerous content, hate speech)"));
	hears(EVENT("'promptFeedback':{'blockReason':'PROHIBITED_CONTENT','safetyRatings':["
		"{'category':'HARM_CATEGORY_DANGEROUS_CONTENT','blocked':true}]}," USAGE),
		"text([Gemini blocked the question as prohibited content (dangerous content)]) " ENDED("refused"));
	hears(EVENT("'promptFeedback':{'blockReason':'OTHER'}," USAGE),
		"text([Gemini blocked the question and says only: other]) " ENDED("refused"));
}

TEST(a_broken_call_is_worth_another_attempt)
{
	fails(END("MALFORMED_FUNCTION_CALL"), "", ERROR_UNAVAILABLE,
		"Gemini wrote a tool call that cannot be read (MALFORMED_FUNCTION_CALL): ask again");
	fails(END("UNEXPECTED_TOOL_CALL"), "", ERROR_UNAVAILABLE, "a tool that it was not given");
	fails(END("OTHER"), "", ERROR_UNAVAILABLE, "without saying why");
}

/* Models before 2 name STOP in every event. */
TEST(an_early_reason_ends_nothing)
{
	hears(EVENT("'candidates':[{'content':{'parts':[{'text':'a'}]},'finishReason':'STOP'}]")
		EVENT("'candidates':[{'content':{'parts':[{'text':'b'}]},'finishReason':'STOP'}]") EVENT(USAGE),
		"text(a) text(b) " ENDED("stop"));
}

TEST(what_is_not_known_is_passed_over)
{
	hears(": hello\nevent: x\n" EVENT("'news':1")
		PARTS("{'executableCode':{'code':'x'}},{'inlineData':{'data':'x'}},7,{'text':'a','thought':'no'}")
		EVENT("'candidates':[{'content':{'parts':[{'text':'b'}]}},{'content':{'parts':[{'text':'second'}]}}]")
		EVENT("'candidates':[{'finishReason':'FINISH_REASON_UNSPECIFIED'}],'usageMetadata':7") END("STOP"),
		"text(a) text(b) " ENDED("stop"));
}

TEST(a_stream_without_its_end_is_an_error_wherever_it_is_cut)
{
	own_mem char *stream = stream_of(PARTS("{'text':'H\\u00e4'}") END("STOP"));
	size_t whole = strlen(stream) - 1;       /* without the empty line that ends the last event */

	for (size_t cut = 0; cut <= whole; cut++) {
		own_heard h = hear_cut("gemini", NULL, (struct str){ stream, cut }, cut / 2, false);
		assert_false(h.ok);
		assert_int_equal(h.err.kind, ERROR_UNAVAILABLE);
		assert_non_null(strstr(h.err.text, "Gemini's answer was cut after "));
	}
	fails(PARTS("{'text':'H\\u00e4'}"), "text(H\xc3\xa4)", ERROR_UNAVAILABLE, "cut after 2 characters");
}

TEST(an_error_in_mid_stream_is_told)
{
	fails(PARTS("{'text':'a'}") EVENT("'error':{'code':503,'status':'UNAVAILABLE','message':'busy'}"), "text(a)",
		ERROR_UNAVAILABLE, "Gemini is overloaded");
	fails(EVENT("'error':{'code':400,'status':'INVALID_ARGUMENT','message':'no\\u001b[2J'}"), "", ERROR_INVALID,
		"Gemini refused the request: no [2J");
	fails(EVENT("'error':{}"), "", ERROR_UNAVAILABLE, "internal error");
}

TEST(what_cannot_be_read_is_an_error)
{
	fails("{", "", ERROR_UNAVAILABLE, "Gemini's answer: not valid JSON");
	fails(PARTS("{'functionCall':{'args':{}}}"), "", ERROR_UNAVAILABLE, "without a name");
}

/* ---- errors ---- */

#define REFUSAL(code, status, message, details) "{'error':{'code':" code ",'message':'" message "','status':'" status \
	"','details':[" details "]}}"
#define ERROR_INFO(reason) "{'@type':'type.googleapis.com/google.rpc.ErrorInfo','reason':'" reason \
	"','domain':'googleapis.com','metadata':{'service':'generativelanguage.googleapis.com'}}"
#define RETRY_INFO(delay) "{'@type':'type.googleapis.com/google.rpc.Help'}," \
	"{'@type':'type.googleapis.com/google.rpc.RetryInfo','retryDelay':'" delay "'}"

static void expect_refusal(int status, const char *body, enum error_kind kind, const char *text)
{
	own_mem char *answer = quoted(body);
	struct error err = { 0 };

	assert_false(dialect_gemini.read_error(provider_find("gemini"), status, str_of(answer), &err));
	assert_string_equal(err.text, text);
	assert_int_equal(err.kind, kind);
}

TEST(a_refusal_says_what_to_do)
{
	expect_refusal(400,
		REFUSAL("400", "INVALID_ARGUMENT", "API key not valid.", ERROR_INFO("API_KEY_INVALID")),
		ERROR_DENIED, "Gemini refused the key");
	expect_refusal(400, REFUSAL("400", "INVALID_ARGUMENT", "contents is not specified", ""),
		ERROR_INVALID, "Gemini refused the request: contents is not specified");
	expect_refusal(400, REFUSAL("400", "INVALID_ARGUMENT",
		"The input token count (2) exceeds the maximum number of tokens allowed (1).", ""), ERROR_TOO_LARGE,
		"Gemini refused the request: "
		"The input token count (2) exceeds the maximum number of tokens allowed (1).");
	expect_refusal(400, REFUSAL("400", "FAILED_PRECONDITION", "User location is not supported", ""),
		ERROR_DENIED, "Gemini does not allow this with this key: User location is not supported");
	expect_refusal(403,
		REFUSAL("403", "PERMISSION_DENIED", "blocked", ERROR_INFO("API_KEY_SERVICE_BLOCKED")),
		ERROR_DENIED, "Gemini does not allow this with this key: blocked");
	expect_refusal(404, REFUSAL("404", "NOT_FOUND", "models/x is not found", ""), ERROR_NOT_FOUND,
		"Gemini knows no such model or address: check the model's name and the base URL: "
		"models/x is not found");
	expect_refusal(503, "[" REFUSAL("503", "UNAVAILABLE", "busy", "") "]", ERROR_UNAVAILABLE,
		"Gemini is overloaded");
	expect_refusal(500, "", ERROR_UNAVAILABLE, "Gemini has an internal error");
}

TEST(a_refusal_says_how_long_to_wait)
{
	static const struct { const char *body; int ms; } cases[] = {
		{ REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", RETRY_INFO("34.0741s")), 34075 },
		{ "[" REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", RETRY_INFO("7s")) "]", 7000 },
		{ REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", RETRY_INFO("0s")), 0 },
		{ REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", RETRY_INFO("")), -1 },
		{ REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", RETRY_INFO("soon")), -1 },
		{ REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", RETRY_INFO("3")), -1 },
		{ REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", RETRY_INFO("-3s")), -1 },
		{ REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", RETRY_INFO("1.2.3s")), -1 },
		{ REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", RETRY_INFO("99999999999999999999s")), -1 },
		{ REFUSAL("429", "RESOURCE_EXHAUSTED", "quota", ""), -1 },
		{ "{'error':7}", -1 },
		{ "<html>", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_mem char *body = quoted(cases[i].body);
		unsigned ms = 1;
		bool told = gemini_read_delay(str_of(body), &ms);
		assert_int_equal(told ? (int)ms : -1, cases[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_one_content),
		cmocka_unit_test(sides_take_turns_and_system_messages_stand_apart),
		cmocka_unit_test(calls_and_results_are_parts_and_results_carry_their_calls_name),
		cmocka_unit_test(the_name_of_a_result_is_that_of_the_nearest_call_with_its_id),
		cmocka_unit_test(signatures_go_back_with_the_part_they_came_with),
		cmocka_unit_test(a_step_of_the_present_turn_without_signature_gets_the_word_for_it),
		cmocka_unit_test(a_plain_body_has_neither_wishes_nor_signatures),
		cmocka_unit_test(pictures_are_sent_or_named),
		cmocka_unit_test(pictures_of_results_go_where_the_model_looks_for_them),
		cmocka_unit_test(tools_are_declared_with_what_the_api_knows_of_their_schemas),
		cmocka_unit_test(wishes_are_sent_in_the_vendors_range),
		cmocka_unit_test(a_form_is_passed_on_and_never_weakened),
		cmocka_unit_test(effort_is_a_level_or_a_budget),
		cmocka_unit_test(a_small_limit_leaves_room_for_the_answer),
		cmocka_unit_test(what_cannot_be_asked_is_refused),
		cmocka_unit_test(the_address_names_model_and_version_once),
		cmocka_unit_test(text_comes_as_it_is_written),
		cmocka_unit_test(thoughts_come_apart_and_signatures_as_seals),
		cmocka_unit_test(calls_come_whole_with_their_seals),
		cmocka_unit_test(a_call_without_id_gets_one_of_its_own),
		cmocka_unit_test(the_reason_to_stop_is_told),
		cmocka_unit_test(a_block_names_the_categories_that_blocked),
		cmocka_unit_test(a_broken_call_is_worth_another_attempt),
		cmocka_unit_test(an_early_reason_ends_nothing),
		cmocka_unit_test(what_is_not_known_is_passed_over),
		cmocka_unit_test(a_stream_without_its_end_is_an_error_wherever_it_is_cut),
		cmocka_unit_test(an_error_in_mid_stream_is_told),
		cmocka_unit_test(what_cannot_be_read_is_an_error),
		cmocka_unit_test(a_refusal_says_what_to_do),
		cmocka_unit_test(a_refusal_says_how_long_to_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
