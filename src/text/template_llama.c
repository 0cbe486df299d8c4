/*
 * Llama 3.1 and later: turns as in Llama 3, the tools in the first message behind
 * the system's, a call as bare JSON, results in a role of their own.
 */
#include "text/template_families.h"

#include "base/json.h"

/* The template's own words; the model knows them. */
static const char tools_before[] =
	"Given the following functions, please respond with a JSON for a function call "
	"with its proper arguments that best answers the given prompt.\n\n"
	"Respond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}."
	"Do not use variables.\n\n";

static bool add_system(const struct template *t, const struct chat *chat, struct prompt *out, struct error *err)
{
	struct str text = template_begins_with_system(chat) ? chat->messages[0].text : (struct str)STR("");

	return template_open_turn(t, "system", out, err) &&
		(!chat->tool_count || prompt_words(out, "Environment: ipython\n", err)) &&
		template_words(out, t->system_words, err) && prompt_text(out, template_content(t, text), err) &&
		template_end_turn(t, out, err);
}

static bool add_tools(const struct chat *chat, struct prompt *out, struct error *err)
{
	if (!prompt_words(out, tools_before, err))
		return false;
	for (size_t i = 0; i < chat->tool_count; i++)
		if (!template_json(out, chat->tools[i].definition, 4, "tool", err) || !prompt_words(out, "\n\n", err))
			return false;
	return true;
}

/* One call a turn is all the template knows; more are written as its dialect would. */
static bool add_calls(const struct message *m, struct prompt *out, struct error *err)
{
	for (size_t i = 0; i < m->call_count; i++) {
		const struct tool_call *call = &m->calls[i];
		if ((i && !prompt_words(out, dialect_llama.between, err)) ||
		    !prompt_words(out, dialect_llama.before_name, err) || !prompt_text(out, call->name, err) ||
		    !prompt_words(out, dialect_llama.before_arguments, err) ||
		    !template_json(out, call->arguments, 0, "arguments", err) ||
		    !prompt_words(out, dialect_llama.behind, err))
			return false;
	}
	return true;
}

static bool add_message(const struct template *t, const struct message *m, struct prompt *out, struct error *err)
{
	const char *role = m->role == ROLE_TOOL ? "ipython" : chat_role_name(m->role);

	if (!template_open_turn(t, role, out, err))
		return false;
	bool ok = m->call_count ? add_calls(m, out, err) :
		m->role == ROLE_TOOL ? json_write_string(&out->text, m->text, err) :
		prompt_text(out, template_content(t, m->text), err);
	return ok && template_end_turn(t, out, err);
}

bool template_llama(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err)
{
	size_t i = template_begins_with_system(chat);

	if (!template_control(out, t->begin, err) || !add_system(t, chat, out, err))
		return false;
	if (chat->tool_count) {
		if (i == chat->message_count)
			return error_set(err, ERROR_INVALID, "the %s chat template puts tools into the first message "
				"behind the system's, and there is none", t->name);
		if (!template_open_turn(t, "user", out, err) || !add_tools(chat, out, err) ||
		    !prompt_text(out, template_content(t, chat->messages[i].text), err) ||
		    !template_end_turn(t, out, err))
			return false;
		i++;
	}
	for (; i < chat->message_count; i++)
		if (!add_message(t, &chat->messages[i], out, err))
			return false;
	return !ask || template_open_turn(t, "assistant", out, err);
}
