#include "tool/tool.h"

extern const struct tool_kind tool_grep, tool_glob;

const struct tool_kind *const tool_kinds[] = {
	&tool_grep, &tool_glob,
	NULL,
};
