/* OpenAI's Responses: https://platform.openai.com/docs/api-reference/responses-streaming */
#include "support/teacher/dialect.h"
#include "support/teacher/openai_errors.h"

struct stream {
	struct events *e;
	const struct turn *turn;
	const struct teacher_question *q;
	json_t *output;        /* the items that are done */
	unsigned number;       /* of the next event */
};

static const char *status_of(const struct turn *turn)
{
	return turn->finish == TURN_LENGTH || turn->finish == TURN_BLOCKED ? "incomplete" : "completed";
}

static json_t *usage(void)
{
	return json_pack("{s:i, s:{s:i}, s:i, s:{s:i}, s:i}", "input_tokens", 18, "input_tokens_details",
		"cached_tokens", 5, "output_tokens", 7, "output_tokens_details",
		"reasoning_tokens", 2, "total_tokens", 25);
}

static json_t *response(const struct teacher_question *q, const char *status, json_t *output)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:b, s:n, s:n, s:n, s:n, s:s, s:o, s:b, s:n, s:{s:s, s:n}, s:b, s:s, "
			 "s:f, s:{s:{s:s}}, s:s, s:[], s:f, s:s, s:n, s:{}}",
		"id", "resp_Teacher", "object", "response", "created_at", 1790000000, "status", status, "background", 0,
		"error", "incomplete_details", "instructions", "max_output_tokens", "model", q->model, "output", output,
		"parallel_tool_calls", 1, "previous_response_id", "reasoning", "effort", "medium", "summary",
		"store", 0, "service_tier", "default", "temperature", 1.0, "text", "format", "type", "text",
		"tool_choice", "auto", "tools", "top_p", 1.0, "truncation", "disabled", "usage", "metadata");
}

static json_t *finished(const struct turn *turn, const struct teacher_question *q, json_t *output)
{
	json_t *r = response(q, status_of(turn), output);

	if (turn->finish == TURN_LENGTH || turn->finish == TURN_BLOCKED)
		json_object_set_new(r, "incomplete_details", json_pack("{s:s}", "reason",
			turn->finish == TURN_LENGTH ? "max_output_tokens" : "content_filter"));
	if (!turn->no_usage)
		json_object_set_new(r, "usage", usage());
	return r;
}

/* Adds type and number to an event's data. */
static json_t *number(struct stream *s, const char *type, json_t *data)
{
	json_t *event = json_pack("{s:s}", "type", type);

	json_object_update_new(event, data);
	json_object_set_new(event, "sequence_number", json_integer(s->number++));
	return event;
}

static void put(struct stream *s, const char *type, json_t *data)
{
	events_put(s->e, type, number(s, type, data));
}

static void put_delta(struct stream *s, const char *type, json_t *data)
{
	json_object_set_new(data, "obfuscation", json_string("k3Xz"));
	events_put_delta(s->e, type, number(s, type, data));
}

static int next_index(const struct stream *s) { return (int)json_array_size(s->output); }

static void end_item(struct stream *s, json_t *item)
{
	put(s, "response.output_item.done", json_pack("{s:i, s:O}", "output_index", next_index(s), "item", item));
	json_array_append_new(s->output, item);
}

static json_t *text_part(bool refusal, struct str text)
{
	if (refusal)
		return json_pack("{s:s, s:s%}", "type", "refusal", "refusal", text.p, text.n);
	return json_pack("{s:s, s:[], s:[], s:s%}", "type", "output_text", "annotations", "logprobs", "text", text.p,
		text.n);
}

static json_t *message(const char *status, json_t *content)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:s}", "id", "msg_Teacher", "type", "message", "status", status,
		"content", content, "role", "assistant");
}

static json_t *at(const struct stream *s, const char *id)
{
	return json_pack("{s:s, s:i, s:i}", "item_id", id, "output_index", next_index(s), "content_index", 0);
}

/* The same with one more member, whose reference is taken. */
static json_t *with(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
	return object;
}

static json_t *string(struct str text) { return json_stringn(text.p, text.n); }

static void put_text(struct stream *s, const struct part *part)
{
	bool refusal = s->turn->finish == TURN_REFUSED;
	const char *delta = refusal ? "response.refusal.delta" : "response.output_text.delta";
	const char *done = refusal ? "response.refusal.done" : "response.output_text.done";
	struct str rest = part->text, none = STR("");

	put(s, "response.output_item.added", json_pack("{s:i, s:o}", "output_index", next_index(s), "item",
		message("in_progress", json_array())));
	put(s, "response.content_part.added", with(at(s, "msg_Teacher"), "part", text_part(refusal, none)));
	while (rest.n) {
		json_t *event = with(at(s, "msg_Teacher"), "delta", string(next_word(&rest)));
		put_delta(s, delta, refusal ? event : with(event, "logprobs", json_array()));
	}
	put(s, done, with(at(s, "msg_Teacher"), refusal ? "refusal" : "text", string(part->text)));
	put(s, "response.content_part.done", with(at(s, "msg_Teacher"), "part", text_part(refusal, part->text)));
	end_item(s, message("completed", json_pack("[o]", text_part(refusal, part->text))));
}

static json_t *reasoning(const struct part *part)
{
	json_t *item = json_pack("{s:s, s:s, s:[]}", "id", "rs_Teacher", "type", "reasoning", "summary");

	if (part->kind == PART_THOUGHT)
		json_array_append_new(json_object_get(item, "summary"), json_pack("{s:s, s:s%}", "type", "summary_text",
			"text", part->text.p, part->text.n));
	if (part->kind == PART_HIDDEN)
		json_object_set_new(item, "encrypted_content", string(part->text));
	else if (part->seal)
		json_object_set_new(item, "encrypted_content", json_string(part->seal));
	return item;
}

static json_t *in_summary(const struct stream *s)
{
	return json_pack("{s:s, s:i, s:i}", "item_id", "rs_Teacher", "output_index", next_index(s), "summary_index", 0);
}

static json_t *summary_part(struct str text)
{
	return json_pack("{s:s, s:s%}", "type", "summary_text", "text", text.p, text.n);
}

static void put_thought(struct stream *s, const struct part *part)
{
	struct str rest = part->text, none = STR("");

	put(s, "response.output_item.added", json_pack("{s:i, s:{s:s, s:s, s:[]}}", "output_index", next_index(s),
		"item", "id", "rs_Teacher", "type", "reasoning", "summary"));
	if (part->kind == PART_THOUGHT) {
		put(s, "response.reasoning_summary_part.added", with(in_summary(s), "part", summary_part(none)));
		while (rest.n)
			put_delta(s, "response.reasoning_summary_text.delta",
				with(in_summary(s), "delta", string(next_word(&rest))));
		put(s, "response.reasoning_summary_text.done", with(in_summary(s), "text", string(part->text)));
		put(s, "response.reasoning_summary_part.done", with(in_summary(s), "part", summary_part(part->text)));
	}
	end_item(s, reasoning(part));
}

static json_t *call(const struct part *part, size_t i, const char *status, struct str arguments)
{
	static const char *const made[] = { "call_A", "call_B", "call_C", "call_D" };
	static const char *const items[] = { "fc_A", "fc_B", "fc_C", "fc_D" };

	return json_pack("{s:s, s:s, s:s, s:s%, s:s, s:s}", "id", items[i % countof(items)], "type", "function_call",
		"status", status, "arguments", arguments.p, arguments.n, "call_id",
		part->id ? part->id : made[i % countof(made)], "name", part->name);
}

static void put_call(struct stream *s, const struct part *part)
{
	size_t i = (size_t)next_index(s);
	struct str rest = part->arguments, none = STR("");
	own_json *begun = call(part, i, "in_progress", none);
	const char *id = json_member_string(begun, "id");

	put(s, "response.output_item.added", json_pack("{s:i, s:O}", "output_index", (int)i, "item", begun));
	while (rest.n)
		put_delta(s, "response.function_call_arguments.delta",
			with(json_pack("{s:s, s:i}", "item_id", id, "output_index", (int)i), "delta",
				string(next_characters(&rest))));
	put(s, "response.function_call_arguments.done",
		with(json_pack("{s:s, s:i}", "item_id", id, "output_index", (int)i), "arguments",
			string(part->arguments)));
	end_item(s, call(part, i, "completed", part->arguments));
}

static void put_part(struct stream *s, const struct part *part)
{
	if (part->kind == PART_CALL)
		put_call(s, part);
	else if (part->kind == PART_TEXT)
		put_text(s, part);
	else
		put_thought(s, part);
}

static void write_stream(struct events *e, const struct turn *turn, const struct teacher_question *q)
{
	struct stream s = { e, turn, q, json_array(), 0 };

	put(&s, "response.created", with(json_object(), "response", response(q, "in_progress", json_array())));
	put(&s, "response.in_progress", with(json_object(), "response", response(q, "in_progress", json_array())));
	for (size_t i = 0; i < turn->part_count; i++)
		put_part(&s, &turn->parts[i]);
	put(&s, strcmp(status_of(turn), "completed") == 0 ? "response.completed" : "response.incomplete",
		with(json_object(), "response", finished(turn, q, s.output)));
}

static json_t *write_whole(const struct turn *turn, const struct teacher_question *q)
{
	json_t *output = json_array();

	for (size_t i = 0; i < turn->part_count; i++) {
		const struct part *part = &turn->parts[i];
		if (part->kind == PART_CALL)
			json_array_append_new(output, call(part, i, "completed", part->arguments));
		else if (part->kind == PART_TEXT)
			json_array_append_new(output, message("completed",
				json_pack("[o]", text_part(turn->finish == TURN_REFUSED, part->text))));
		else
			json_array_append_new(output, reasoning(part));
	}
	return finished(turn, q, output);
}

static void write_error_event(struct events *e, const struct teacher_error *error)
{
	events_put(e, "error", json_pack("{s:s, s:s, s:s, s:n, s:i}", "type", "error", "code",
		error->code ? error->code : error->type, "message", error->message, "param", "sequence_number",
		(int)e->sequence));
}

const struct teacher_dialect teacher_responses = {
	.name = "OpenAI",
	.paths = { "/responses" },
	.key_header = "authorization",
	.bearer = true,
	.fields = (const char *const[]){ "model", "input", "instructions", "stream", "stream_options", "temperature",
		"top_p", "max_output_tokens", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text",
		"store", "include", "truncation", "metadata", "user", "service_tier", "previous_response_id",
		"prompt_cache_key", "safety_identifier", "top_logprobs", NULL },
	.messages_key = "input",
	.unknown = "Unknown parameter: '%s'.",
	.wrong_key = { 401, "invalid_request_error", "invalid_api_key",
		"Incorrect API key provided: sk-w*******. You can find your API key at "
		"https://platform.openai.com/account/api-keys." },
	.errors = teacher_openai_errors,
	.write_stream = write_stream,
	.write_whole = write_whole,
	.write_error = teacher_openai_error,
	.write_error_event = write_error_event,
};
