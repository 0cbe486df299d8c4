/*
 * Answers held to forms: by models that say something else, and by models with
 * random weights, of which nothing but the mask can make anything valid.
 */
#include "model/constraint.h"

#include "base/file.h"
#include "base/mem.h"
#include "model/generation.h"
#include "support/asked.h"
#include "support/schema_check.h"
#include "support/test.h"

#define FOLDER "constraint_test.tmp"

/* The answer: its text, its calls one after the other, and how it ended. */
struct heard {
	struct buf text, calls;
	enum finish finish;
	struct usage usage;
};

#define HEARD { .text = BUF_INIT(1 << 20), .calls = BUF_INIT(1 << 20) }

static void heard_done(struct heard *h)
{
	buf_done(&h->text);
	buf_done(&h->calls);
}
#define own_heard owns(heard_done) struct heard

static bool on_delta(void *user, const struct delta *d, struct error *err)
{
	struct heard *h = user;

	switch (d->kind) {
	case DELTA_TEXT: return buf_add_str(&h->text, d->text, err);
	case DELTA_CALL: return buf_addf(&h->calls, err, "[%.*s]", STR_ARGS(d->name));
	case DELTA_ARGUMENTS: return buf_add_str(&h->calls, d->text, err);
	case DELTA_THOUGHT: return true;
	case DELTA_SEAL: fail();
	case DELTA_END:
		h->finish = d->finish;
		h->usage = d->usage;
		return true;
	}
	return true;
}

static void saying(struct world *w, const char *text) { world_saying(w, FOLDER, text); }

static void random_model(struct world *w)
{
	struct error err = {0};

	assert_ok(model_write(FOLDER, &(struct model_shape){ MODEL_TINY, .seed = 3 }, &err));
	world_open(w, FOLDER, "Answer.");
	w->request.sampling.temperature = 1;
	w->request.sampling.top_p = 1;
	w->request.sampling.top_k = 0;
}

static void give_tool(struct world *w, const char *name, const char *schema, bool strict)
{
	struct error err = {0};
	own_mem char *definition = mem_printf(
		"{\"type\":\"function\",\"function\":{\"name\":\"%s\",\"parameters\":%s}}", name, schema);
	const struct tool tool = {
		.name = str_of(name), .description = STR(""), .schema = str_of(schema),
		.definition = str_of(definition), .strict = strict,
	};

	assert_ok(chat_add_tool(&w->request.chat, &tool, &err));
}

static bool try_answer(struct world *w, struct heard *h, struct error *err)
{
	return world_answer(w, on_delta, h, err);
}

static void answer(struct world *w, struct heard *h)
{
	struct error err = {0};

	assert_ok(try_answer(w, h, &err));
}

static void want_schema(struct world *w, const char *schema)
{
	w->request.form = FORM_SCHEMA;
	w->request.form_schema = str_of(schema);
}

static void assert_valid(const char *schema, struct str text)
{
	json_error_t at;
	json_t *s = json_loads(schema, 0, &at), *v = json_loadb(text.p, text.n, JSON_DECODE_ANY, &at);

	if (!s || !v || !schema_allows(s, s, v))
		fail_msg("not valid: %.*s", STR_ARGS(text));
	json_decref(s);
	json_decref(v);
}

/* Finite: however long the detours, the answer ends. */
#define FINITE "{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"}," \
	"\"n\":{\"type\":\"integer\",\"minimum\":-50,\"maximum\":150}," \
	"\"kind\":{\"enum\":[\"red\",\"green\",null]},\"list\":{\"type\":\"array\"," \
	"\"items\":{\"type\":\"string\",\"pattern\":\"^[a-c]{1,3}$\"}," \
	"\"minItems\":1,\"maxItems\":3}},\"required\":[\"ok\",\"n\",\"list\"],\"additionalProperties\":false}"

/* ---- Forms ---- */

TEST(an_answer_has_its_form_whatever_the_model_wants_to_say)
{
	own_heard h = HEARD;
	own_world w;

	saying(&w, "I am sorry, I cannot do that.");
	want_schema(&w, FINITE);
	answer(&w, &h);
	assert_valid(FINITE, buf_str(&h.text));
	assert_int_equal(h.finish, FINISH_STOP);
}

TEST(a_model_that_keeps_the_form_says_what_it_would_have_said)
{
	static const char text[] = "{\"ok\": true, \"n\": 7, \"list\": [\"abc\"]}";
	own_heard h = HEARD;
	own_world w;

	saying(&w, text);
	want_schema(&w, FINITE);
	answer(&w, &h);
	assert_string_equal(h.text.data, text);
}

TEST(any_object_ends_where_it_ends)
{
	own_heard h = HEARD;
	own_world w;

	saying(&w, "{\"a\": [1, {\"b\": null}]} and that is my answer");
	w.request.form = FORM_OBJECT;
	answer(&w, &h);
	assert_string_equal(h.text.data, "{\"a\": [1, {\"b\": null}]}");
	assert_int_equal(h.finish, FINISH_STOP);
}

TEST(random_weights_write_valid_answers)
{
	own_world w;

	random_model(&w);
	want_schema(&w, FINITE);
	for (int seed = 0; seed < 40; seed++) {
		own_heard h = HEARD;
		w.request.sampling.seed = seed;
		answer(&w, &h);
		assert_int_equal(h.finish, FINISH_STOP);
		assert_valid(FINITE, buf_str(&h.text));
	}
}

TEST(max_tokens_cuts_a_form_and_says_so)
{
	own_heard h = HEARD;
	own_world w;

	random_model(&w);
	w.request.form = FORM_OBJECT;
	w.request.sampling.max_tokens = 1;
	answer(&w, &h);
	assert_int_equal(h.finish, FINISH_LENGTH);
	assert_int_equal(h.text.data[0], '{');
}

TEST(stop_strings_hold_within_a_form)
{
	own_heard h = HEARD;
	own_world w;

	saying(&w, "{\"a\": \"b END c\"}");
	w.request.form = FORM_OBJECT;
	w.request.sampling.stop[w.request.sampling.stop_count++] = (struct str)STR(" END");
	answer(&w, &h);
	assert_string_equal(h.text.data, "{\"a\": \"b");
}

/* ---- Calls that must come ---- */

TEST(a_required_call_comes_with_valid_arguments)
{
	own_world w;

	random_model(&w);
	give_tool(&w, "look", FINITE, false);
	w.request.tool_choice = TOOLS_REQUIRED;
	w.request.one_call = true;
	for (int seed = 0; seed < 20; seed++) {
		own_heard h = HEARD;
		w.request.sampling.seed = seed;
		answer(&w, &h);
		assert_int_equal(h.finish, FINISH_TOOL_CALLS);
		assert_int_equal(h.text.len, 0);
		assert_true(str_starts(buf_str(&h.calls), (struct str)STR("[look]")));
		assert_valid(FINITE, str_from(buf_str(&h.calls), 6));
	}
}

TEST(a_named_tool_is_called_though_the_model_would_call_another)
{
	own_heard h = HEARD;
	own_world w;

	saying(&w, "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"ok\": true}}\n</tool_call>");
	give_tool(&w, "look", FINITE, false);
	give_tool(&w, "listen", "{\"properties\":{\"to\":{\"enum\":[\"me\"]}},\"required\":[\"to\"]}", false);
	w.request.tool_choice = TOOLS_NAMED;
	w.request.named_tool = (struct str)STR("listen");
	w.request.one_call = true;
	answer(&w, &h);
	assert_string_equal(h.calls.data, "[listen]{\"to\":\"me\"}");
}

/* ---- Calls that may come ---- */

TEST(free_text_stays_free_and_a_call_in_it_is_held)
{
	own_heard h = HEARD;
	own_world w;

	saying(&w,
		"I {look}: \"now\".\n<tool_call>\n{\"name\": \"look\", \"arguments\": {\"ok\": 12, \"n\": "
		"\"many\"}}\n</tool_call>");
	give_tool(&w, "look", FINITE, false);
	answer(&w, &h);
	assert_string_equal(h.text.data, "I {look}: \"now\".");
	assert_true(str_starts(buf_str(&h.calls), (struct str)STR("[look]")));
	assert_valid(FINITE, str_from(buf_str(&h.calls), 6));
	assert_int_equal(h.finish, FINISH_TOOL_CALLS);
}

TEST(a_tool_that_nobody_offered_is_not_called)
{
	own_heard h = HEARD;
	own_world w;

	saying(&w, "<tool_call>\n{\"name\": \"delete\", \"arguments\": {}}\n</tool_call>");
	give_tool(&w, "look", "{\"properties\":{\"a\":{\"const\":1}},\"required\":[\"a\"]}", false);
	answer(&w, &h);
	assert_string_equal(h.calls.data, "[look]{\"a\":1}");
}

TEST(a_tool_whose_schema_is_not_supported_still_gets_an_object)
{
	own_heard h = HEARD;
	own_world w;

	saying(&w, "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"x\": [1, 1]}}\n</tool_call>");
	give_tool(&w, "look", "{\"properties\":{\"x\":{\"uniqueItems\":true}}}", false);
	answer(&w, &h);
	assert_string_equal(h.calls.data, "[look]{\"x\": [1, 1]}");
}

/* ---- Other families, token by token ---- */

static void replace_all(char *text, const char *old, const char *new)
{
	assert_true(strlen(new) <= strlen(old));
	for (char *at = strstr(text, old); at; at = strstr(at, old)) {
		memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
		memcpy(at, new, strlen(new));
	}
}

/* The tiny model, said to be of a family by its template, with some tokens named otherwise. */
static void family(struct world *w, const char *template, const char *const names[][2])
{
	struct error err = {0};
	size_t size;
	own_mem char *config = mem_printf("{\"chat_template\":\"%s\"}", template);

	assert_ok(model_write(FOLDER, &(struct model_shape){ MODEL_TINY }, &err));
	own_mem char *tokenizer = file_read(FOLDER "/tokenizer.json", 1 << 24, &size, &err);
	assert_non_null(tokenizer);
	for (; (*names)[0]; names++)
		replace_all(tokenizer, (*names)[0], (*names)[1]);
	assert_ok(file_write(FOLDER "/tokenizer.json", str_of(tokenizer), 0600, &err));
	assert_ok(file_write(FOLDER "/tokenizer_config.json", str_of(config), 0600, &err));
	world_open(w, FOLDER, "Answer.");
	give_tool(w, "look", "{\"properties\":{\"a\":{\"const\":1}},\"required\":[\"a\"]}", false);
}

static struct constraint *constrain(struct world *w)
{
	struct constraint *c = NULL;
	struct error err = {0};

	assert_ok(constraint_create(w->model, &w->request, &c, &err));
	assert_non_null(c);
	return c;
}

/* Feeds a text's tokens, control tokens by their names; false when one is not allowed. */
static bool feed(struct world *w, struct constraint *c, const char *text)
{
	own_tokens tokens = TOKENS_INIT(4096);
	struct error err = {0};

	assert_ok(tokenizer_encode(model_tokenizer(w->model), str_of(text), TOKENS_PARSED, &tokens, &err));
	for (size_t i = 0; i < tokens.count; i++) {
		const uint32_t *bits = constraint_allowed(c);
		if (bits && !(bits[tokens.ids[i] / 32] >> tokens.ids[i] % 32 & 1))
			return false;
		assert_ok(constraint_accept(c, tokens.ids[i], &err));
	}
	return true;
}

static const char *const llama_names[][2] = { { "<|fim_middle|>", "<|python_tag|>" }, { NULL, NULL } };
#define LLAMA "<|start_header_id|> Cutting Knowledge Date: December 2023"

TEST(a_call_that_begins_with_text_is_held_from_where_it_can_be_nothing_else)
{
	static const char *const free_texts[] = { "Hello {", "{\"nam\": 1} or", "  {\"name\": \"other\"", "{" };
	own_world w;

	family(&w, LLAMA, llama_names);
	for (size_t i = 0; i < 4; i++) {
		struct constraint *c = constrain(&w);
		assert_true(feed(&w, c, free_texts[i]));
		assert_null(constraint_allowed(c));
		constraint_destroy(c);
	}
	struct constraint *c = constrain(&w);
	assert_true(feed(&w, c, "{\"name\": \""));
	assert_non_null(constraint_allowed(c));
	assert_true(feed(&w, c, "look\", \"parameters\": {\"a\": 1}"));
	assert_false(feed(&w, c, " "));
	assert_true(feed(&w, c, "}"));
	assert_null(constraint_allowed(c));
	constraint_destroy(c);
}

TEST(a_call_may_be_announced_by_a_token_before_its_text)
{
	own_world w;

	family(&w, LLAMA, llama_names);
	struct constraint *c = constrain(&w);
	assert_true(feed(&w, c, "I look.<|python_tag|>{\"name\": \"look\", \"parameters\": {"));
	assert_non_null(constraint_allowed(c));
	assert_false(feed(&w, c, "\"b\""));
	constraint_destroy(c);
}

TEST(calls_in_a_list_are_held_to_its_end)
{
	static const char *const names[][2] = { { "<|object_ref_start|>", "[TOOL_CALLS]" }, { NULL, NULL } };
	own_world w;

	family(&w, "\\\"[INST]\\\" + system_message [AVAILABLE_TOOLS]", names);
	struct constraint *c = constrain(&w);
	assert_true(feed(&w, c, "Well. [TOOL_CALLS][{\"name\": \"look\", \"arguments\": {\"a\":1}}"));
	assert_true(feed(&w, c, ", {\"name\": \"look\", \"arguments\": {\"a\": 1}}]"));
	assert_null(constraint_allowed(c));
	constraint_destroy(c);
}

static const char *const thinking_names[][2] = {
	{ "<|fim_prefix|>", "<think>" }, { "<|fim_middle|>", "</think>" }, { NULL, NULL },
};

TEST(thoughts_are_free_and_the_form_begins_behind_them)
{
	own_world w;

	family(&w, "enable_thinking is defined and enable_thinking is false <tool_call>", thinking_names);
	w.request.form = FORM_OBJECT;
	w.request.tool_choice = TOOLS_NONE;
	struct constraint *c = constrain(&w);
	assert_non_null(constraint_allowed(c));
	assert_true(feed(&w, c, "<think>"));
	assert_null(constraint_allowed(c));
	assert_true(feed(&w, c, "What {now}? <tool_call></think>"));
	assert_non_null(constraint_allowed(c));
	assert_true(feed(&w, c, "{}"));
	assert_true(constraint_must_end(c));
	constraint_destroy(c);
	c = constrain(&w);
	assert_false(feed(&w, c, "Now"));
	assert_true(feed(&w, c, "{\"straight\": 1}"));
	assert_false(feed(&w, c, "<think>"));
	constraint_destroy(c);
}

TEST(without_thoughts_none_are_allowed)
{
	own_world w;

	family(&w, "enable_thinking is defined and enable_thinking is false <tool_call>", thinking_names);
	w.request.form = FORM_OBJECT;
	w.request.chat.no_thoughts = true;
	struct constraint *c = constrain(&w);
	assert_false(feed(&w, c, "<think>"));
	assert_true(feed(&w, c, "<tool_call>"));     /* a form and tools: either */
	constraint_destroy(c);
}

/* ---- What cannot be kept ---- */

TEST(what_cannot_be_kept_is_refused_with_its_place)
{
	static const char wrong[] = "{\"properties\":{\"x\":{\"not\":{}}}}";
	struct error err = {0};
	own_heard h = HEARD;
	char param[64];
	own_world w;

	saying(&w, "no");
	want_schema(&w, wrong);
	assert_false(try_answer(&w, &h, &err));
	assert_string_equal(err.text, "response_format: keyword \"not\" at #/properties/x: is not supported");
	assert_false(constraint_check(&w.request, param, sizeof param, &err));
	assert_string_equal(param, "response_format.json_schema.schema");
	w.request.form = FORM_FREE;
	give_tool(&w, "a", "{}", true);
	give_tool(&w, "b", wrong, false);
	assert_ok(constraint_check(&w.request, param, sizeof param, &err));
	w.request.tool_choice = TOOLS_REQUIRED;
	assert_false(constraint_check(&w.request, param, sizeof param, &err));
	assert_string_equal(param, "tools[1].function.parameters");
	w.request.tool_choice = TOOLS_NAMED;
	w.request.named_tool = (struct str)STR("a");
	assert_ok(constraint_check(&w.request, param, sizeof param, &err));
}

TEST(grammars_are_kept_and_the_oldest_forgotten)
{
	own_world w;

	random_model(&w);
	for (int i = 0; i < 40; i++) {
		own_heard h = HEARD;
		own_mem char *schema = mem_printf("{\"const\":%d}", i % 13), *wanted = mem_printf("%d", i % 13);
		want_schema(&w, schema);
		answer(&w, &h);
		assert_string_equal(h.text.data, wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_has_its_form_whatever_the_model_wants_to_say),
		cmocka_unit_test(a_model_that_keeps_the_form_says_what_it_would_have_said),
		cmocka_unit_test(any_object_ends_where_it_ends),
		cmocka_unit_test(random_weights_write_valid_answers),
		cmocka_unit_test(max_tokens_cuts_a_form_and_says_so),
		cmocka_unit_test(stop_strings_hold_within_a_form),
		cmocka_unit_test(a_required_call_comes_with_valid_arguments),
		cmocka_unit_test(a_named_tool_is_called_though_the_model_would_call_another),
		cmocka_unit_test(free_text_stays_free_and_a_call_in_it_is_held),
		cmocka_unit_test(a_tool_that_nobody_offered_is_not_called),
		cmocka_unit_test(a_tool_whose_schema_is_not_supported_still_gets_an_object),
		cmocka_unit_test(a_call_that_begins_with_text_is_held_from_where_it_can_be_nothing_else),
		cmocka_unit_test(a_call_may_be_announced_by_a_token_before_its_text),
		cmocka_unit_test(calls_in_a_list_are_held_to_its_end),
		cmocka_unit_test(thoughts_are_free_and_the_form_begins_behind_them),
		cmocka_unit_test(without_thoughts_none_are_allowed),
		cmocka_unit_test(what_cannot_be_kept_is_refused_with_its_place),
		cmocka_unit_test(grammars_are_kept_and_the_oldest_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
