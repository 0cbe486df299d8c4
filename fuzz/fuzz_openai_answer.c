/*
 * What servers that speak Chat Completions may send.  The first byte says whose
 * habits hold, the second how: 0 the body of an error, for
 * the status in the third; 255 an answer as one body; else a stream, in pieces of
 * that size.
 */
#include "answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "openai", "mistral", "groq", "openrouter", "deepseek", "vllm" };

	if (size < 3)
		return 0;
	const struct provider *p = provider_find(names[data[0] % countof(names)]);
	struct answer_manner form = { p, &dialect_openai, data[1] == 255, data[1] };
	struct str rest = { (const char *)data + 2, size - 2 };
	if (data[1])
		answer_check(&form, rest);
	else
		answer_check_error(p, data[2] * 3, str_from(rest, 1));
	return 0;
}
