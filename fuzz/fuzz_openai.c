/*
 * A chat completion's body: whatever comes, it is read whole or refused with a reason; and
 * what was read becomes valid JSON for every provider, or is refused too.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "daemon/openai_embed.h"
#include "provider/provider.h"

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

static void write_for(const struct provider *p, const char *model, bool plain, const struct request *request)
{
	struct target target = { p, model, plain };
	own_buf body = BUF_INIT(1 << 24);
	struct error err = {0};

	if (!provider_dialect(p, model)->write_body(&target, request, &body, &err)) {
		if (err.kind == ERROR_NONE || !*err.text)
			abort();
		return;
	}
	own_json *parsed = json_parse(buf_str(&body), "body", &err);
	if (!parsed)
		abort();
}

static void ask_everybody(const struct request *request)
{
	static const char *const models[] = { "claude-opus-5-5", "claude-haiku-4-5", "gpt-4.1", "o3", "other" };

	for (size_t i = 0; i < provider_count; i++) {
		const struct provider *p = &providers[i];
		write_for(p, p->default_model ? p->default_model : "other", false, request);
		write_for(p, models[i % countof(models)], true, request);
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
		ask_everybody(&request);
	} else if (err.kind == ERROR_NONE || !*err.text) {
		abort();
	}
	embed((struct str){ (const char *)data, size });
	return 0;
}
