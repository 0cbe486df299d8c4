/* OpenAI's Chat Completions: https://platform.openai.com/docs/api-reference/chat-streaming */
#include "support/teacher/dialect.h"
#include "support/teacher/openai_errors.h"

static const char *finish_reason(const struct turn *turn)
{
	static const char *const reasons[] = {
		[TURN_STOP] = "stop", [TURN_LENGTH] = "length", [TURN_CALLS] = "tool_calls", [TURN_REFUSED] = "stop",
		[TURN_BLOCKED] = "content_filter",
	};

	return reasons[turn->finish];
}

static const char *call_id(const struct part *part, size_t i)
{
	static const char *const made[] = { "call_A", "call_B", "call_C", "call_D" };

	return part->id ? part->id : made[i % countof(made)];
}

static json_t *usage(void)
{
	return json_pack("{s:i, s:i, s:i, s:{s:i, s:i}, s:{s:i, s:i, s:i, s:i}}", "prompt_tokens", 18,
		"completion_tokens", 7, "total_tokens", 25, "prompt_tokens_details", "cached_tokens", 5,
		"audio_tokens", 0, "completion_tokens_details", "reasoning_tokens", 2, "audio_tokens", 0,
		"accepted_prediction_tokens", 0, "rejected_prediction_tokens", 0);
}

static json_t *envelope(const struct teacher_question *q, const char *object, json_t *choices)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:o}", "id", "chatcmpl-Teacher", "object", object, "created",
		1790000000, "model", q->model, "service_tier", "default", "system_fingerprint", "fp_teacher",
		"choices", choices);
}

struct stream {
	struct events *e;
	const struct teacher_question *q;
	bool with_usage;       /* other chunks say "usage":null then */
	size_t calls;
};

static bool wants_usage(const struct teacher_question *q)
{
	return json_is_true(json_object_get(json_object_get(q->body, "stream_options"), "include_usage"));
}

/* Takes the delta.  One that says something counts. */
static void put_chunk(struct stream *s, json_t *delta, const char *reason, bool says)
{
	json_t *choice = json_pack("{s:i, s:o, s:n, s:s?}", "index", 0, "delta", delta, "logprobs", "finish_reason",
		reason);
	json_t *chunk = envelope(s->q, "chat.completion.chunk", json_pack("[o]", choice));

	if (s->with_usage)
		json_object_set_new(chunk, "usage", json_null());
	json_object_set_new(chunk, "obfuscation", json_string("pAd7q"));
	if (says)
		events_put_delta(s->e, NULL, chunk);
	else
		events_put(s->e, NULL, chunk);
}

static void put_call(struct stream *s, const struct part *part)
{
	struct str rest = part->arguments;
	int index = (int)s->calls++;

	put_chunk(s, json_pack("{s:[{s:i, s:s, s:s, s:{s:s, s:s}}]}", "tool_calls", "index", index, "id",
		call_id(part, (size_t)index), "type", "function", "function", "name", part->name, "arguments", ""),
		NULL, true);
	while (rest.n) {
		struct str piece = next_characters(&rest);
		put_chunk(s, json_pack("{s:[{s:i, s:{s:s%}}]}", "tool_calls", "index", index, "function", "arguments",
			piece.p, piece.n), NULL, true);
	}
}

static void put_words(struct stream *s, const char *key, struct str text)
{
	while (text.n) {
		struct str word = next_word(&text);
		put_chunk(s, json_pack("{s:s%}", key, word.p, word.n), NULL, true);
	}
}

static void put_part(struct stream *s, const struct part *part, bool refusal)
{
	if (part->kind == PART_CALL)
		put_call(s, part);
	else if (part->kind == PART_TEXT)
		put_words(s, refusal ? "refusal" : "content", part->text);
	else
		put_words(s, "reasoning_content", part->text);
}

static void write_stream(struct events *e, const struct turn *turn, const struct teacher_question *q)
{
	struct stream s = { e, q, wants_usage(q) && !turn->no_usage, 0 };

	put_chunk(&s, json_pack("{s:s, s:s, s:n}", "role", "assistant", "content", "", "refusal"), NULL, false);
	for (size_t i = 0; i < turn->part_count; i++)
		put_part(&s, &turn->parts[i], turn->finish == TURN_REFUSED);
	put_chunk(&s, json_object(), finish_reason(turn), false);
	if (s.with_usage) {
		json_t *last = envelope(q, "chat.completion.chunk", json_array());
		json_object_set_new(last, "usage", usage());
		events_put(e, NULL, last);
	}
	if (!turn->no_done)
		events_put_raw(e, "data: [DONE]\n\n");
}

/* Adds to a string member, which may be null. */
static void join(json_t *object, const char *key, struct str text)
{
	const char *before = json_member_string(object, key);
	own_buf joined = BUF_INIT(SIZE_MAX / 2);
	struct error err;

	if (buf_adds(&joined, before ? before : "", &err) && buf_add_str(&joined, text, &err))
		json_object_set_new(object, key, json_stringn(joined.data, joined.len));
}

static void add_part(json_t *message, const struct part *part, bool refusal)
{
	json_t *calls = json_object_get(message, "tool_calls");

	if (part->kind == PART_TEXT) {
		join(message, refusal ? "refusal" : "content", part->text);
		return;
	}
	if (part->kind != PART_CALL) {
		join(message, "reasoning_content", part->text);
		return;
	}
	if (!calls)
		json_object_set_new(message, "tool_calls", calls = json_array());
	json_array_append_new(calls, json_pack("{s:s, s:s, s:{s:s, s:s%}}", "id",
		call_id(part, json_array_size(calls)), "type", "function", "function", "name", part->name,
		"arguments", part->arguments.p, part->arguments.n));
}

static json_t *write_whole(const struct turn *turn, const struct teacher_question *q)
{
	json_t *message = json_pack("{s:s, s:n, s:n, s:[]}", "role", "assistant", "content", "refusal", "annotations");

	for (size_t i = 0; i < turn->part_count; i++)
		add_part(message, &turn->parts[i], turn->finish == TURN_REFUSED);
	json_t *whole = envelope(q, "chat.completion", json_pack("[{s:i, s:o, s:n, s:s}]", "index", 0, "message",
		message, "logprobs", "finish_reason", finish_reason(turn)));
	if (!turn->no_usage)
		json_object_set_new(whole, "usage", usage());
	return whole;
}

static void write_error_event(struct events *e, const struct teacher_error *error)
{
	events_put(e, NULL, teacher_openai_error(error));
}

const struct teacher_dialect teacher_openai = {
	.name = "OpenAI",
	.paths = { "/chat/completions" },
	.key_header = "authorization",
	.bearer = true,
	.fields = (const char *const[]){ "model", "messages", "stream", "stream_options", "temperature", "top_p",
		"max_tokens", "max_completion_tokens", "stop", "tools", "tool_choice", "parallel_tool_calls", "seed",
		"n", "response_format", "reasoning_effort", "logprobs", "top_logprobs", "logit_bias",
		"presence_penalty", "frequency_penalty", "user", "metadata", "store", "service_tier", "verbosity",
		"safety_identifier", "prompt_cache_key", NULL },
	.messages_key = "messages",
	.unknown = "Unrecognized request argument supplied: %s",
	.wrong_key = { 401, "invalid_request_error", "invalid_api_key",
		"Incorrect API key provided: sk-w*******. You can find your API key at "
		"https://platform.openai.com/account/api-keys." },
	.errors = teacher_openai_errors,
	.write_stream = write_stream,
	.write_whole = write_whole,
	.write_error = teacher_openai_error,
	.write_error_event = write_error_event,
};
