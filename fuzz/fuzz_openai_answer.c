/*
 * What servers that speak Chat Completions may send.  The first byte says whose
 * habits hold; the rest as in answer.h.
 */
#include "answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "openai", "mistral", "groq", "openrouter", "deepseek", "vllm" };

	if (size)
		answer_fuzz(provider_find(names[data[0] % countof(names)]), &dialect_openai, data + 1, size - 1);
	return 0;
}
