/* What Claude's server may send: see answer.h. */
#include "answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	answer_fuzz(provider_find("claude"), &dialect_claude, data, size);
	return 0;
}
