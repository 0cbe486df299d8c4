/*
 * Phi-3, 3.5 and 4 mini: a token for each role, <|end|> behind every message.
 * The last has tools as its makers' page on prompts shows them: a list of
 * functions between <|tool|> and <|/tool|> behind the system message, calls as a
 * list between <|tool_call|> and <|/tool_call|>, and a result behind the token
 * that the vocabulary has for it.
 */
#include "text/template_families.h"

#include "base/json.h"
#include "base/mem.h"
#include "text/pyjson.h"

/* Up to where the text of a role's message begins. */
static bool open_role(const struct template *t, const char *role, struct prompt *out, struct error *err)
{
	own_mem char *token = mem_printf("%s%s%s", t->open, role, t->close);

	return prompt_control(out, token, err) && template_words(out, t->after_close, err);
}

/* The function alone, without the frame that says it is one. */
static bool add_tool(const struct tool *tool, struct prompt *out, struct error *err)
{
	own_json *definition = json_parse(tool->definition, "tool", err);
	const json_t *function = json_object_get(definition, "function");

	return definition && pyjson_write(&out->text, function ? function : definition, err);
}

static bool add_tools(const struct chat *chat, struct prompt *out, struct error *err)
{
	if (!prompt_control(out, "<|tool|>", err) || !prompt_words(out, "[", err))
		return false;
	for (size_t i = 0; i < chat->tool_count; i++)
		if ((i && !prompt_words(out, ", ", err)) || !add_tool(&chat->tools[i], out, err))
			return false;
	return prompt_words(out, "]", err) && prompt_control(out, "<|/tool|>", err);
}

static bool add_calls(const struct message *m, struct prompt *out, struct error *err)
{
	if (!prompt_control(out, "<|tool_call|>", err) || !prompt_words(out, "[", err))
		return false;
	for (size_t i = 0; i < m->call_count; i++) {
		const struct tool_call *call = &m->calls[i];
		if ((i && !prompt_words(out, dialect_phi.between, err)) ||
		    !prompt_words(out, dialect_phi.before_name, err) || !prompt_text(out, call->name, err) ||
		    !prompt_words(out, dialect_phi.before_arguments, err) ||
		    !template_json(out, call->arguments, 0, "arguments", err) ||
		    !prompt_words(out, dialect_phi.behind, err))
			return false;
	}
	return prompt_words(out, "]", err) && prompt_control(out, "<|/tool_call|>", err);
}

static bool add_message(const struct template *t, const struct message *m, struct prompt *out, struct error *err)
{
	const char *role = m->role == ROLE_TOOL ? "tool_response" : chat_role_name(m->role);

	return open_role(t, role, out, err) && prompt_text(out, m->text, err) &&
		(!m->call_count || add_calls(m, out, err)) && template_end_turn(t, out, err);
}

/* The first message, if it is the system's or there are tools; without text or tools only Phi-4 mini has one. */
static bool add_system(const struct template *t, const struct chat *chat, struct prompt *out, struct error *err)
{
	bool given = template_begins_with_system(chat), tools = chat->tool_count > 0;
	struct str text = given ? chat->messages[0].text : (struct str)STR("");

	if (!tools && (!given || (!text.n && !t->dialect)))
		return true;
	return open_role(t, "system", out, err) && prompt_text(out, text, err) &&
		(!tools || add_tools(chat, out, err)) && template_end_turn(t, out, err);
}

bool template_phi(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err)
{
	if (!add_system(t, chat, out, err))
		return false;
	for (size_t i = template_begins_with_system(chat); i < chat->message_count; i++)
		if (!add_message(t, &chat->messages[i], out, err))
			return false;
	return !ask || open_role(t, "assistant", out, err);
}
