/*
 * Gemma 2 and 3: turns of "user" and "model", which must alternate.  There is no
 * system role: what would be its message stands before the user's first, as Gemma
 * 3's template has it (Gemma 2's refuses it).  Neither template knows tools.
 */
#include "text/template_families.h"

static const char *role_of(enum chat_role role) { return role == ROLE_ASSISTANT ? "model" : "user"; }

static bool add_turn(const struct template *t, const struct chat *chat, size_t i, struct prompt *out,
	struct error *err)
{
	const struct message *m = &chat->messages[i];
	bool system = i == 1 && template_begins_with_system(chat);

	return template_open_turn(t, role_of(m->role), out, err) &&
		(!system || (prompt_text(out, chat->messages[0].text, err) && prompt_words(out, "\n\n", err))) &&
		prompt_text(out, template_content(t, m->text), err) && template_end_turn(t, out, err);
}

bool template_gemma(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err)
{
	size_t first = template_begins_with_system(chat);

	if (first == chat->message_count)
		return error_set(err, ERROR_INVALID, "the %s chat template wants a message of the user", t->name);
	if (!template_control(out, t->begin, err))
		return false;
	for (size_t i = first; i < chat->message_count; i++) {
		enum chat_role expected = (i - first) % 2 ? ROLE_ASSISTANT : ROLE_USER;
		if (chat->messages[i].role != expected)
			return error_set(err, ERROR_INVALID, "the %s chat template wants messages of user and "
				"assistant by turns: message %zu is of %s", t->name, i,
				chat_role_name(chat->messages[i].role));
		if (!add_turn(t, chat, i, out, err))
			return false;
	}
	return !ask || template_open_turn(t, role_of(ROLE_ASSISTANT), out, err);
}
