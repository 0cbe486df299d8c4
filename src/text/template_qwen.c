/*
 * ChatML with tools as Qwen2.5 writes it.  The tools are listed in the system
 * message, calls stand in the assistant's turn as <tool_call> JSON, and the
 * results of calls that follow one another share one user turn.
 */
#include "text/template_families.h"

#include "text/pyjson.h"

/* Everything the template's author wrote about tools; the model knows these words. */
static const char tools_before[] =
	"\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
	"You are provided with function signatures within <tools></tools> XML tags:\n<tools>";
static const char tools_behind[] =
	"\n</tools>\n\nFor each function call, return a json object with function name and arguments within ";
static const char calls_before[] = " XML tags:\n";
static const char calls_example[] = "\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n";

/* Appends JSON text the way Python would. */
static bool add_json(struct prompt *out, struct str text, const char *what, struct error *err)
{
	own_json *value = json_parse(text, what, err);

	return value && pyjson_write(&out->text, value, err);
}

static bool add_tools(const struct chat *chat, struct prompt *out, struct error *err)
{
	if (!prompt_words(out, tools_before, err))
		return false;
	for (size_t i = 0; i < chat->tool_count; i++)
		if (!prompt_words(out, "\n", err) || !add_json(out, chat->tools[i].definition, "tool", err))
			return false;
	return prompt_words(out, tools_behind, err) && prompt_control(out, "<tool_call>", err) &&
		prompt_control(out, "</tool_call>", err) && prompt_words(out, calls_before, err) &&
		prompt_control(out, "<tool_call>", err) && prompt_words(out, calls_example, err) &&
		prompt_control(out, "</tool_call>", err);
}

static bool begin_turn(struct prompt *out, const char *role, struct error *err)
{
	return prompt_control(out, "<|im_start|>", err) && prompt_words(out, role, err);
}

static bool end_turn(struct prompt *out, struct error *err)
{
	return prompt_control(out, "<|im_end|>", err) && prompt_words(out, "\n", err);
}

static bool add_system(const struct template *t, const struct chat *chat, struct prompt *out, struct error *err)
{
	const struct message *first = chat->message_count ? &chat->messages[0] : NULL;
	struct str text = first && first->role == ROLE_SYSTEM ? first->text : str_of(t->default_system);

	return begin_turn(out, "system\n", err) && prompt_text(out, text, err) &&
		(!chat->tool_count || add_tools(chat, out, err)) && end_turn(out, err);
}

static bool add_call(const struct tool_call *call, struct prompt *out, struct error *err)
{
	return prompt_words(out, "\n", err) && prompt_control(out, "<tool_call>", err) &&
		prompt_words(out, "\n{\"name\": \"", err) && prompt_text(out, call->name, err) &&
		prompt_words(out, "\", \"arguments\": ", err) && add_json(out, call->arguments, "arguments", err) &&
		prompt_words(out, "}\n", err) && prompt_control(out, "</tool_call>", err);
}

static bool add_calls(const struct message *m, struct prompt *out, struct error *err)
{
	if (!begin_turn(out, "assistant", err))
		return false;
	if (m->text.n && (!prompt_words(out, "\n", err) || !prompt_text(out, m->text, err)))
		return false;
	for (size_t i = 0; i < m->call_count; i++)
		if (!add_call(&m->calls[i], out, err))
			return false;
	return end_turn(out, err);
}

static bool is_result(const struct chat *chat, size_t i)
{
	return i < chat->message_count && chat->messages[i].role == ROLE_TOOL;
}

static bool add_result(const struct chat *chat, size_t i, struct prompt *out, struct error *err)
{
	bool first = i == 0 || !is_result(chat, i - 1), last = !is_result(chat, i + 1);

	return (!first || begin_turn(out, "user", err)) && prompt_words(out, "\n", err) &&
		prompt_control(out, "<tool_response>", err) && prompt_words(out, "\n", err) &&
		prompt_text(out, chat->messages[i].text, err) && prompt_words(out, "\n", err) &&
		prompt_control(out, "</tool_response>", err) && (!last || end_turn(out, err));
}

static bool add_message(const struct chat *chat, size_t i, struct prompt *out, struct error *err)
{
	const struct message *m = &chat->messages[i];

	if (m->role == ROLE_TOOL)
		return add_result(chat, i, out, err);
	if (m->call_count)
		return add_calls(m, out, err);
	return begin_turn(out, chat_role_name(m->role), err) && prompt_words(out, "\n", err) &&
		prompt_text(out, m->text, err) && end_turn(out, err);
}

bool template_qwen(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err)
{
	if (!add_system(t, chat, out, err))
		return false;
	for (size_t i = 0; i < chat->message_count; i++)
		if ((i || chat->messages[i].role != ROLE_SYSTEM) && !add_message(chat, i, out, err))
			return false;
	return !ask || begin_turn(out, "assistant\n", err);
}
