/* The functions behind the rows, and what they share; inside of text/template only. */
#pragma once

#include "text/template.h"

bool template_turns(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_phi(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_gemma(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_qwen(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_llama(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_mistral(
	const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_ministral(
	const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_deepseek(
	const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);

/* A row's token or words, if it has them. */
static inline bool template_control(struct prompt *out, const char *token, struct error *err)
{
	return !token || prompt_control(out, token, err);
}

static inline bool template_words(struct prompt *out, const char *text, struct error *err)
{
	return !text || prompt_words(out, text, err);
}

/* Up to where a message of `role` begins. */
bool template_open_turn(const struct template *t, const char *role, struct prompt *out, struct error *err);
bool template_end_turn(const struct template *t, struct prompt *out, struct error *err);

/* A message's text as the family has it. */
struct str template_content(const struct template *t, struct str text);

/* Appends JSON text the way Python would write it; `indent` 0 is on one line. */
bool template_json(struct prompt *out, struct str text, int indent, const char *what, struct error *err);

static inline bool template_begins_with_system(const struct chat *chat)
{
	return chat->message_count && chat->messages[0].role == ROLE_SYSTEM;
}

/* Text and thoughts of an assistant message: what stands behind the last </think>, and before the first. */
struct str template_answer(struct str text);
struct str template_thoughts(const struct message *m);
