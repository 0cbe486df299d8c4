/* The tool Restart, which few conversations have a use for. */
#pragma once

#include "tool/context.h"

/* Whether it is worth naming to a model: in Shammah's own source tree, where a conversation can be gone on with. */
bool restart_is_possible(const struct tool_context *c);
