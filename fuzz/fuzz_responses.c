/* What servers that speak Responses may send: see answer.h. */
#include "answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	answer_fuzz(provider_find("openai"), &dialect_responses, data, size);
	return 0;
}
