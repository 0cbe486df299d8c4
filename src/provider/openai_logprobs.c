#include "provider/openai_logprobs.h"

#include "chat/request.h"

/* A token's bytes, which need not be whole characters; else its text. */
static struct str read_bytes(struct arena *a, const json_t *token)
{
	const json_t *bytes = json_object_get(token, "bytes"), *byte;
	char *out = json_array_size(bytes) ? arena_alloc(a, json_array_size(bytes)) : NULL;
	size_t i;

	if (!out)
		return json_member_str(token, "token");
	json_array_foreach(bytes, i, byte)
		out[i] = (char)json_integer_value(byte);
	return (struct str){ out, i };
}

static struct logprobs read_list(struct arena *a, const json_t *list, size_t most, bool rivals);

static struct token_logprob read_token(struct arena *a, const json_t *token, bool rivals)
{
	struct token_logprob t = { .text = read_bytes(a, token),
		.logprob = (float)json_number_value(json_object_get(token, "logprob")) };

	if (rivals) {
		struct logprobs others = read_list(a, json_object_get(token, "top_logprobs"), TOP_LOGPROBS_MAX, false);
		t.rivals = others.tokens;
		t.rival_count = others.count;
	}
	return t;
}

static struct logprobs read_list(struct arena *a, const json_t *list, size_t most, bool rivals)
{
	size_t count = json_array_size(list) < most ? json_array_size(list) : most;
	struct token_logprob *tokens = count ? arena_alloc(a, count * sizeof *tokens) : NULL;

	for (size_t i = 0; tokens && i < count; i++)
		tokens[i] = read_token(a, json_array_get(list, i), rivals);
	return (struct logprobs){ tokens, tokens ? count : 0 };
}

struct logprobs openai_read_logprobs(struct arena *a, const json_t *choice)
{
	return read_list(a, json_object_get(json_object_get(choice, "logprobs"), "content"), SIZE_MAX, true);
}
