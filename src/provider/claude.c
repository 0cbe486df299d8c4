/*
 * Anthropic's Messages API, streaming: https://docs.claude.com/en/api/messages-streaming
 *
 * A message is a sequence of content blocks, each with start, deltas and stop.
 * Text and tool calls become our deltas; thinking and whatever else may come is
 * passed over.  Usage and the reason to stop are collected, and given out when
 * the message has stopped.
 */
#include "provider/claude.h"

struct state {
	struct usage usage;
	enum finish finish;
	size_t calls;          /* begun so far; the open one is the last */
	bool call_open;
	bool arguments;        /* of the open call: a piece has been emitted */
	bool whole;            /* of the open call: they came with its start, so no more are taken */
};

/* What the prompt cost; absent figures leave the old ones. */
static void read_usage(struct state *st, const json_t *usage)
{
	json_t *input = json_object_get(usage, "input_tokens"), *output = json_object_get(usage, "output_tokens");
	json_int_t cached = json_integer_value(json_object_get(usage, "cache_read_input_tokens"));
	json_int_t written = json_integer_value(json_object_get(usage, "cache_creation_input_tokens"));

	/* Tokens read from the cache or written to it are not among the input tokens here; ours count them all. */
	if (json_is_integer(input) && json_integer_value(input) >= 0 && cached >= 0 && written >= 0) {
		st->usage.cached_tokens = (size_t)cached;
		st->usage.prompt_tokens = (size_t)json_integer_value(input) + (size_t)cached + (size_t)written;
	}
	if (json_is_integer(output) && json_integer_value(output) >= 0)
		st->usage.completion_tokens = (size_t)json_integer_value(output);
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
	struct delta delta = delta_text(text);

	return text.n == 0 || provider_emit(s, &delta, err);
}

static bool on_message_start(struct provider_stream *s, const json_t *event, struct error *err)
{
	(void)err;
	read_usage(provider_stream_state(s), json_object_get(json_object_get(event, "message"), "usage"));
	return true;
}

static bool on_block_start(struct provider_stream *s, const json_t *event, struct error *err)
{
	const json_t *block = json_object_get(event, "content_block");
	struct str type = json_member_str(block, "type");

	if (str_is(type, "tool_use"))
		return start_call(s, block, err);
	return !str_is(type, "text") || emit_text(s, json_member_str(block, "text"), err);
}

static bool on_block_delta(struct provider_stream *s, const json_t *event, struct error *err)
{
	struct state *st = provider_stream_state(s);
	const json_t *delta = json_object_get(event, "delta");
	struct str type = json_member_str(delta, "type"), json = json_member_str(delta, "partial_json");

	if (str_is(type, "text_delta"))
		return emit_text(s, json_member_str(delta, "text"), err);
	if (!str_is(type, "input_json_delta") || !st->call_open || st->whole || json.n == 0)
		return true;
	return emit_arguments(s, json, err);
}

/* A call without arguments still has an object of them. */
static bool on_block_stop(struct provider_stream *s, const json_t *event, struct error *err)
{
	struct state *st = provider_stream_state(s);
	bool bare = st->call_open && !st->arguments;

	(void)event;
	st->call_open = false;
	return !bare || emit_arguments(s, (struct str)STR("{}"), err);
}

static bool on_message_delta(struct provider_stream *s, const json_t *event, struct error *err)
{
	static const struct {
		const char *reason;
		enum finish finish;
	} reasons[] = {
		{ "max_tokens", FINISH_LENGTH },
		{ "model_context_window_exceeded", FINISH_LENGTH },
		{ "tool_use", FINISH_TOOL_CALLS },
		{ "refusal", FINISH_REFUSED },
	};
	struct state *st = provider_stream_state(s);
	struct str reason = json_member_str(json_object_get(event, "delta"), "stop_reason");

	(void)err;
	read_usage(st, json_object_get(event, "usage"));
	for (size_t i = 0; i < countof(reasons); i++)
		if (reason.n && str_is(reason, reasons[i].reason))
			st->finish = reasons[i].finish;
	return true;
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

typedef bool handler(struct provider_stream *s, const json_t *event, struct error *err);

static handler *find_handler(const char *name)
{
	static const struct {
		const char *name;
		handler *handle;
	} handlers[] = {
		{ "message_start", on_message_start },
		{ "content_block_start", on_block_start },
		{ "content_block_delta", on_block_delta },
		{ "content_block_stop", on_block_stop },
		{ "message_delta", on_message_delta },
		{ "message_stop", on_message_stop },
		{ "error", on_error },
	};

	for (size_t i = 0; i < countof(handlers); i++)
		if (strcmp(handlers[i].name, name) == 0)
			return handlers[i].handle;
	return NULL;
}

static bool read_event(struct provider_stream *s, const struct sse_event *event, struct error *err)
{
	handler *handle = find_handler(event->name);

	if (!handle)
		return true;
	own_json *data = json_parse(event->data, "Claude's answer", err);
	if (!data) {
		err->kind = ERROR_UNAVAILABLE;   /* theirs, not the user's */
		return false;
	}
	return handle(s, data, err);
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
