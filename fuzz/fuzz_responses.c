/*
 * What servers that speak Responses may send.  First byte 255: an answer as one
 * body; else a stream, in pieces of that size.
 */
#include "answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || data[0] == 0)
		return 0;
	struct answer_manner form = { provider_find("openai"), &dialect_responses, data[0] == 255, data[0] };
	answer_check(&form, (struct str){ (const char *)data + 1, size - 1 });
	return 0;
}
