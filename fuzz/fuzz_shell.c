/* A line of shell: its commands lie inside it, ceilings hold, and its judge comes to a verdict with a reason. */
#include <assert.h>
#include <stdint.h>

#include "permit/command.h"
#include "permit/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
	struct str text = { (const char *)data, size };
	struct shell_script script;
	struct error err = {0};
	struct command_judgement judgement;
	bool ok = shell_parse(&arena, text, &script, &err);
	size_t count = 0, words = 0;

	assert(ok || err.text[0]);
	for (const struct shell_command *c = script.first; c; c = c->next, count++) {
		words += c->word_count;
		assert(c->pipe && c->stage < c->pipe->stages);
		for (size_t i = 0; i < c->word_count; i++)
			assert(c->words[i].source.p >= text.p &&
				c->words[i].source.p + c->words[i].source.n <= text.p + size);
	}
	assert(count == script.count && count <= SHELL_COMMANDS_MAX && words <= SHELL_WORDS_MAX + count);
	command_judge(text, &judgement);
	assert(judgement.why[0] && (ok || judgement.verdict != COMMAND_SAFE));
	return 0;
}
