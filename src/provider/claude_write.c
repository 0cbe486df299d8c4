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
#include <inttypes.h>

#include "provider/claude.h"
#include "provider/writer.h"

#define DEFAULT_MAX_TOKENS 32000

static void put_wishes(struct writer *w, const struct sampling *s)
{
	if (!isnan(s->temperature))
		writer_fraction(w, "temperature", s->temperature, 0, 1);
	else if (!isnan(s->top_p))
		writer_fraction(w, "top_p", s->top_p, 0, 1);
	if (s->top_k > 0)
		writer_putf(w, ",\"top_k\":%d", s->top_k);
}

static void put_stops(struct writer *w, const struct sampling *s)
{
	for (size_t i = 0; i < s->stop_count; i++) {
		writer_put(w, i ? "," : ",\"stop_sequences\":[");
		writer_string(w, s->stop[i]);
	}
	writer_put(w, s->stop_count ? "]" : "");
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
	writer_put(w, ",\"tool_choice\":{\"type\":\"");
	writer_put(w, types[request->tool_choice]);
	writer_put(w, "\"");
	if (request->tool_choice == TOOLS_NAMED) {
		writer_put(w, ",\"name\":");
		writer_string(w, request->named_tool);
	}
	writer_put(w, single ? ",\"disable_parallel_tool_use\":true}" : "}");
}

/* Sent even when none may be used: a conversation with calls in it is refused without their tools. */
static void put_tools(struct writer *w, const struct request *request)
{
	const struct chat *chat = &request->chat;

	for (size_t i = 0; i < chat->tool_count; i++) {
		const struct tool *tool = &chat->tools[i];
		writer_put(w, i ? ",{\"name\":" : ",\"tools\":[{\"name\":");
		writer_string(w, tool->name);
		writer_put(w, ",\"description\":");
		writer_string(w, tool->description);
		writer_put(w, ",\"input_schema\":");
		writer_object(w, tool->schema, "{\"type\":\"object\"}", "the schema of a tool");
		writer_put(w, tool->strict ? ",\"strict\":true}" : "}");
	}
	writer_put(w, chat->tool_count ? "]" : "");
	if (chat->tool_count)
		put_tool_choice(w, request);
}

/* Structured outputs: a form that the vendor cannot hold its models to is refused, never dropped. */
static void put_form(struct writer *w, const struct request *request)
{
	if (request->form == FORM_OBJECT)
		writer_refuse(w, "response_format: Claude has no json_object; use json_schema with a schema");
	if (request->form != FORM_SCHEMA)
		return;
	writer_put(w, ",\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":");
	writer_object(w, request->form_schema, "", "the schema of the response format");
	writer_put(w, "}}");
}

static void put_text_block(struct writer *w, struct str text)
{
	writer_put(w, "{\"type\":\"text\",\"text\":");
	writer_string(w, text);
	writer_put(w, "}");
}

static void put_system(struct writer *w, const struct chat *chat)
{
	bool any = false;

	for (size_t i = 0; i < chat->message_count; i++) {
		const struct message *m = &chat->messages[i];
		if (m->role != ROLE_SYSTEM || m->text.n == 0)
			continue;
		writer_put(w, any ? "," : ",\"system\":[");
		put_text_block(w, m->text);
		any = true;
	}
	writer_put(w, any ? "]" : "");
}

/* Goes to the place of a side's next block: in the open message, or in a new one.  `side` is what is open. */
static void begin_block(struct writer *w, const char **side, const char *role)
{
	if (*side == role) {
		writer_put(w, ",");
		return;
	}
	writer_put(w, *side ? "]},{\"role\":\"" : "{\"role\":\"");
	writer_put(w, role);
	writer_put(w, "\",\"content\":[");
	*side = role;
}

static void put_call(struct writer *w, const struct tool_call *call)
{
	writer_put(w, "{\"type\":\"tool_use\",\"id\":");
	writer_id(w, call->id);
	writer_put(w, ",\"name\":");
	writer_string(w, call->name);
	writer_put(w, ",\"input\":");
	writer_object(w, call->arguments, "{}", "the arguments of a tool call");
	writer_put(w, "}");
}

static void put_result(struct writer *w, const struct message *m)
{
	writer_put(w, "{\"type\":\"tool_result\",\"tool_use_id\":");
	writer_id(w, m->call_id);
	writer_put(w, ",\"content\":");
	writer_string(w, m->text);
	writer_put(w, "}");
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

	writer_put(w, ",\"messages\":[");
	for (size_t i = 0; i < chat->message_count; i++)
		if (chat->messages[i].role != ROLE_SYSTEM)
			put_message(w, &side, &chat->messages[i]);
	writer_put(w, "]}]}");
	if (!side)
		writer_refuse(w, "there is nothing to ask: the conversation holds no message");
}

bool claude_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err)
{
	const struct sampling *s = &request->sampling;
	struct writer w = WRITER_INIT(body, err);
	int64_t max_tokens = s->max_tokens > 0 ? s->max_tokens : DEFAULT_MAX_TOKENS;

	writer_put(&w, "{\"model\":");
	writer_string(&w, str_of(target->model));
	writer_putf(&w, ",\"max_tokens\":%" PRId64 ",\"stream\":true", max_tokens);
	if (!target->plain)
		put_wishes(&w, s);
	put_stops(&w, s);
	put_tools(&w, request);
	put_form(&w, request);
	put_system(&w, &request->chat);
	put_messages(&w, &request->chat);
	return w.ok;
}
