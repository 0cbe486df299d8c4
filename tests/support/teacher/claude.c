/* Anthropic's Messages API: https://docs.claude.com/en/api/messages-streaming and /errors. */
#include "support/teacher/dialect.h"

static const struct teacher_error errors[] = {
	{ 400, "invalid_request_error", NULL, "messages.0.content: Input should be a valid string" },
	{ 400, "billing", NULL,
		"Your credit balance is too low to access the Anthropic API. "
		"Please go to Plans & Billing to upgrade or purchase credits." },
	{ 400, "too_long", NULL, "prompt is too long: 215322 tokens > 200000 maximum" },
	{ 402, "billing_error", NULL, "There is an issue with your billing or payment information." },
	{ 403, "permission_error", NULL, "Your API key does not have permission to use the specified resource." },
	{ 404, "not_found_error", NULL, "model: claude-none" },
	{ 413, "request_too_large", NULL, "Request exceeds the maximum size" },
	{ 429, "rate_limit_error", NULL,
		"This request would exceed your organization's rate limit of 30,000 input tokens per minute." },
	{ 500, "api_error", NULL, "Internal server error" },
	{ 503, "overloaded_error", NULL, "Overloaded" },
	{ 504, "timeout_error", NULL, "The request timed out" },
	{ 529, "overloaded_error", NULL, "Overloaded" },
	{ 0 },
};

static json_t *write_error(const struct teacher_error *error)
{
	bool named = strstr(error->type, "_error") || strstr(error->type, "request_too");

	return json_pack("{s:s, s:{s:s, s:s}, s:s}", "type", "error", "error",
		"type", named ? error->type : "invalid_request_error", "message", error->message,
		"request_id", "req_011CVmQTeacher");
}

static void write_error_event(struct events *e, const struct teacher_error *error)
{
	events_put(e, "error", write_error(error));
}

static json_t *usage(const struct turn *turn, int output)
{
	if (turn->no_usage)
		return json_object();
	return json_pack("{s:i, s:i, s:i, s:{s:i, s:i}, s:i, s:s}", "input_tokens", 10,
		"cache_creation_input_tokens", 3, "cache_read_input_tokens", 5, "cache_creation",
		"ephemeral_5m_input_tokens", 3, "ephemeral_1h_input_tokens", 0, "output_tokens", output,
		"service_tier", "standard");
}

static const char *stop_reason(const struct turn *turn)
{
	static const char *const reasons[] = {
		[TURN_STOP] = "end_turn", [TURN_LENGTH] = "max_tokens", [TURN_CALLS] = "tool_use",
		[TURN_REFUSED] = "refusal", [TURN_BLOCKED] = "refusal",
	};

	return reasons[turn->finish];
}

static json_t *message(const struct turn *turn, const struct teacher_question *q, json_t *content, int output)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:n, s:n, s:o}", "id", "msg_01Teacher", "type", "message",
		"role", "assistant", "model", q->model, "content", content, "stop_reason", "stop_sequence", "usage",
		usage(turn, output));
}

static const char *call_id(const struct part *part, size_t i)
{
	static const char *const made[] = { "toolu_01A", "toolu_01B", "toolu_01C", "toolu_01D" };

	return part->id ? part->id : made[i % countof(made)];
}

static void begin_block(struct events *e, size_t i, json_t *block)
{
	events_put(e, "content_block_start",
		json_pack("{s:s, s:i, s:o}", "type", "content_block_start", "index", (int)i, "content_block", block));
}

static void put_delta(struct events *e, size_t i, const char *type, const char *key, struct str text)
{
	events_put_delta(e, "content_block_delta",
		json_pack("{s:s, s:i, s:{s:s, s:s%}}", "type", "content_block_delta", "index", (int)i, "delta",
			"type", type, key, text.p, text.n));
}

static void put_words(struct events *e, size_t i, const char *type, const char *key, struct str text)
{
	while (text.n)
		put_delta(e, i, type, key, next_word(&text));
}

static void put_thought(struct events *e, size_t i, const struct part *part)
{
	begin_block(e, i, json_pack("{s:s, s:s, s:s}", "type", "thinking", "thinking", "", "signature", ""));
	put_words(e, i, "thinking_delta", "thinking", part->text);
	if (part->seal)
		put_delta(e, i, "signature_delta", "signature", str_of(part->seal));
}

static void put_call(struct events *e, size_t i, const struct part *part)
{
	struct str rest = part->arguments;

	begin_block(e, i, json_pack("{s:s, s:s, s:s, s:{}}", "type", "tool_use", "id", call_id(part, i),
		"name", part->name, "input"));
	put_delta(e, i, "input_json_delta", "partial_json", (struct str)STR(""));
	while (rest.n && !str_is(part->arguments, "{}"))
		put_delta(e, i, "input_json_delta", "partial_json", next_characters(&rest));
}

static void put_part(struct events *e, size_t i, const struct part *part)
{
	switch (part->kind) {
	case PART_TEXT:
		begin_block(e, i, json_pack("{s:s, s:s}", "type", "text", "text", ""));
		put_words(e, i, "text_delta", "text", part->text);
		break;
	case PART_THOUGHT:
		put_thought(e, i, part);
		break;
	case PART_HIDDEN:
		begin_block(e, i, json_pack("{s:s, s:s%}", "type", "redacted_thinking", "data", part->text.p,
			part->text.n));
		break;
	case PART_CALL:
		put_call(e, i, part);
		break;
	}
	events_put(e, "content_block_stop",
		json_pack("{s:s, s:i}", "type", "content_block_stop", "index", (int)i));
}

static void write_stream(struct events *e, const struct turn *turn, const struct teacher_question *q)
{
	json_t *begun = message(turn, q, json_array(), 1);

	e->ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n";
	events_put(e, "message_start", json_pack("{s:s, s:o}", "type", "message_start", "message", begun));
	events_put_raw(e, e->ping);
	for (size_t i = 0; i < turn->part_count; i++)
		put_part(e, i, &turn->parts[i]);
	events_put(e, "message_delta",
		json_pack("{s:s, s:{s:s, s:n}, s:o}", "type", "message_delta", "delta", "stop_reason",
			stop_reason(turn), "stop_sequence", "usage", usage(turn, 7)));
	events_put(e, "message_stop", json_pack("{s:s}", "type", "message_stop"));
}

static json_t *whole_part(const struct part *part, size_t i)
{
	struct error err;

	switch (part->kind) {
	case PART_THOUGHT:
		return json_pack("{s:s, s:s%, s:s}", "type", "thinking", "thinking", part->text.p, part->text.n,
			"signature", part->seal ? part->seal : "");
	case PART_HIDDEN:
		return json_pack("{s:s, s:s%}", "type", "redacted_thinking", "data", part->text.p, part->text.n);
	case PART_CALL:
		return json_pack("{s:s, s:s, s:s, s:o}", "type", "tool_use", "id", call_id(part, i), "name",
			part->name, "input", json_parse(part->arguments, "arguments", &err));
	default:
		return json_pack("{s:s, s:s%}", "type", "text", "text", part->text.p, part->text.n);
	}
}

static json_t *write_whole(const struct turn *turn, const struct teacher_question *q)
{
	json_t *content = json_array(), *whole;

	for (size_t i = 0; i < turn->part_count; i++)
		json_array_append_new(content, whole_part(&turn->parts[i], i));
	whole = message(turn, q, content, 7);
	json_object_set_new(whole, "stop_reason", json_string(stop_reason(turn)));
	return whole;
}

const struct teacher_dialect teacher_claude = {
	.name = "Claude",
	.paths = { "/v1/messages" },
	.key_header = "x-api-key",
	.or_bearer = true,
	.fields = (const char *const[]){ "model", "max_tokens", "messages", "system", "stream", "temperature", "top_p",
		"top_k", "stop_sequences", "tools", "tool_choice", "thinking", "output_config", "metadata",
		"service_tier", "container", "context_management", "mcp_servers", "cache_control", NULL },
	.messages_key = "messages",
	.unknown = "%s: Extra inputs are not permitted",
	.wrong_key = { 401, "authentication_error", NULL, "invalid x-api-key" },
	.errors = errors,
	.write_stream = write_stream,
	.write_whole = write_whole,
	.write_error = write_error,
	.write_error_event = write_error_event,
};
