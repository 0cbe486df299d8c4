#include "text/template.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "chat/messages.h"
#include "support/shared.h"
#include "support/tiny_tokenizer.h"
#include "text/explain.h"

static const struct template *family(const char *name)
{
	for (size_t i = 0; i < template_count; i++)
		if (strcmp(templates[i]->name, name) == 0)
			return templates[i];
	fail_msg("no family %s", name);
	return NULL;
}

static void render(const char *name, const char *input, struct prompt *out)
{
	struct error err = {0};
	own_json *json = json_parse(str_of(input), "test", &err);

	assert_non_null(json);
	own_json *explained = explain_template(family(name), json, &err);
	if (!explained)
		fail_msg("%s", err.text);
	assert_ok(prompt_text(out, json_member_str(explained, "text"), &err));
}

static void expect(const char *name, const char *input, const char *expected)
{
	own_prompt out = PROMPT_INIT(1 << 20);

	render(name, input, &out);
	assert_string_equal(out.text.data, expected);
}

#define TURNS "[{\"role\":\"system\",\"content\":\"Be brief. \"},{\"role\":\"user\",\"content\":\" Hi\"}," \
	"{\"role\":\"assistant\",\"content\":\"<think>hm</think>Yes.\"},{\"role\":\"user\",\"content\":\"Why?\"}]"
#define ASK(messages) "{\"messages\":" messages ",\"tools\":null,\"add_generation_prompt\":true}"
#define QUESTION "[{\"role\":\"user\",\"content\":\"Hi\"}]"

TEST(each_family_writes_turns_its_own_way)
{
	expect("ChatML", ASK(QUESTION), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
	expect("Qwen2", ASK(QUESTION), "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
		"<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
	expect("SmolLM2", ASK(QUESTION), "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by "
		"Hugging Face<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
	expect("Qwen2", ASK(TURNS), "<|im_start|>system\nBe brief. <|im_end|>\n<|im_start|>user\n Hi<|im_end|>\n"
		"<|im_start|>assistant\n<think>hm</think>Yes.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n"
		"<|im_start|>assistant\n");
	expect("Phi-4", ASK(TURNS), "<|im_start|>system<|im_sep|>Be brief. <|im_end|>"
		"<|im_start|>user<|im_sep|> Hi<|im_end|>"
		"<|im_start|>assistant<|im_sep|><think>hm</think>Yes.<|im_end|><|im_start|>user<|im_sep|>Why?<|im_end|>"
		"<|im_start|>assistant<|im_sep|>");
	expect("Phi-4 mini", ASK(TURNS), "<|system|>Be brief. <|end|><|user|> Hi<|end|>"
		"<|assistant|><think>hm</think>Yes.<|end|><|user|>Why?<|end|><|assistant|>");
	expect("Phi-3", ASK(TURNS), "<|system|>\nBe brief. <|end|>\n<|user|>\n Hi<|end|>\n"
		"<|assistant|>\n<think>hm</think>Yes.<|end|>\n<|user|>\nWhy?<|end|>\n<|assistant|>\n");
	expect("Gemma", ASK(QUESTION), "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n");
	expect("Gemma", ASK(TURNS), "<bos><start_of_turn>user\nBe brief. \n\nHi<end_of_turn>\n"
		"<start_of_turn>model\n<think>hm</think>Yes.<end_of_turn>\n<start_of_turn>user\nWhy?<end_of_turn>\n"
		"<start_of_turn>model\n");
	expect("Llama 3", ASK(QUESTION), "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
		"<|start_header_id|>assistant<|end_header_id|>\n\n");
	expect("Llama 3", ASK(TURNS),
		"<|begin_of_text|>"
		"<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
		"<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
		"<|start_header_id|>assistant<|end_header_id|>\n\n<think>hm</think>Yes.<|eot_id|>"
		"<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>"
		"<|start_header_id|>assistant<|end_header_id|>\n\n");
	expect("Llama 3.1", ASK(QUESTION), "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
		"Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|>"
		"<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
		"<|start_header_id|>assistant<|end_header_id|>\n\n");
	expect("Mistral Nemo", ASK(TURNS), "<s>[INST] Hi[/INST]<think>hm</think>Yes.</s>"
		"[INST]Be brief. \n\nWhy?[/INST]");
	expect("DeepSeek", ASK(TURNS), "<｜begin▁of▁sentence｜>Be brief. <｜User｜> Hi"
		"<｜Assistant｜>Yes.<｜end▁of▁sentence｜><｜User｜>Why?<｜Assistant｜>");
	expect("DeepSeek R1", ASK(QUESTION), "<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜><think>\n");
}

#define TOOLS "[{\"type\":\"function\",\"function\":{\"name\":\"look\",\"description\":\"Looks \\\"here\\\".\"," \
	"\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"enum\":[1.5]}},\"required\":[]}}}]"
#define CALLED(more) "[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"\"," more \
	"\"tool_calls\":[{\"id\":\"call_abcdefghijk\"," \
	"\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"a\\\":1}\"}}]}," \
	"{\"role\":\"tool\",\"tool_call_id\":\"call_abcdefghijk\",\"content\":\"a \\\"b\\\"\"}]"
#define WITH_TOOLS(messages) "{\"messages\":" messages ",\"tools\":" TOOLS ",\"add_generation_prompt\":true}"
#define QWEN_TOOLS "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n" \
	"You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n" \
	"{\"type\": \"function\", \"function\": {\"name\": \"look\", \"description\": \"Looks \\\"here\\\".\", " \
	"\"parameters\": {\"type\": \"object\", \"properties\": {\"a\": {\"enum\": [1.5]}}, " \
	"\"required\": []}}}\n</tools>\n\n" \
	"For each function call, return a json object with function name and arguments within " \
	"<tool_call></tool_call> XML tags:\n<tool_call>\n" \
	"{\"name\": <function-name>, \"arguments\": <args-json-object>}\n" \
	"</tool_call>"

/* What Jinja makes of the makers' templates; compared over random conversations when these were written. */
TEST(qwen3_has_tools_and_thoughts)
{
	expect("Qwen3", ASK(QUESTION), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
	expect("Qwen3", "{\"messages\":" QUESTION ",\"enable_thinking\":false,\"add_generation_prompt\":true}",
		"<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
	expect("Qwen3 Thinking", ASK(QUESTION), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n");
	expect("Qwen3", ASK(TURNS), "<|im_start|>system\nBe brief. <|im_end|>\n<|im_start|>user\n Hi<|im_end|>\n"
		"<|im_start|>assistant\nYes.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n");
	expect("Qwen3", WITH_TOOLS(CALLED("\"reasoning_content\":\"hm\\n\",")),
		"<|im_start|>system\n" QWEN_TOOLS "<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
		"<think>\nhm\n</think>\n\n<tool_call>\n{\"name\": \"look\", \"arguments\": {\"a\": "
		"1}}\n</tool_call><|im_end|>\n"
		"<|im_start|>user\n<tool_response>\na \"b\"\n</tool_response><|im_end|>\n<|im_start|>assistant\n");
	expect("Qwen3 Instruct", WITH_TOOLS(CALLED("")),
		"<|im_start|>system\n" QWEN_TOOLS "<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
		"<tool_call>\n{\"name\": \"look\", \"arguments\": {\"a\": 1}}\n</tool_call><|im_end|>\n"
		"<|im_start|>user\n<tool_response>\na \"b\"\n</tool_response><|im_end|>\n<|im_start|>assistant\n");
}

TEST(llama_puts_tools_before_the_first_message)
{
	expect("Llama 3.1", WITH_TOOLS(CALLED("")),
		"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nEnvironment: ipython\n"
		"Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|>"
		"<|start_header_id|>user<|end_header_id|>\n\n"
		"Given the following functions, please respond with a JSON for a function call with its proper "
		"arguments that best answers the given prompt.\n\nRespond in the format {\"name\": function name, "
		"\"parameters\": dictionary of argument name and its value}.Do not use variables.\n\n"
		"{\n    \"type\": \"function\",\n    \"function\": {\n        \"name\": \"look\",\n"
		"        \"description\": \"Looks \\\"here\\\".\",\n        \"parameters\": {\n"
		"            \"type\": \"object\",\n            \"properties\": {\n                \"a\": {\n"
		"                    \"enum\": [\n                        1.5\n                    ]\n                "
		"}\n"
		"            },\n            \"required\": []\n        }\n    }\n}\n\nHi<|eot_id|>"
		"<|start_header_id|>assistant<|end_header_id|>\n\n{\"name\": \"look\", \"parameters\": {\"a\": "
		"1}}<|eot_id|><|start_header_id|>ipython<|end_header_id|>\n\n\"a \\\"b\\\"\"<|eot_id|>"
		"<|start_header_id|>assistant<|end_header_id|>\n\n");
}

TEST(mistral_names_calls_with_nine_signs)
{
	expect("Mistral Nemo", WITH_TOOLS(CALLED("")),
		"<s>[AVAILABLE_TOOLS][{\"type\": \"function\", \"function\": {\"name\": \"look\", "
		"\"description\": \"Looks \"here\".\", \"parameters\": {\"type\": \"object\", \"properties\": "
		"{\"a\": {\"enum\": [1.5]}}, \"required\": []}}}][/AVAILABLE_TOOLS][INST]Hi[/INST]"
		"[TOOL_CALLS][{\"name\": \"look\", \"arguments\": {\"a\": 1}, \"id\": \"cdefghijk\"}]</s>"
		"[TOOL_RESULTS]{\"content\": a \"b\", \"call_id\": \"cdefghijk\"}[/TOOL_RESULTS]");
}

TEST(ministral_has_lost_the_frames)
{
	expect("Ministral 3",
		WITH_TOOLS("[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"Hi\"},"
			"{\"role\":\"assistant\",\"content\":\"So\",\"tool_calls\":[{\"id\":\"x\","
			"\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"a\\\":1}\"}}]},{\"role\":\"tool\","
			"\"content\":\"yes\"},{\"role\":\"user\",\"content\":\"And?\"}]"),
		"<s>[SYSTEM_PROMPT]Be brief.[/SYSTEM_PROMPT][AVAILABLE_TOOLS][{\"type\": \"function\", \"function\": "
		"{\"name\": \"look\", \"description\": \"Looks \\\"here\\\".\", \"parameters\": {\"type\": \"object\", "
		"\"properties\": {\"a\": {\"enum\": [1.5]}}, \"required\": []}}}][/AVAILABLE_TOOLS][INST]Hi[/INST]"
		"So[TOOL_CALLS]look[ARGS]{\"a\": 1}</s>[TOOL_RESULTS]yes[/TOOL_RESULTS][INST]And?[/INST]");
}

TEST(phi_has_tools_behind_the_system_message_and_results_behind_a_token_of_their_own)
{
	expect("Phi-4 mini", WITH_TOOLS(CALLED("")),
		"<|system|><|tool|>[{\"name\": \"look\", \"description\": \"Looks \\\"here\\\".\", "
		"\"parameters\": {\"type\": \"object\", \"properties\": {\"a\": {\"enum\": [1.5]}}, "
		"\"required\": []}}]<|/tool|><|end|><|user|>Hi<|end|>"
		"<|assistant|><|tool_call|>[{\"name\": \"look\", \"arguments\": {\"a\": 1}}]<|/tool_call|><|end|>"
		"<|tool_response|>a \"b\"<|end|><|assistant|>");
	expect("Phi-4 mini", ASK("[{\"role\":\"system\",\"content\":\"\"},{\"role\":\"user\",\"content\":\"Hi\"}]"),
		"<|system|><|end|><|user|>Hi<|end|><|assistant|>");
	expect("Phi-3", ASK("[{\"role\":\"system\",\"content\":\"\"},{\"role\":\"user\",\"content\":\"Hi\"}]"),
		"<|user|>\nHi<|end|>\n<|assistant|>\n");
}

TEST(an_answer_is_not_asked_for_unless_wanted)
{
	for (size_t i = 0; i < template_count; i++) {
		own_prompt with = PROMPT_INIT(1 << 16), without = PROMPT_INIT(1 << 16);
		render(templates[i]->name, ASK(QUESTION), &with);
		render(templates[i]->name, "{\"messages\":" QUESTION "}", &without);
		assert_memory_equal(with.text.data, without.text.data, without.text.len);
		if (!strstr(templates[i]->name, "istral"))
			assert_true(with.text.len > without.text.len);
	}
}

TEST(families_have_names_of_their_own_and_recognise_their_markers)
{
	for (size_t i = 0; i < template_count; i++) {
		const struct template *t = templates[i];
		own_mem char *jinja = mem_printf("{{- '%s' }}%s", t->markers[0], t->markers[1] ? t->markers[1] : "");
		assert_non_null(t->name);
		assert_non_null(t->render);
		assert_non_null(t->markers[0]);
		assert_ptr_equal(template_of(jinja), t);
		assert_ptr_equal(family(t->name), t);
	}
	assert_null(template_of("{{ messages }}"));
}

TEST(floats_in_arguments_are_written_as_python_writes_them)
{
	expect("Qwen2.5", "{\"messages\":[{\"role\":\"system\",\"content\":\"\"},"
		"{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\""
		"{\\\"a\\\":[0.1,1e5,1E16,0.00001,0.0001,-0.0,123456789012345680.0,"
		"1.5e300,2.5,1e22,-7,3.0,\\\"\\u00e9\\\\u001f<&>\\\"],\\\"b\\\":{},\\\"c\\\":[]}\"}}]}]}",
		"<|im_start|>system\n<|im_end|>\n<|im_start|>assistant\n<tool_call>\n"
		"{\"name\": \"f\", \"arguments\": {\"a\": ["
		"0.1, 100000.0, 1e+16, 1e-05, 0.0001, -0.0, 1.2345678901234568e+17, 1.5e+300, 2.5, 1e+22, -7, 3.0, "
		"\"é\\u001f<&>\"], \"b\": {}, \"c\": []}}\n</tool_call><|im_end|>\n");
}

static void expect_refused(const char *name, const char *input, const char *why)
{
	struct error err = {0};
	own_json *json = json_parse(str_of(input), "test", &err);

	assert_null(explain_template(family(name), json, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(strstr(err.text, why));
}

TEST(what_a_family_cannot_express_is_refused)
{
	expect_refused("Llama 3", "{\"messages\":" QUESTION ",\"tools\":"
		"[{\"type\":\"function\",\"function\":{\"name\":\"a\"}}]}", "takes no tools");
	expect_refused("ChatML", "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", "takes no tools");
	expect_refused("Mistral Nemo", "{\"messages\":[{\"role\":\"user\",\"content\":\"\"},"
		"{\"role\":\"system\",\"content\":\"\"}]}", "only at the start");
	expect_refused("Llama 3.1", "{\"messages\":[{\"role\":\"system\",\"content\":\"x\"}],\"tools\":"
		"[{\"type\":\"function\",\"function\":{\"name\":\"a\"}}]}", "there is none");
	expect_refused("Ministral 3", "{\"messages\":[{\"role\":\"user\",\"content\":\"\"},"
		"{\"role\":\"system\",\"content\":\"\"}]}", "only at the start");
	expect_refused("ChatML", "{\"messages\":[{\"role\":\"user\"}]}", "messages[0].content");
	expect_refused("Gemma", "{\"messages\":" QUESTION ",\"tools\":"
		"[{\"type\":\"function\",\"function\":{\"name\":\"a\"}}]}", "takes no tools");
	expect_refused("Phi-3", "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", "takes no tools");
	expect_refused("Gemma", "{\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}", "wants a message");
	expect_refused("Gemma", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},"
		"{\"role\":\"user\",\"content\":\"y\"}]}", "message 1 is of user");
	expect_refused("Gemma", "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},"
		"{\"role\":\"system\",\"content\":\"y\"}]}", "message 1 is of system");
}

TEST(a_prompt_past_its_ceiling_is_an_error)
{
	for (size_t i = 0; i < template_count; i++) {
		for (size_t limit = 0; limit < 30; limit++) {
			own_chat chat = CHAT_INIT(1 << 16);
			own_prompt out = PROMPT_INIT(limit);
			struct error err = {0};
			assert_non_null(chat_add(&chat, ROLE_USER, str_of("a question over thirty bytes long"), &err));
			assert_false(template_render(templates[i], &chat, true, &out, &err));
			assert_int_equal(err.kind, ERROR_TOO_LARGE);
		}
	}
}

/* A folder with one file; the caller removes it with `rm -r`. */
static void expect_found(const char *file, const char *text, const char *name, const char *why)
{
	char folder[] = "/tmp/shammah-template-XXXXXX";
	struct error err = {0};

	assert_non_null(mkdtemp(folder));
	own_mem char *path = path_join(folder, file);
	assert_ok(file_write(path, str_of(text), 0600, &err));
	const struct template *t = template_find(folder, &err);
	assert_int_equal(remove(path), 0);
	assert_int_equal(remove(folder), 0);
	if (name)
		assert_ptr_equal(t, family(name));
	else
		assert_true(!t && strstr(err.text, why));
}

TEST(the_family_is_found_in_the_models_files)
{
	expect_found("tokenizer_config.json", "{\"chat_template\":\"<|im_start|><|im_end|>\"}", "ChatML", NULL);
	expect_found("tokenizer_config.json", "{\"chat_template\":[{\"name\":\"tool_use\",\"template\":\"\"},"
		"{\"name\":\"default\",\"template\":\"<|start_header_id|><|eot_id|>\"}]}", "Llama 3", NULL);
	expect_found("chat_template.jinja", "<|im_start|><|im_sep|>", "Phi-4", NULL);
	expect_found("tokenizer_config.json", "{}", NULL, "has no chat_template");
	expect_found("tokenizer_config.json", "{\"chat_template\":\"?\"}", NULL, "no family we know");
	expect_found("tokenizer_config.json", "{", NULL, "not valid JSON");
	expect_found("other.json", "{}", NULL, "cannot open");
}

/* Calls `check` with every vector; returns their number. */
static size_t for_each_vector(void (*check)(void *user, const json_t *vector), void *user)
{
	struct error err = {0};
	own_mem char *text = file_read(shared_path("qwen2/chat_template_vectors.jsonl"), 16 << 20, NULL, &err);
	struct str rest = str_of(text), line;
	size_t count = 0;

	while (str_split(&rest, '\n', &line)) {
		own_json *vector = line.n ? json_parse(line, "vector", &err) : NULL;
		if (vector) {
			check(user, vector);
			count++;
		}
	}
	return count;
}

static void check_text(void *user, const json_t *vector)
{
	struct error err = {0};
	own_json *explained = explain_template(user, vector, &err);

	if (!explained)
		fail_msg("%s", err.text);
	assert_string_equal(json_member_string(explained, "text"), json_member_string(vector, "rendered"));
}

TEST(every_vector_of_the_reference_is_rendered_equal)
{
	struct error err = {0};
	const struct template *t = template_find(shared_path("qwen2"), &err);

	assert_ptr_equal(t, family("Qwen2.5"));
	assert_int_equal(for_each_vector(check_text, (void *)t), 60);
}

static size_t control_count(const struct tokenizer *t, const struct tokens *tokens)
{
	size_t count = 0;

	for (size_t i = 0; i < tokens->count; i++)
		count += tokenizer_is_control(t, tokens->ids[i]);
	return count;
}

/* Tokens are the reference's, unless somebody wrote a control token into a message. */
static void check_tokens(void *user, const json_t *vector)
{
	const struct tokenizer *t = user;
	struct error err = {0};
	own_chat chat = CHAT_INIT(1 << 20);
	own_prompt prompt = PROMPT_INIT(1 << 20);
	own_tokens ours = TOKENS_INIT(1 << 16), parsed = TOKENS_INIT(1 << 16);
	own_buf decoded = BUF_INIT(1 << 20);
	bool ask = json_is_true(json_object_get(vector, "add_generation_prompt"));

	assert_ok(chat_from_json(&chat, json_object_get(vector, "messages"), json_object_get(vector, "tools"), NULL,
		&err));
	assert_ok(template_render(family("Qwen2.5"), &chat, ask, &prompt, &err));
	assert_ok(prompt_encode(&prompt, t, &ours, &err));
	assert_ok(tokenizer_encode(t, buf_str(&prompt.text), TOKENS_PARSED, &parsed, &err));
	assert_ok(tokenizer_decode(t, ours.ids, ours.count, false, &decoded, &err));
	assert_string_equal(decoded.data, prompt.text.data);
	own_mem char *messages = json_dumps(json_object_get(vector, "messages"), 0);
	if (strstr(messages, "<|im_")) {
		assert_true(control_count(t, &ours) < control_count(t, &parsed));
		return;
	}
	assert_int_equal(ours.count, parsed.count);
	assert_memory_equal(ours.ids, parsed.ids, ours.count * sizeof *ours.ids);
}

TEST(prompts_are_encoded_as_the_reference_does_and_messages_make_no_control_tokens)
{
	struct error err = {0};
	own_tokenizer *t = tokenizer_open(shared_path("qwen2"), NULL, &err);

	assert_non_null(t);
	assert_int_equal(for_each_vector(check_tokens, t), 60);
}

static void expect_tokens(const struct prompt *p, const char *options, const char *expected)
{
	struct error err = {0};
	own_mem char *json = tiny_tokenizer(&(struct tiny_tokenizer){ .added = options });
	own_tokenizer *t = tokenizer_parse(str_of(json), &err);
	own_tokens out = TOKENS_INIT(100);
	own_buf line = BUF_INIT(1000);

	assert_ok(prompt_encode(p, t, &out, &err));
	for (size_t i = 0; i < out.count; i++)
		buf_putf(&line, "%s%d", i ? " " : "", out.ids[i]);
	assert_string_equal(line.data, expected);
}

TEST(text_between_control_tokens_is_encoded_as_one)
{
	own_prompt p = PROMPT_INIT(100);
	struct error err = {0};

	assert_ok(prompt_control(&p, "<|im_start|>", &err));
	assert_ok(prompt_words(&p, "he", &err));
	assert_ok(prompt_text(&p, str_of("llo"), &err));
	assert_ok(prompt_control(&p, "ll", &err));   /* no added token: text */
	assert_ok(prompt_control(&p, "<|im_end|>", &err));
	assert_ok(prompt_text(&p, str_of("\n"), &err));
	expect_tokens(&p, NULL, "269 261 257 270 10");
}

TEST(control_tokens_swallow_white_space_as_the_tokenizer_says)
{
	own_prompt p = PROMPT_INIT(100);
	struct error err = {0};

	assert_ok(prompt_words(&p, "h  ", &err));
	assert_ok(prompt_control(&p, "<|im_end|>", &err));
	assert_ok(prompt_words(&p, " \n", &err));
	assert_ok(prompt_control(&p, "<|im_end|>", &err));
	assert_ok(prompt_words(&p, "\n h ", &err));
	expect_tokens(&p, "[{\"id\":269,\"content\":\"<|im_end|>\",\"special\":true,\"lstrip\":true,\"rstrip\":true}]",
		"104 269 269 104 32");
	expect_tokens(&p, "[{\"id\":269,\"content\":\"<|im_end|>\",\"special\":true}]",
		"104 32 32 269 32 10 269 10 32 104 32");
}

TEST(explaining_tokens_parses_special_ones_and_keeps_nul)
{
	struct error err = {0};
	own_mem char *json = tiny_tokenizer(&(struct tiny_tokenizer){0});
	own_tokenizer *t = tokenizer_parse(str_of(json), &err);
	own_json *input = json_parse_nul(str_of("{\"text\":\"<|im_end|>\\u0000hello\"}"), "test", &err);
	own_json *output = explain_tokens(t, input, &err);
	own_buf written = BUF_INIT(1000);

	assert_non_null(output);
	assert_ok(json_write(&written, output, &err));
	assert_string_equal(written.data, "{\"ids\":[270,0,261],\"decoded\":\"<|im_end|>\\u0000hello\"}");
	own_json *wrong = json_parse(str_of("{\"text\":7}"), "test", &err);
	assert_null(explain_tokens(t, wrong, &err));
	assert_string_equal(err.text, "text: must be a string");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_family_writes_turns_its_own_way),
		cmocka_unit_test(qwen3_has_tools_and_thoughts),
		cmocka_unit_test(llama_puts_tools_before_the_first_message),
		cmocka_unit_test(mistral_names_calls_with_nine_signs),
		cmocka_unit_test(ministral_has_lost_the_frames),
		cmocka_unit_test(phi_has_tools_behind_the_system_message_and_results_behind_a_token_of_their_own),
		cmocka_unit_test(an_answer_is_not_asked_for_unless_wanted),
		cmocka_unit_test(families_have_names_of_their_own_and_recognise_their_markers),
		cmocka_unit_test(floats_in_arguments_are_written_as_python_writes_them),
		cmocka_unit_test(what_a_family_cannot_express_is_refused),
		cmocka_unit_test(a_prompt_past_its_ceiling_is_an_error),
		cmocka_unit_test(the_family_is_found_in_the_models_files),
		cmocka_unit_test(every_vector_of_the_reference_is_rendered_equal),
		cmocka_unit_test(prompts_are_encoded_as_the_reference_does_and_messages_make_no_control_tokens),
		cmocka_unit_test(text_between_control_tokens_is_encoded_as_one),
		cmocka_unit_test(control_tokens_swallow_white_space_as_the_tokenizer_says),
		cmocka_unit_test(explaining_tokens_parses_special_ones_and_keeps_nul),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
