/*
 * English prose has four to five bytes a token in the vendors' tokenizers, programs about
 * three; a picture of the largest size that Claude keeps takes some 1,600 tokens
 * (width * height / 750, "Vision" in its documentation).
 */
#include "provider/estimate.h"

#define BYTES_OF_TOKEN 3
#define TOKENS_OF_PICTURE 1600
#define TOKENS_OF_MESSAGE 4

static size_t tokens(size_t bytes) { return (bytes + BYTES_OF_TOKEN - 1) / BYTES_OF_TOKEN; }

static size_t message_tokens(const struct message *m)
{
	size_t bytes = m->text.n + m->thoughts.n, pictures = 0;

	for (size_t i = 0; i < m->piece_count; i++)
		pictures += m->pieces[i].image != NULL;
	for (size_t i = 0; i < m->sealed_count; i++)
		bytes += m->sealed[i].redacted ? m->sealed[i].seal.text.n : m->sealed[i].text.n;
	for (size_t i = 0; i < m->call_count; i++)
		bytes += m->calls[i].name.n + m->calls[i].arguments.n;
	return TOKENS_OF_MESSAGE + tokens(bytes) + pictures * TOKENS_OF_PICTURE;
}

struct usage estimate_usage(const struct request *request, size_t received)
{
	const struct chat *chat = &request->chat;
	struct usage usage = { .completion_tokens = tokens(received) };

	for (size_t i = 0; i < chat->message_count; i++)
		usage.prompt_tokens += message_tokens(&chat->messages[i]);
	for (size_t i = 0; i < chat->tool_count; i++)
		usage.prompt_tokens += tokens(chat->tools[i].definition.n);
	usage.prompt_tokens += tokens(request->form_schema.n);
	return usage;
}
