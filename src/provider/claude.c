/*
 * Anthropic's Messages API, streaming: https://docs.claude.com/en/api/messages-streaming
 *
 * A message is a sequence of content blocks, each with start, deltas and stop.
 * Text, thinking and tool calls become our deltas; whatever else may come is passed
 * over.  Usage and the reason to stop are collected, and given out when the message
 * has stopped.
 *
 * The version of 2023 is asked for, not that of 2026-10-21: answers are the same, and
 * the newer one refuses sampling to the models that still have it.
 */
#include "provider/claude.h"

struct state {
	struct usage usage;
	enum finish finish;
	size_t calls;          /* begun so far; the open one is the last */
	bool call_open;
	bool arguments;        /* of the open call: a piece has been emitted */
	bool whole;            /* of the open call: they came with its start, so no more are taken */
	bool thinking;         /* a block of thoughts is open, */
	bool sealed;           /* and its seal has come */
	bool spoken;           /* there was text */
};

/* A count; -1 when it is missing or none. */
static json_int_t count_of(const json_t *usage, const char *key)
{
	const json_t *value = json_object_get(usage, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value) : -1;
}

/* Tokens read from the cache or written to it are not among the input tokens here; ours count them all. */
static void read_prompt(struct usage *u, const json_t *usage)
{
	json_int_t input = count_of(usage, "input_tokens"), cached = count_of(usage, "cache_read_input_tokens"),
		written = count_of(usage, "cache_creation_input_tokens"),
		lasting = count_of(json_object_get(usage, "cache_creation"), "ephemeral_1h_input_tokens");

	if (input < 0)
		return;
	u->cached_tokens = cached > 0 ? (size_t)cached : 0;
	u->written_tokens = written > 0 ? (size_t)written : 0;
	u->lasting_tokens = lasting > 0 ? (size_t)lasting : 0;
	u->prompt_tokens = (size_t)input + u->cached_tokens + u->written_tokens;
}

/* Absent figures leave the old ones. */
static void read_usage(struct state *st, const json_t *usage)
{
	json_int_t output = count_of(usage, "output_tokens");
	json_int_t thought = count_of(json_object_get(usage, "output_tokens_details"), "thinking_tokens");

	read_prompt(&st->usage, usage);
	if (output >= 0)
		st->usage.completion_tokens = (size_t)output;
	if (thought >= 0)
		st->usage.thought_tokens = (size_t)thought;
}

static bool emit_arguments(struct provider_stream *s, struct str json, struct error *err)
{
	struct state *st = provider_stream_state(s);

	st->arguments = true;
	return provider_emit(s, &(struct delta){ .kind = DELTA_ARGUMENTS, .call = st->calls - 1, .text = json }, err);
}

static bool start_call(struct provider_stream *s, const json_t *block, struct error *err)
{
	struct state *st = provider_stream_state(s);
	const json_t *input = json_object_get(block, "input");
	struct delta call = { .kind = DELTA_CALL, .call = st->calls,
		.id = json_member_str(block, "id"), .name = json_member_str(block, "name") };

	if (call.id.n == 0 || call.name.n == 0)
		return error_set(err, ERROR_UNAVAILABLE, "Claude sent a tool call without id or name");
	st->calls++;
	st->call_open = true;
	st->arguments = false;
	st->whole = json_object_size(input) > 0;
	if (!provider_emit(s, &call, err))
		return false;
	if (!st->whole)
		return true;
	own_buf text = BUF_INIT(SIZE_MAX / 2);
	return json_write(&text, input, err) && emit_arguments(s, buf_str(&text), err);
}

static bool emit_text(struct provider_stream *s, struct str text, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct delta delta = delta_text(text);

	st->spoken |= text.n > 0;
	return text.n == 0 || provider_emit(s, &delta, err);
}

/* ---- thoughts ---- */

static bool emit_thought(struct provider_stream *s, struct str text, struct error *err)
{
	return text.n == 0 || provider_emit(s, &(struct delta){ .kind = DELTA_THOUGHT, .text = text }, err);
}

static bool emit_seal(struct provider_stream *s, struct str text, bool redacted, struct error *err)
{
	struct state *st = provider_stream_state(s);

	st->sealed = true;
	return provider_emit(s, &(struct delta){ .kind = DELTA_SEAL, .call = DELTA_NO_CALL, .text = text,
		.vendor = STR("claude"), .redacted = redacted }, err);
}

/* A seal that stands at the start already is the whole one only if the thoughts do as well. */
static bool start_thinking(struct provider_stream *s, const json_t *block, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct str text = json_member_str(block, "thinking"), seal = json_member_str(block, "signature");

	st->thinking = true;
	st->sealed = false;
	return emit_thought(s, text, err) && (!text.n || !seal.n || emit_seal(s, seal, false, err));
}

static bool start_redacted(struct provider_stream *s, const json_t *block, struct error *err)
{
	struct str data = json_member_str(block, "data");

	return data.n == 0 || emit_seal(s, data, true, err);
}

static bool start_text(struct provider_stream *s, const json_t *block, struct error *err)
{
	return emit_text(s, json_member_str(block, "text"), err);
}

/* ---- pieces of blocks ---- */

static bool more_text(struct provider_stream *s, const json_t *delta, struct error *err)
{
	return emit_text(s, json_member_str(delta, "text"), err);
}

static bool more_thinking(struct provider_stream *s, const json_t *delta, struct error *err)
{
	const struct state *st = provider_stream_state(s);

	return !st->thinking || st->sealed || emit_thought(s, json_member_str(delta, "thinking"), err);
}

static bool more_signature(struct provider_stream *s, const json_t *delta, struct error *err)
{
	const struct state *st = provider_stream_state(s);
	struct str seal = json_member_str(delta, "signature");

	return !st->thinking || st->sealed || seal.n == 0 || emit_seal(s, seal, false, err);
}

static bool more_arguments(struct provider_stream *s, const json_t *delta, struct error *err)
{
	const struct state *st = provider_stream_state(s);
	struct str json = json_member_str(delta, "partial_json");

	return !st->call_open || st->whole || json.n == 0 || emit_arguments(s, json, err);
}

typedef bool handler(struct provider_stream *s, const json_t *event, struct error *err);

struct named_handler {
	const char *name;
	handler *handle;
};

static bool handle(const struct named_handler *handlers, struct provider_stream *s, struct str name,
	const json_t *event, struct error *err)
{
	for (; name.p && handlers->name; handlers++)
		if (str_is(name, handlers->name))
			return handlers->handle(s, event, err);
	return true;
}

/* ---- events ---- */

static bool on_message_start(struct provider_stream *s, const json_t *event, struct error *err)
{
	(void)err;
	read_usage(provider_stream_state(s), json_object_get(json_object_get(event, "message"), "usage"));
	return true;
}

static bool on_block_start(struct provider_stream *s, const json_t *event, struct error *err)
{
	static const struct named_handler kinds[] = {
		{ "text", start_text }, { "thinking", start_thinking }, { "redacted_thinking", start_redacted },
		{ "tool_use", start_call }, { 0 },
	};
	const json_t *block = json_object_get(event, "content_block");

	return handle(kinds, s, json_member_str(block, "type"), block, err);
}

static bool on_block_delta(struct provider_stream *s, const json_t *event, struct error *err)
{
	static const struct named_handler kinds[] = {
		{ "text_delta", more_text }, { "thinking_delta", more_thinking }, { "signature_delta", more_signature },
		{ "input_json_delta", more_arguments }, { 0 },
	};
	const json_t *delta = json_object_get(event, "delta");

	return handle(kinds, s, json_member_str(delta, "type"), delta, err);
}

/* A call without arguments still has an object of them; thoughts without a seal are told from those after them. */
static bool on_block_stop(struct provider_stream *s, const json_t *event, struct error *err)
{
	struct state *st = provider_stream_state(s);
	bool bare = st->call_open && !st->arguments, unsealed = st->thinking && !st->sealed;

	(void)event;
	st->call_open = st->thinking = false;
	return (!bare || emit_arguments(s, (struct str)STR("{}"), err)) &&
		(!unsealed || emit_seal(s, (struct str)STR(""), false, err));
}

/* Who refuses without a word may say why beside the reason. */
static bool explain_refusal(struct provider_stream *s, const json_t *delta, struct error *err)
{
	const struct state *st = provider_stream_state(s);

	return st->spoken || st->finish != FINISH_REFUSED ||
		emit_text(s, json_member_str(json_object_get(delta, "stop_details"), "explanation"), err);
}

static bool on_message_delta(struct provider_stream *s, const json_t *event, struct error *err)
{
	static const struct {
		const char *reason;
		enum finish finish;
	} reasons[] = {
		{ "max_tokens", FINISH_LENGTH },
		{ "pause_turn", FINISH_LENGTH },
		{ "model_context_window_exceeded", FINISH_LENGTH },
		{ "tool_use", FINISH_TOOL_CALLS },
		{ "refusal", FINISH_REFUSED },
	};
	struct state *st = provider_stream_state(s);
	const json_t *delta = json_object_get(event, "delta");
	struct str reason = json_member_str(delta, "stop_reason");

	read_usage(st, json_object_get(event, "usage"));
	for (size_t i = 0; i < countof(reasons); i++)
		if (reason.n && str_is(reason, reasons[i].reason))
			st->finish = reasons[i].finish;
	return explain_refusal(s, delta, err);
}

static bool on_message_stop(struct provider_stream *s, const json_t *event, struct error *err)
{
	const struct state *st = provider_stream_state(s);
	struct delta end = delta_end(st->finish, st->usage);

	(void)event;
	return provider_emit(s, &end, err);
}

static bool on_error(struct provider_stream *s, const json_t *event, struct error *err)
{
	return claude_explain(provider_stream_provider(s), json_object_get(event, "error"), err);
}

static bool read_event(struct provider_stream *s, const struct sse_event *event, struct error *err)
{
	static const struct named_handler events[] = {
		{ "message_start", on_message_start }, { "content_block_start", on_block_start },
		{ "content_block_delta", on_block_delta }, { "content_block_stop", on_block_stop },
		{ "message_delta", on_message_delta }, { "message_stop", on_message_stop }, { "error", on_error },
		{ 0 },
	};
	const struct named_handler *e = events;

	while (e->name && strcmp(e->name, event->name) != 0)
		e++;
	if (!e->name)
		return true;
	own_json *data = json_parse_nul(event->data, "Claude's answer", err);
	if (!data) {
		err->kind = ERROR_UNAVAILABLE;   /* theirs, not the user's */
		return false;
	}
	return e->handle(s, data, err);
}

static bool write_path(const struct target *target, struct buf *path, struct error *err)
{
	(void)target;
	return buf_adds(path, "/v1/messages", err);
}

const struct dialect dialect_claude = {
	.name = "claude",
	.headers = (const struct http_header[]){ { "anthropic-version", "2023-06-01" }, { 0 } },
	.state_size = sizeof(struct state),
	.write_path = write_path,
	.write_body = claude_write_body,
	.read_event = read_event,
	.read_error = claude_read_error,
};
