#include "text/template_families.h"

#include "text/pyjson.h"
#include "text/unicode.h"

struct str template_content(const struct template *t, struct str text)
{
	return t->trims ? unicode_strip(text) : text;
}

bool template_open_turn(const struct template *t, const char *role, struct prompt *out, struct error *err)
{
	return template_control(out, t->open, err) && template_words(out, role, err) &&
		template_control(out, t->close, err) && template_words(out, t->after_close, err);
}

bool template_end_turn(const struct template *t, struct prompt *out, struct error *err)
{
	return template_control(out, t->end, err) && template_words(out, t->after_end, err);
}

bool template_json(struct prompt *out, struct str text, int indent, const char *what, struct error *err)
{
	own_json *value = json_parse(text, what, err);

	if (!value)
		return false;
	return indent ? pyjson_write_indented(&out->text, value, indent, err) : pyjson_write(&out->text, value, err);
}

static bool add_turn(const struct template *t, enum chat_role role, const char *before, struct str text,
	struct prompt *out, struct error *err)
{
	return template_open_turn(t, chat_role_name(role), out, err) && template_words(out, before, err) &&
		prompt_text(out, template_content(t, text), err) && template_end_turn(t, out, err);
}

bool template_turns(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err)
{
	bool system = template_begins_with_system(chat);
	struct str first = system ? chat->messages[0].text : str_of(t->default_system ? t->default_system : "");

	if (!template_control(out, t->begin, err))
		return false;
	if ((system || t->default_system) && !add_turn(t, ROLE_SYSTEM, t->system_words, first, out, err))
		return false;
	for (size_t i = system; i < chat->message_count; i++)
		if (!add_turn(t, chat->messages[i].role, NULL, chat->messages[i].text, out, err))
			return false;
	return !ask || template_open_turn(t, chat_role_name(ROLE_ASSISTANT), out, err);
}

static const struct str think = STR("<think>"), think_end = STR("</think>");

/* Where `mark` stands last before `end`, or `otherwise`. */
static size_t find_last(struct str text, struct str mark, size_t end, size_t otherwise)
{
	for (size_t at = end; at >= mark.n; at--)
		if (memcmp(text.p + at - mark.n, mark.p, mark.n) == 0)
			return at - mark.n;
	return otherwise;
}

/* Earlier thoughts are not shown to the model again. */
struct str template_answer(struct str text)
{
	size_t at = find_last(text, think_end, text.n, text.n);

	return at == text.n ? text : str_from(text, at + think_end.n);
}

struct str template_thoughts(const struct message *m)
{
	size_t end = 0;

	if (m->thoughts.n)
		return m->thoughts;
	while (end < m->text.n && !str_starts(str_from(m->text, end), think_end))
		end++;
	if (end == m->text.n)
		return (struct str)STR("");
	size_t start = find_last(m->text, think, end, end);
	start = start == end ? 0 : start + think.n;
	return (struct str){ m->text.p + start, end - start };
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
	if (!template_control(out, t->begin, err) || !add_last_system(chat, out, err))
		return false;
	for (size_t i = 0; i < chat->message_count; i++) {
		const struct message *m = &chat->messages[i];
		if (m->role == ROLE_USER && (!template_control(out, t->open, err) || !prompt_text(out, m->text, err)))
			return false;
		if (m->role == ROLE_ASSISTANT && (!template_control(out, t->close, err) ||
			!prompt_text(out, template_answer(m->text), err) || !template_control(out, t->end, err)))
			return false;
	}
	return !ask ||
		(template_control(out, t->close, err) && template_control(out, t->answer, err) &&
		template_words(out, t->after_answer, err));
}
