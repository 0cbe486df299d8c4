/*
 * Our request as a body for POST /v1/messages.
 *
 * Written in one pass, in an order that keeps the beginning equal from turn to
 * turn (model, limits, tools, system, then the messages), as the vendor's prompt
 * cache wants it.  The API knows two roles that take turns: results of tools are
 * blocks of the user's, and consecutive messages of one side become one message.
 *
 * The models stop after max_tokens, which must be given; thinking counts towards
 * it, hence the generous default.  Temperatures over 1 do not exist here and
 * become 1; newer models refuse top_p beside a temperature, so it gives way.
 */
#include "provider/claude.h"

#include <ctype.h>

#define DEFAULT_MAX_TOKENS 32000

/* Appends until something fails, and remembers that. */
struct writer {
	struct buf *out;
	struct error *err;
	bool ok;
};

static void put(struct writer *w, const char *json)
{
	w->ok = w->ok && buf_adds(w->out, json, w->err);
}

static void put_string(struct writer *w, struct str text)
{
	w->ok = w->ok && json_write_string(w->out, text, w->err);
}

/* JSON text from elsewhere, which must be an object; `otherwise` when it is empty. */
static void put_object(struct writer *w, struct str json, const char *otherwise, const char *what)
{
	if (!w->ok || str_trim(json).n == 0) {
		put(w, otherwise);
		return;
	}
	own_json *parsed = json_parse(json, what, w->err);
	if (parsed && !json_is_object(parsed))
		error_set(w->err, ERROR_INVALID, "%s: must be a JSON object", what);
	w->ok = json_is_object(parsed) && buf_add_str(w->out, json, w->err);
}

/* Other vendors' ids may hold characters that are refused here; a call and its result change alike. */
static void put_id(struct writer *w, struct str id)
{
	own_buf clean = BUF_INIT(id.n);

	w->ok = w->ok && buf_add_str(&clean, id, w->err);
	for (size_t i = 0; i < clean.len; i++)
		if (!isalnum((unsigned char)clean.data[i]) && clean.data[i] != '-')
			clean.data[i] = '_';
	put_string(w, buf_str(&clean));
}

/* 0 to 1, without the locale's decimal point. */
static void put_fraction(struct writer *w, const char *key, float value)
{
	long millionths = lroundf((value < 0 ? 0 : value > 1 ? 1 : value) * 1e6f);

	w->ok = w->ok && buf_addf(w->out, w->err, ",\"%s\":%ld.%06ld", key, millionths / 1000000, millionths % 1000000);
}

static void put_wishes(struct writer *w, const struct sampling *s)
{
	if (!isnan(s->temperature))
		put_fraction(w, "temperature", s->temperature);
	else if (!isnan(s->top_p))
		put_fraction(w, "top_p", s->top_p);
	if (s->top_k > 0)
		w->ok = w->ok && buf_addf(w->out, w->err, ",\"top_k\":%d", s->top_k);
}

static void put_stops(struct writer *w, const struct sampling *s)
{
	for (size_t i = 0; i < s->stop_count; i++) {
		put(w, i ? "," : ",\"stop_sequences\":[");
		put_string(w, s->stop[i]);
	}
	put(w, s->stop_count ? "]" : "");
}

/* Left out where it says what holds anyway. */
static void put_tool_choice(struct writer *w, const struct request *request)
{
	static const char *const types[] = {
		[TOOLS_AUTO] = "auto", [TOOLS_NONE] = "none", [TOOLS_REQUIRED] = "any", [TOOLS_NAMED] = "tool",
	};
	bool single = request->one_call && request->tool_choice != TOOLS_NONE;

	if (request->tool_choice == TOOLS_AUTO && !single)
		return;
	put(w, ",\"tool_choice\":{\"type\":\"");
	put(w, types[request->tool_choice]);
	put(w, "\"");
	if (request->tool_choice == TOOLS_NAMED) {
		put(w, ",\"name\":");
		put_string(w, request->named_tool);
	}
	put(w, single ? ",\"disable_parallel_tool_use\":true}" : "}");
}

/* Sent even when none may be used: a conversation with calls in it is refused without their tools. */
static void put_tools(struct writer *w, const struct request *request)
{
	const struct chat *chat = &request->chat;

	for (size_t i = 0; i < chat->tool_count; i++) {
		const struct tool *tool = &chat->tools[i];
		put(w, i ? ",{\"name\":" : ",\"tools\":[{\"name\":");
		put_string(w, tool->name);
		put(w, ",\"description\":");
		put_string(w, tool->description);
		put(w, ",\"input_schema\":");
		put_object(w, tool->schema, "{\"type\":\"object\"}", "the schema of a tool");
		put(w, tool->strict ? ",\"strict\":true}" : "}");
	}
	put(w, chat->tool_count ? "]" : "");
	if (chat->tool_count)
		put_tool_choice(w, request);
}

/* Structured outputs: a form that the vendor cannot hold its models to is refused, never dropped. */
static void put_form(struct writer *w, const struct request *request)
{
	if (request->form == FORM_OBJECT && w->ok)
		w->ok = error_set(w->err, ERROR_INVALID,
			"response_format: Claude has no json_object; use json_schema with a schema");
	if (request->form != FORM_SCHEMA)
		return;
	put(w, ",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":");
	put_object(w, request->form_schema, "", "the schema of the response format");
	put(w, "}}");
}

static void put_text_block(struct writer *w, struct str text)
{
	put(w, "{\"type\":\"text\",\"text\":");
	put_string(w, text);
	put(w, "}");
}

static void put_system(struct writer *w, const struct chat *chat)
{
	bool any = false;

	for (size_t i = 0; i < chat->message_count; i++) {
		const struct message *m = &chat->messages[i];
		if (m->role != ROLE_SYSTEM || m->text.n == 0)
			continue;
		put(w, any ? "," : ",\"system\":[");
		put_text_block(w, m->text);
		any = true;
	}
	put(w, any ? "]" : "");
}

/* Goes to the place of a side's next block: in the open message, or in a new one.  `side` is what is open. */
static void begin_block(struct writer *w, const char **side, const char *role)
{
	if (*side == role) {
		put(w, ",");
		return;
	}
	put(w, *side ? "]},{\"role\":\"" : "{\"role\":\"");
	put(w, role);
	put(w, "\",\"content\":[");
	*side = role;
}

static void put_call(struct writer *w, const struct tool_call *call)
{
	put(w, "{\"type\":\"tool_use\",\"id\":");
	put_id(w, call->id);
	put(w, ",\"name\":");
	put_string(w, call->name);
	put(w, ",\"input\":");
	put_object(w, call->arguments, "{}", "the arguments of a tool call");
	put(w, "}");
}

static void put_result(struct writer *w, const struct message *m)
{
	put(w, "{\"type\":\"tool_result\",\"tool_use_id\":");
	put_id(w, m->call_id);
	put(w, ",\"content\":");
	put_string(w, m->text);
	put(w, "}");
}

static void put_message(struct writer *w, const char **side, const struct message *m)
{
	static const char user[] = "user", assistant[] = "assistant";
	const char *role = m->role == ROLE_ASSISTANT ? assistant : user;

	if (m->role == ROLE_TOOL) {
		begin_block(w, side, role);
		put_result(w, m);
		return;
	}
	if (m->text.n) {           /* empty text blocks are refused */
		begin_block(w, side, role);
		put_text_block(w, m->text);
	}
	for (size_t i = 0; i < m->call_count; i++) {
		begin_block(w, side, role);
		put_call(w, &m->calls[i]);
	}
}

static void put_messages(struct writer *w, const struct chat *chat)
{
	const char *side = NULL;

	put(w, ",\"messages\":[");
	for (size_t i = 0; i < chat->message_count; i++)
		if (chat->messages[i].role != ROLE_SYSTEM)
			put_message(w, &side, &chat->messages[i]);
	put(w, "]}]}");
	if (w->ok && !side)
		w->ok = error_set(w->err, ERROR_INVALID, "there is nothing to ask: the conversation holds no message");
}

bool claude_write_body(
	const struct request *request, const char *model, bool plain, struct buf *body, struct error *err)
{
	const struct sampling *s = &request->sampling;
	struct writer w = { body, err, true };
	int64_t max_tokens = s->max_tokens > 0 ? s->max_tokens : DEFAULT_MAX_TOKENS;

	put(&w, "{\"model\":");
	put_string(&w, str_of(model));
	w.ok = w.ok && buf_addf(body, err, ",\"max_tokens\":%lld,\"stream\":true", (long long)max_tokens);
	if (!plain)
		put_wishes(&w, s);
	put_stops(&w, s);
	put_tools(&w, request);
	put_form(&w, request);
	put_system(&w, &request->chat);
	put_messages(&w, &request->chat);
	return w.ok;
}
