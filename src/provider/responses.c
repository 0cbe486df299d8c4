/*
 * Responses, streaming: https://platform.openai.com/docs/api-reference/responses-streaming
 *
 * An answer is a list of items, each with events of its own, then one event with
 * the whole response.  A piece that came in no event of its own (some servers
 * leave them out) is taken from its item when that is done, and an item that
 * came in none from the response.
 */
#include <stdio.h>

#include "base/mem.h"
#include "provider/calls.h"
#include "provider/openai.h"

struct state {
	struct calls calls;
	size_t items;          /* that are done */
	bool said;             /* of the open item: its text has been passed on */
	bool thought;          /* the same of its summary */
	bool refused;
};

typedef bool handler(struct provider_stream *s, const json_t *event, struct error *err);

static const char *who(struct provider_stream *s) { return provider_stream_provider(s)->display_name; }

static size_t figure(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (size_t)value : 0;
}

static bool emit(struct provider_stream *s, enum delta_kind kind, struct str text, struct error *err)
{
	return text.n == 0 || provider_emit(s, &(struct delta){ .kind = kind, .text = text }, err);
}

/* ---- text and thoughts ---- */

static bool say(struct provider_stream *s, struct str text, struct error *err)
{
	struct state *st = provider_stream_state(s);

	st->said |= text.n > 0;
	return emit(s, DELTA_TEXT, text, err);
}

static bool think(struct provider_stream *s, struct str text, struct error *err)
{
	struct state *st = provider_stream_state(s);

	st->thought |= text.n > 0;
	return emit(s, DELTA_THOUGHT, text, err);
}

static bool on_text(struct provider_stream *s, const json_t *event, struct error *err)
{
	return say(s, json_member_str(event, "delta"), err);
}

static bool on_refusal(struct provider_stream *s, const json_t *event, struct error *err)
{
	struct state *st = provider_stream_state(s);

	st->refused = true;
	return say(s, json_member_str(event, "delta"), err);
}

static bool on_thought(struct provider_stream *s, const json_t *event, struct error *err)
{
	return think(s, json_member_str(event, "delta"), err);
}

/* A summary has parts, which are paragraphs. */
static bool on_summary_part(struct provider_stream *s, const json_t *event, struct error *err)
{
	const struct state *st = provider_stream_state(s);

	(void)event;
	return !st->thought || think(s, (struct str)STR("\n\n"), err);
}

/* ---- calls ---- */

static int64_t index_of(const json_t *event)
{
	const json_t *index = json_object_get(event, "output_index");

	return json_is_integer(index) ? json_integer_value(index) : CALLS_NO_INDEX;
}

/* Of a call's item: who is called; its arguments come in events, or when it is done. */
static bool begin_call(struct provider_stream *s, const json_t *event, const json_t *item, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct call_piece piece = { .index = index_of(event),
		.id = json_member_str(item, "call_id"), .name = json_member_str(item, "name") };

	return calls_add(s, &st->calls, &piece, err);
}

static bool on_item_added(struct provider_stream *s, const json_t *event, struct error *err)
{
	struct state *st = provider_stream_state(s);
	const json_t *item = json_object_get(event, "item");

	st->said = st->thought = false;
	return !str_is(json_member_str(item, "type"), "function_call") || begin_call(s, event, item, err);
}

static bool on_arguments(struct provider_stream *s, const json_t *event, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct call_piece piece = { .index = index_of(event), .arguments = json_member_str(event, "delta") };

	return calls_add(s, &st->calls, &piece, err);
}

/* The arguments once more, as a whole. */
static bool end_call(struct provider_stream *s, const json_t *event, const json_t *item, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct call_piece piece = { .index = index_of(event), .id = json_member_str(item, "call_id"),
		.name = json_member_str(item, "name"), .arguments = json_member_str(item, "arguments") };

	if (calls_has_arguments(&st->calls, piece.index))
		piece.arguments.n = 0;
	return calls_add(s, &st->calls, &piece, err);
}

static bool on_arguments_done(struct provider_stream *s, const json_t *event, struct error *err)
{
	return end_call(s, event, event, err);
}

/* ---- items ---- */

/* The texts of an item that had no events. */
static bool read_parts(struct provider_stream *s, const json_t *parts, bool thoughts, struct error *err)
{
	struct state *st = provider_stream_state(s);
	const json_t *part;
	size_t i;

	json_array_foreach(parts, i, part) {
		struct str text = json_member_str(part, "text"), refusal = json_member_str(part, "refusal");
		st->refused |= refusal.n > 0;
		if (thoughts && !on_summary_part(s, NULL, err))
			return false;
		if (!(thoughts ? think(s, text, err) : say(s, text.n ? text : refusal, err)))
			return false;
	}
	return true;
}

static bool end_message(struct provider_stream *s, const json_t *item, struct error *err)
{
	const struct state *st = provider_stream_state(s);

	return st->said || read_parts(s, json_object_get(item, "content"), false, err);
}

static bool end_thought(struct provider_stream *s, const json_t *item, struct error *err)
{
	const struct state *st = provider_stream_state(s);
	struct delta seal = { .kind = DELTA_SEAL, .call = DELTA_NO_CALL, .id = json_member_str(item, "id"),
		.text = json_member_str(item, "encrypted_content"),
		.vendor = str_of(provider_stream_provider(s)->name) };

	if (!st->thought && !(read_parts(s, json_object_get(item, "summary"), true, err) &&
		read_parts(s, json_object_get(item, "content"), true, err)))
		return false;
	seal.redacted = !st->thought;
	return seal.text.n == 0 || provider_emit(s, &seal, err);
}

static bool end_item(struct provider_stream *s, const json_t *event, const json_t *item, struct error *err)
{
	struct state *st = provider_stream_state(s);
	struct str type = json_member_str(item, "type");
	bool ok = true;

	if (str_is(type, "function_call"))
		ok = end_call(s, event, item, err);
	else if (str_is(type, "message"))
		ok = end_message(s, item, err);
	else if (str_is(type, "reasoning"))
		ok = end_thought(s, item, err);
	st->items++;
	st->said = st->thought = false;
	return ok;
}

static bool on_item_done(struct provider_stream *s, const json_t *event, struct error *err)
{
	return end_item(s, event, json_object_get(event, "item"), err);
}

/* ---- the end ---- */

static struct usage read_usage(const json_t *usage)
{
	const json_t *input = json_object_get(usage, "input_tokens_details");

	return (struct usage){
		.prompt_tokens = figure(usage, "input_tokens"),
		.cached_tokens = figure(input, "cached_tokens"),
		.written_tokens = figure(input, "cache_write_tokens"),
		.completion_tokens = figure(usage, "output_tokens"),
		.thought_tokens = figure(json_object_get(usage, "output_tokens_details"), "reasoning_tokens"),
	};
}

static bool read_output(struct provider_stream *s, const json_t *output, struct error *err)
{
	const struct state *st = provider_stream_state(s);
	const json_t *item;
	size_t i;

	if (st->items)
		return true;
	json_array_foreach(output, i, item) {
		own_json *place = json_pack("{s:I}", "output_index", (json_int_t)i);
		if (!end_item(s, place, item, err))
			return false;
	}
	return true;
}

static enum finish reason_of(const struct state *st, const json_t *response)
{
	struct str reason = json_member_str(json_object_get(response, "incomplete_details"), "reason");

	if (st->refused || str_is(reason, "content_filter"))
		return FINISH_REFUSED;
	if (reason.n || str_is(json_member_str(response, "status"), "incomplete"))
		return FINISH_LENGTH;
	return st->calls.count ? FINISH_TOOL_CALLS : FINISH_STOP;
}

static bool on_failed(struct provider_stream *s, const json_t *event, struct error *err)
{
	return openai_explain(provider_stream_provider(s),
		json_object_get(json_object_get(event, "response"), "error"), err);
}

static bool finish(struct provider_stream *s, const json_t *response, struct error *err)
{
	struct state *st = provider_stream_state(s);

	calls_note_origin(&st->calls, json_member_str(response, "id"));
	if (!read_output(s, json_object_get(response, "output"), err) || !calls_finish(s, &st->calls, err))
		return false;
	struct delta end = delta_end(reason_of(st, response), read_usage(json_object_get(response, "usage")));
	return provider_emit(s, &end, err);
}

static bool on_completed(struct provider_stream *s, const json_t *event, struct error *err)
{
	return finish(s, json_object_get(event, "response"), err);
}

/* {"type":"error","message":…,"code":…}, or with these in "error". */
static bool on_error(struct provider_stream *s, const json_t *event, struct error *err)
{
	const json_t *error = json_object_get(event, "error");

	return openai_explain(provider_stream_provider(s), error && !json_is_null(error) ? error : event, err);
}

static handler *find_handler(struct str type)
{
	static const struct {
		const char *type;
		handler *handle;
	} handlers[] = {
		{ "response.output_text.delta", on_text },
		{ "response.function_call_arguments.delta", on_arguments },
		{ "response.function_call_arguments.done", on_arguments_done },
		{ "response.output_item.added", on_item_added },
		{ "response.output_item.done", on_item_done },
		{ "response.reasoning_summary_text.delta", on_thought },
		{ "response.reasoning_summary_part.added", on_summary_part },
		{ "response.reasoning_text.delta", on_thought },
		{ "response.refusal.delta", on_refusal },
		{ "response.completed", on_completed },
		{ "response.incomplete", on_completed },
		{ "response.failed", on_failed },
		{ "error", on_error },
	};

	for (size_t i = 0; i < countof(handlers); i++)
		if (str_is(type, handlers[i].type))
			return handlers[i].handle;
	return NULL;
}

static json_t *parse(struct str text, struct error *err)
{
	json_t *value = json_parse_nul(text, "the teacher's answer", err);

	if (!value)
		err->kind = ERROR_UNAVAILABLE;     /* theirs, not the user's */
	return value;
}

static bool read_event(struct provider_stream *s, const struct sse_event *event, struct error *err)
{
	struct str data = str_trim(event->data);

	if (data.n == 0 || str_is(data, "[DONE]"))
		return true;
	own_json *chunk = parse(data, err);
	if (!chunk)
		return false;
	struct str type = json_member_str(chunk, "type");
	handler *handle = find_handler(type.n ? type : str_of(event->name));
	if (!handle && json_is_object(json_object_get(chunk, "error")))
		handle = on_error;
	return !handle || handle(s, chunk, err);
}

static bool read_whole(struct provider_stream *s, struct str body, struct error *err)
{
	own_json *response = parse(body, err);
	json_t *error = json_object_get(response, "error");

	if (!response)
		return false;
	if (error && !json_is_null(error))
		return openai_explain(provider_stream_provider(s), error, err);
	if (!json_is_array(json_object_get(response, "output")))
		return error_set(err, ERROR_UNAVAILABLE, "%s sent something that is no answer", who(s));
	return finish(s, response, err);
}

static void forget(void *state)
{
	struct state *st = state;

	calls_done(&st->calls);
}

static bool write_path(const struct target *target, struct buf *url, struct error *err)
{
	return openai_write_path(target, "responses", url, err);
}

const struct dialect dialect_responses = {
	.name = "responses",
	.headers = (const struct http_header[]){ { 0 } },
	.state_size = sizeof(struct state),
	.write_path = write_path,
	.write_body = responses_write_body,
	.read_event = read_event,
	.read_whole = read_whole,
	.forget = forget,
	.read_error = openai_read_error,
};
