/* A chat completion's body: whatever comes, it is read whole or refused with a reason. */
#include <stdint.h>
#include <stdlib.h>

#include "daemon/openai_embed.h"

static void embed(struct str body)
{
	own_embed_request request = EMBED_REQUEST_INIT(1 << 20);
	struct openai_fault fault = {0};
	struct error err = {0};

	if (openai_read_embed(body, &request, &fault, &err)) {
		if (!request.input_count || request.input_count > EMBED_INPUTS_MAX)
			abort();
	} else if (err.kind == ERROR_NONE || !*err.text) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_request request = REQUEST_INIT(1 << 20);
	struct openai_fault fault = {0};
	struct error err = {0};

	if (openai_read((struct str){ (const char *)data, size }, &request, &fault, &err)) {
		if (!request.chat.message_count || request.sampling.stop_count > STOP_MAX)
			abort();
	} else if (err.kind == ERROR_NONE || !*err.text) {
		abort();
	}
	embed((struct str){ (const char *)data, size });
	return 0;
}
