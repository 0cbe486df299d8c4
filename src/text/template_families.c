#include "text/template_families.h"

#include "text/unicode.h"

static bool control(struct prompt *out, const char *token, struct error *err)
{
	return !token || prompt_control(out, token, err);
}

static bool words(struct prompt *out, const char *text, struct error *err)
{
	return !text || prompt_words(out, text, err);
}

static struct str content(const struct template *t, struct str text)
{
	return t->trims ? unicode_strip(text) : text;
}

static bool open_turn(const struct template *t, const char *role, struct prompt *out, struct error *err)
{
	return control(out, t->open, err) && words(out, role, err) && control(out, t->close, err) &&
		words(out, t->after_close, err);
}

static bool add_turn(const struct template *t, enum chat_role role, const char *before, struct str text,
	struct prompt *out, struct error *err)
{
	return open_turn(t, chat_role_name(role), out, err) && words(out, before, err) &&
		prompt_text(out, content(t, text), err) && control(out, t->end, err) && words(out, t->after_end, err);
}

static bool begins_with_system(const struct chat *chat)
{
	return chat->message_count && chat->messages[0].role == ROLE_SYSTEM;
}

bool template_turns(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err)
{
	bool system = begins_with_system(chat);
	struct str first = system ? chat->messages[0].text : str_of(t->default_system ? t->default_system : "");

	if (!control(out, t->begin, err))
		return false;
	if ((system || t->default_system) && !add_turn(t, ROLE_SYSTEM, t->system_words, first, out, err))
		return false;
	for (size_t i = system; i < chat->message_count; i++)
		if (!add_turn(t, chat->messages[i].role, NULL, chat->messages[i].text, out, err))
			return false;
	return !ask || open_turn(t, chat_role_name(ROLE_ASSISTANT), out, err);
}

/* The system message goes in front of the last message, if the user wrote that. */
static bool add_instruction(const struct chat *chat, size_t i, struct prompt *out, struct error *err)
{
	bool with_system = begins_with_system(chat) && i + 1 == chat->message_count;

	return prompt_control(out, "[INST]", err) && (!with_system || (prompt_text(out, chat->messages[0].text, err) &&
		prompt_words(out, "\n\n", err))) && prompt_text(out, chat->messages[i].text, err) &&
		prompt_control(out, "[/INST]", err);
}

/* An answer begins right behind [/INST], so asking for one adds nothing. */
bool template_mistral(const struct template *t, const struct chat *chat, bool ask __attribute__((unused)),
	struct prompt *out, struct error *err)
{
	if (!control(out, t->begin, err))
		return false;
	for (size_t i = begins_with_system(chat); i < chat->message_count; i++) {
		const struct message *m = &chat->messages[i];
		if (m->role == ROLE_SYSTEM)
			return error_set(err, ERROR_INVALID,
				"the %s chat template takes a system message only at the start", t->name);
		if (!(m->role == ROLE_USER ? add_instruction(chat, i, out, err) :
			prompt_text(out, m->text, err) && control(out, t->end, err)))
			return false;
	}
	return true;
}

/* What stands behind the last </think>: earlier thoughts are not shown to the model again. */
static struct str without_thoughts(struct str text)
{
	static const struct str end = STR("</think>");

	for (size_t at = text.n; at >= end.n; at--)
		if (memcmp(text.p + at - end.n, end.p, end.n) == 0)
			return str_from(text, at);
	return text;
}

/* The last system message stands before everything, wherever it was. */
static bool add_last_system(const struct chat *chat, struct prompt *out, struct error *err)
{
	for (size_t i = chat->message_count; i > 0; i--)
		if (chat->messages[i - 1].role == ROLE_SYSTEM)
			return prompt_text(out, chat->messages[i - 1].text, err);
	return true;
}

bool template_deepseek(
	const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err)
{
	if (!control(out, t->begin, err) || !add_last_system(chat, out, err))
		return false;
	for (size_t i = 0; i < chat->message_count; i++) {
		const struct message *m = &chat->messages[i];
		if (m->role == ROLE_USER && (!control(out, t->open, err) || !prompt_text(out, m->text, err)))
			return false;
		if (m->role == ROLE_ASSISTANT && (!control(out, t->close, err) ||
			!prompt_text(out, without_thoughts(m->text), err) || !control(out, t->end, err)))
			return false;
	}
	return !ask ||
		(control(out, t->close, err) && control(out, t->answer, err) && words(out, t->after_answer, err));
}
