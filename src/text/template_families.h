/* The functions behind the rows; inside of text/template only. */
#pragma once

#include "text/template.h"

bool template_turns(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_qwen(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_mistral(
	const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
bool template_deepseek(
	const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err);
