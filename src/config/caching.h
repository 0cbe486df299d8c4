/*
 * Claude Code's switches for the vendor's cache of prompts: off for all models, or for those of one family;
 * kept for an hour instead of five minutes. https://code.claude.com/docs/en/model-config, "Prompt caching".
 */
#pragma once

#include "config/load.h"

/* Whether the cache is not asked for with that model, by the bits of a teacher's `uncached`. */
bool caching_is_off(unsigned uncached, const char *model);

/* What the variables say. */
void caching_take(const struct config *c, struct teacher_config *t);

/* Whether a variable is one of these. */
bool caching_variable(const char *name);
