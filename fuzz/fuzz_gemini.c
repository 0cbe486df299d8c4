#include "answers_of.h"
#include "provider/gemini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned ms;

	check_answer(provider_find("gemini"), data, size);
	(void)gemini_read_delay((struct str){ (const char *)data, size }, &ms);
	return 0;
}
