/*
 * Mistral's templates.  The third ("tekken"): instructions in [INST], the tools
 * before the last of them, calls in [TOOL_CALLS], each result in [TOOL_RESULTS].
 * The thirteenth (Ministral 3): system message and tools stand first, and calls
 * and results have lost their frame of JSON.  An answer begins right behind
 * [/INST], so asking for one adds nothing.
 */
#include "text/template_families.h"

#include "base/json.h"
#include "text/pyjson.h"

#define ID_LENGTH 9   /* of a call's id; the template refuses others */

static size_t last_user(const struct chat *chat)
{
	size_t i = chat->message_count;

	while (i && chat->messages[i - 1].role != ROLE_USER)
		i--;
	return i - 1;
}

/* Strings of a tool's definition stand between quotes as they are, everything else as JSON. */
static bool add_member(struct prompt *out, const char *key, const json_t *value, const char *separator,
	struct error *err)
{
	struct str text = { json_string_value(value), json_string_length(value) };

	if (!prompt_words(out, separator, err) || !prompt_words(out, "\"", err) ||
	    !prompt_text(out, str_of(key), err) || !prompt_words(out, "\": ", err))
		return false;
	if (!json_is_string(value))
		return pyjson_write(&out->text, value, err);
	return prompt_words(out, "\"", err) && prompt_text(out, text, err) && prompt_words(out, "\"", err);
}

static bool add_tool(const struct tool *tool, struct prompt *out, struct error *err)
{
	own_json *definition = json_parse(tool->definition, "tool", err);
	const char *separator = "", *key;
	json_t *value;

	if (!definition || !prompt_words(out, "{\"type\": \"function\", \"function\": {", err))
		return false;
	json_object_foreach(json_object_get(definition, "function"), key, value) {
		if (strcmp(key, "return") == 0)
			continue;
		if (!add_member(out, key, value, separator, err))
			return false;
		separator = ", ";
	}
	return prompt_words(out, "}}", err);
}

static bool add_tools(const struct chat *chat, struct prompt *out, struct error *err)
{
	if (!prompt_control(out, "[AVAILABLE_TOOLS]", err) || !prompt_words(out, "[", err))
		return false;
	for (size_t i = 0; i < chat->tool_count; i++)
		if ((i && !prompt_words(out, ", ", err)) || !add_tool(&chat->tools[i], out, err))
			return false;
	return prompt_words(out, "]", err) && prompt_control(out, "[/AVAILABLE_TOOLS]", err);
}

/* The system message goes in front of the last message, if the user wrote that. */
static bool add_instruction(const struct chat *chat, size_t i, struct prompt *out, struct error *err)
{
	bool with_system = template_begins_with_system(chat) && i + 1 == chat->message_count;

	if (chat->tool_count && i == last_user(chat) && !add_tools(chat, out, err))
		return false;
	return prompt_control(out, "[INST]", err) && (!with_system || (prompt_text(out, chat->messages[0].text, err) &&
		prompt_words(out, "\n\n", err))) && prompt_text(out, chat->messages[i].text, err) &&
		prompt_control(out, "[/INST]", err);
}

/* The last nine letters and digits of an id, filled up with zeros: other vendors' are longer. */
static bool add_id(struct prompt *out, struct str id, struct error *err)
{
	char nine[ID_LENGTH + 1] = "000000000";
	size_t to = ID_LENGTH;

	for (size_t i = id.n; i && to; i--) {
		char c = id.p[i - 1], lower = (char)(c | 0x20);
		if ((c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z'))
			nine[--to] = c;
	}
	return prompt_words(out, nine, err);
}

static bool add_call(const struct tool_call *call, struct prompt *out, struct error *err)
{
	return prompt_words(out, "{\"name\": ", err) && json_write_string(&out->text, call->name, err) &&
		prompt_words(out, ", \"arguments\": ", err) &&
		template_json(out, call->arguments, 0, "arguments", err) &&
		prompt_words(out, ", \"id\": \"", err) && add_id(out, call->id, err) && prompt_words(out, "\"}", err);
}

static bool add_calls(const struct template *t, const struct message *m, struct prompt *out, struct error *err)
{
	if (!prompt_control(out, "[TOOL_CALLS]", err) || !prompt_words(out, "[", err))
		return false;
	for (size_t i = 0; i < m->call_count; i++)
		if ((i && !prompt_words(out, ", ", err)) || !add_call(&m->calls[i], out, err))
			return false;
	return prompt_words(out, "]", err) && template_end_turn(t, out, err);
}

static bool add_result(const struct message *m, struct prompt *out, struct error *err)
{
	return prompt_control(out, "[TOOL_RESULTS]", err) && prompt_words(out, "{\"content\": ", err) &&
		prompt_text(out, m->text, err) && prompt_words(out, ", \"call_id\": \"", err) &&
		add_id(out, m->call_id, err) && prompt_words(out, "\"}", err) &&
		prompt_control(out, "[/TOOL_RESULTS]", err);
}

static bool add_message(const struct template *t, const struct chat *chat, size_t i, struct prompt *out,
	struct error *err)
{
	const struct message *m = &chat->messages[i];

	switch (m->role) {
	case ROLE_USER: return add_instruction(chat, i, out, err);
	case ROLE_TOOL: return add_result(m, out, err);
	case ROLE_ASSISTANT:
		if (m->call_count)
			return add_calls(t, m, out, err);
		return prompt_text(out, m->text, err) && template_end_turn(t, out, err);
	case ROLE_SYSTEM: break;
	}
	return error_set(err, ERROR_INVALID, "the %s chat template takes a system message only at the start", t->name);
}

bool template_mistral(const struct template *t, const struct chat *chat, bool ask __attribute__((unused)),
	struct prompt *out, struct error *err)
{
	if (!template_control(out, t->begin, err))
		return false;
	for (size_t i = template_begins_with_system(chat); i < chat->message_count; i++)
		if (!add_message(t, chat, i, out, err))
			return false;
	return true;
}

/* ---- Ministral 3 ---- */

static bool add_between(struct prompt *out, const char *open, struct str text, const char *close, struct error *err)
{
	return prompt_control(out, open, err) && prompt_text(out, text, err) && prompt_control(out, close, err);
}

static bool list_tools(const struct chat *chat, struct prompt *out, struct error *err)
{
	if (!prompt_control(out, "[AVAILABLE_TOOLS]", err) || !prompt_words(out, "[", err))
		return false;
	for (size_t i = 0; i < chat->tool_count; i++)
		if ((i && !prompt_words(out, ", ", err)) ||
			!template_json(out, chat->tools[i].definition, 0, "tool", err))
			return false;
	return prompt_words(out, "]", err) && prompt_control(out, "[/AVAILABLE_TOOLS]", err);
}

static bool add_answer(const struct template *t, const struct message *m, struct prompt *out, struct error *err)
{
	if (!prompt_text(out, m->text, err))
		return false;
	for (size_t i = 0; i < m->call_count; i++)
		if (!prompt_control(out, "[TOOL_CALLS]", err) || !prompt_text(out, m->calls[i].name, err) ||
		    !prompt_control(out, "[ARGS]", err) ||
		    !template_json(out, m->calls[i].arguments, 0, "arguments", err))
			return false;
	return template_end_turn(t, out, err);
}

static bool add_new_message(const struct template *t, const struct message *m, struct prompt *out, struct error *err)
{
	switch (m->role) {
	case ROLE_USER: return add_between(out, "[INST]", m->text, "[/INST]", err);
	case ROLE_TOOL: return add_between(out, "[TOOL_RESULTS]", m->text, "[/TOOL_RESULTS]", err);
	case ROLE_ASSISTANT: return add_answer(t, m, out, err);
	case ROLE_SYSTEM: break;
	}
	return error_set(err, ERROR_INVALID, "the %s chat template takes a system message only at the start", t->name);
}

bool template_ministral(const struct template *t, const struct chat *chat, bool ask __attribute__((unused)),
	struct prompt *out, struct error *err)
{
	size_t i = template_begins_with_system(chat);

	if (!template_control(out, t->begin, err) ||
	    (i && !add_between(out, "[SYSTEM_PROMPT]", chat->messages[0].text, "[/SYSTEM_PROMPT]", err)) ||
	    (chat->tool_count && !list_tools(chat, out, err)))
		return false;
	for (; i < chat->message_count; i++)
		if (!add_new_message(t, &chat->messages[i], out, err))
			return false;
	return true;
}
