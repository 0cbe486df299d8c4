#include "tool/tool.h"

const struct tool_kind *const tool_kinds[] = {
	NULL,
};
