/*
 * Chat templates: from a conversation to the prompt that a model was trained on.
 *
 *	const struct template *family = template_find(model_directory, &err);
 *	own_prompt prompt = PROMPT_INIT(1 << 24);
 *	template_render(family, &chat, true, &prompt, &err);
 *	prompt_encode(&prompt, tokenizer, &tokens, &err);
 *
 * Each family is a row of a table (text/template_table.c) and a function; the
 * Jinja in tokenizer_config.json only serves to recognise it.  Constant; any
 * number of threads.
 */
#pragma once

#include "chat/chat.h"
#include "text/dialect.h"
#include "text/prompt.h"

/* Whether the model thinks before it answers, between <think> and </think>. */
enum template_thinking {
	THINKS_NEVER,
	THINKS_MAYBE,        /* the answer may begin with them */
	THINKS_FIRST,        /* the prompt ends with <think> */
};

struct template {
	const char *name;
	const char *markers[2];       /* all of these stand in the family's chat_template */
	bool (*render)(
		const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
	const struct dialect *dialect;   /* of its tool calls; NULL: knows no tools, calls and results */
	enum template_thinking thinks;
	const char *default_system;   /* when the conversation has no system message; NULL: none */

	/*
	 * Control tokens, each followed by words of the template's own; all may be
	 * NULL.  Most families write begin once and every message as open, role,
	 * close, text, end.  DeepSeek: open, text for the user and close, text, end
	 * for the assistant.  Phi-3 and 4 mini: open, role and close are one token.
	 */
	const char *begin, *open, *close, *end, *answer;
	const char *after_close, *after_end, *after_answer;
	const char *system_words;     /* before the first system message's text */
	bool trims;                   /* white space around a message's text is dropped */
};

/* Every family, the more specific before the more general. */
extern const struct template *const templates[];
extern const size_t template_count;

/*
 * The family of the model in `directory`, by its tokenizer_config.json (or
 * chat_template.jinja).  ERROR_NOT_FOUND when there is no template or none we know.
 */
const struct template *template_find(const char *directory, struct error *err) must_use;

/* The family that a chat_template's text belongs to, or NULL. */
const struct template *template_of(const char *chat_template);

/*
 * Appends the prompt; with `ask`, up to where the model's answer begins (Hugging
 * Face's add_generation_prompt).  ERROR_INVALID when the family cannot express
 * the conversation, ERROR_TOO_LARGE past the prompt's ceiling.
 */
bool template_render(const struct template *t, const struct chat *chat, bool ask, struct prompt *out,
	struct error *err) must_use;
