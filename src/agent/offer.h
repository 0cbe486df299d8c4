/*
 * The tools as models are told of them: OpenAI's `tools`.
 */
#pragma once

#include "tool/tool.h"

/*
 * Those that `wanted` says yes to (NULL: all); in brief: only tools meant for small
 * models, with one line and a short schema.  NULL: none.  The caller owns it.
 */
json_t *offer_tools(bool brief, bool (*wanted)(void *user, const struct tool_kind *kind), void *user) must_use;

/* Whether a tool of this name is among them. */
bool offer_has(const json_t *tools, const char *name);
