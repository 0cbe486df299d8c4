/* Settings of tools as v1 wrote them, read as the rules that say the same today. */
#pragma once

#include "config/load.h"

/* Whether `name` was one of v1's tools ("web_search"). */
bool old_tools_know(const char *name);

/* The object `tools` of a document, which stands at `path`.  What counts, counts as permissions do; each is told. */
void old_tools_read(struct loader *l, const struct document *d, const char *path, const json_t *tools);
