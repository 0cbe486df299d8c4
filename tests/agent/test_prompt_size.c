/* What the local model is given, with its own tokenizer and template: every token of it costs time. */
#include <unistd.h>

#include "agent/offer.h"
#include "agent/prompt.h"
#include "base/mem.h"
#include "chat/messages.h"
#include "support/shared.h"
#include "support/test.h"
#include "text/template.h"
#include "tool/tool.h"

#define BRIEF_MAX 2000u

static bool is_there(void)
{
	return access(shared_path("qwen2/tokenizer.json"), R_OK) == 0;
}

static size_t count_tokens(enum prompt_size size, bool brief)
{
	struct error err = {0};
	own_environment e;
	own_tokenizer *tokenizer = tokenizer_open(shared_path("qwen2"), NULL, &err);
	const struct template *family = template_find(shared_path("qwen2"), &err);
	own_chat chat = CHAT_INIT(1 << 24);
	own_prompt prompt = PROMPT_INIT(1 << 24);
	own_tokens tokens = TOKENS_INIT(1 << 20);
	own_json *tools = offer_tools(brief, NULL, NULL);

	assert_non_null(tokenizer);
	assert_non_null(family);
	environment_init(&e, "/home/somebody/projects/something");
	own_mem char *system = prompt_make(&(struct prompt_wish){ size, &e, false, NULL });
	own_json *messages = json_pack("[{s:s, s:s}, {s:s, s:s}]", "role", "system", "content", system, "role", "user",
		"content", "fix the failing test");
	assert_ok(chat_from_json(&chat, messages, tools, NULL, &err));
	assert_ok(template_render(family, &chat, true, &prompt, &err));
	assert_ok(prompt_encode(&prompt, tokenizer, &tokens, &err));
	return tokens.count;
}

TEST(the_local_prompt_with_all_brief_tools_is_short)
{
	if (!is_there())
		skip_because("no Qwen2.5 tokenizer in the shared data");
	size_t count = count_tokens(PROMPT_BRIEF, true);
	assert_in_range(count, 200, BRIEF_MAX);
}

TEST(every_tool_can_be_described)
{
	own_json *tools = offer_tools(false, NULL, NULL);
	size_t count = 0;

	while (tool_kinds[count]) {
		const json_t *function = json_object_get(json_array_get(tools, count), "function");
		assert_string_equal(json_member_string(function, "name"), tool_kinds[count]->name);
		assert_string_equal(json_member_string(json_object_get(function, "parameters"), "type"), "object");
		assert_true(offer_has(tools, tool_kinds[count++]->name));
	}
	assert_int_equal(json_array_size(tools), count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_local_prompt_with_all_brief_tools_is_short),
		cmocka_unit_test(every_tool_can_be_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
