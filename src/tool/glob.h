/* The part of Glob that needs no rg. */
#pragma once

#include "tool/search_run.h"

/*
 * What rg is asked for a pattern.  ERROR_INVALID: it is absolute and not below the folder, or
 * leads up, or is too long.
 */
bool glob_words(struct str pattern, const struct search *s, struct search_words *w, struct error *err) must_use;
