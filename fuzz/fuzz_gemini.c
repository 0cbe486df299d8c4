/* What Gemini's server may send: see answer.h. */
#include "answer.h"
#include "provider/gemini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned ms;

	answer_fuzz(provider_find("gemini"), &dialect_gemini, data, size);
	(void)gemini_read_status(400, (struct str){ (const char *)data, size });
	(void)gemini_read_delay((struct str){ (const char *)data, size }, &ms);
	return 0;
}
