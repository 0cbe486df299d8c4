/*
 * ChatML with tools as Qwen2.5 and 3 write it.  The tools are listed in the system
 * message, calls stand in the assistant's turn as <tool_call> JSON, and the
 * results of calls that follow one another share one user turn.  Qwen3 shows the
 * model its thoughts again only where they belong to the question at hand.
 */
#include "text/template_families.h"

/* Everything the template's author wrote about tools; the model knows these words. */
static const char tools_before[] =
	"# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
	"You are provided with function signatures within <tools></tools> XML tags:\n<tools>";
static const char tools_behind[] =
	"\n</tools>\n\nFor each function call, return a json object with function name and arguments within ";
static const char calls_before[] = " XML tags:\n";
static const char calls_example[] = "\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n";

static bool add_tools(const struct chat *chat, struct prompt *out, struct error *err)
{
	if (!prompt_words(out, tools_before, err))
		return false;
	for (size_t i = 0; i < chat->tool_count; i++)
		if (!prompt_words(out, "\n", err) || !template_json(out, chat->tools[i].definition, 0, "tool", err))
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
	bool given = template_begins_with_system(chat) || t->default_system, tools = chat->tool_count > 0;
	struct str text = template_begins_with_system(chat) ? chat->messages[0].text :
		str_of(t->default_system ? t->default_system : "");

	if (!given && !tools)
		return true;
	return begin_turn(out, "system\n", err) && prompt_text(out, text, err) &&
		(!given || !tools || prompt_words(out, "\n\n", err)) &&
		(!tools || add_tools(chat, out, err)) && end_turn(out, err);
}

static bool add_call(const struct tool_call *call, struct prompt *out, struct error *err)
{
	return prompt_control(out, "<tool_call>", err) &&
		prompt_words(out, "\n{\"name\": \"", err) && prompt_text(out, call->name, err) &&
		prompt_words(out, "\", \"arguments\": ", err) &&
		template_json(out, call->arguments, 0, "arguments", err) &&
		prompt_words(out, "}\n", err) && prompt_control(out, "</tool_call>", err);
}

static struct str without_leading_newlines(struct str text)
{
	while (text.n && text.p[0] == '\n')
		text = str_from(text, 1);
	return text;
}

static struct str without_newlines(struct str text)
{
	text = without_leading_newlines(text);
	while (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	return text;
}

/* The last message in which the user asks and does not hand in results; the last of all when there is none. */
static size_t last_question(const struct chat *chat)
{
	static const struct str open = STR("<tool_response>"), close = STR("</tool_response>");

	for (size_t i = chat->message_count; i > 0; i--) {
		struct str text = chat->messages[i - 1].text;
		bool result = str_starts(text, open) && text.n >= close.n &&
			str_equal(str_from(text, text.n - close.n), close);
		if (chat->messages[i - 1].role == ROLE_USER && !result)
			return i - 1;
	}
	return chat->message_count - 1;
}

static bool add_thoughts(struct str thoughts, struct prompt *out, struct error *err)
{
	return prompt_control(out, "<think>", err) && prompt_words(out, "\n", err) &&
		prompt_text(out, without_newlines(thoughts), err) && prompt_words(out, "\n", err) &&
		prompt_control(out, "</think>", err) && prompt_words(out, "\n\n", err);
}

/* The text of a thinking model's answer with the thoughts that are shown; *text becomes what it is without them. */
static bool add_thinking(const struct chat *chat, size_t i, struct str *text, struct prompt *out, struct error *err)
{
	const struct message *m = &chat->messages[i];
	struct str thoughts = without_newlines(template_thoughts(m));
	bool last = i + 1 == chat->message_count, shown = i > last_question(chat) && (last || thoughts.n);

	if (!m->thoughts.n)
		*text = template_answer(*text);
	if (text->n != m->text.n)
		*text = without_leading_newlines(*text);
	return (!shown || add_thoughts(thoughts, out, err)) &&
		prompt_text(out, shown ? without_leading_newlines(*text) : *text, err);
}

static bool add_answer(const struct template *t, const struct chat *chat, size_t i, struct prompt *out,
	struct error *err)
{
	const struct message *m = &chat->messages[i];
	struct str text = m->text;

	if (!begin_turn(out, "assistant\n", err) || !(t->thinks == THINKS_NEVER ? prompt_text(out, text, err) :
		add_thinking(chat, i, &text, out, err)))
		return false;
	for (size_t k = 0; k < m->call_count; k++)
		if (((k || text.n) && !prompt_words(out, "\n", err)) || !add_call(&m->calls[k], out, err))
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

static bool add_message(const struct template *t, const struct chat *chat, size_t i, struct prompt *out,
	struct error *err)
{
	const struct message *m = &chat->messages[i];

	if (m->role == ROLE_TOOL)
		return add_result(chat, i, out, err);
	if (m->role == ROLE_ASSISTANT)
		return add_answer(t, chat, i, out, err);
	return begin_turn(out, chat_role_name(m->role), err) && prompt_words(out, "\n", err) &&
		prompt_text(out, m->text, err) && end_turn(out, err);
}

/* Without thoughts the model is shown that it has had none. */
static bool ask_answer(const struct template *t, const struct chat *chat, struct prompt *out, struct error *err)
{
	if (!begin_turn(out, "assistant\n", err))
		return false;
	if (t->thinks == THINKS_FIRST)
		return prompt_control(out, "<think>", err) && prompt_words(out, "\n", err);
	return t->thinks == THINKS_NEVER || !chat->no_thoughts || add_thoughts((struct str)STR(""), out, err);
}

bool template_qwen(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err)
{
	if (!add_system(t, chat, out, err))
		return false;
	for (size_t i = 0; i < chat->message_count; i++)
		if ((i || chat->messages[i].role != ROLE_SYSTEM) && !add_message(t, chat, i, out, err))
			return false;
	return !ask || ask_answer(t, chat, out, err);
}
