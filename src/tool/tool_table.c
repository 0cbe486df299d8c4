#include "tool/kinds.h"

const struct tool_kind *const tool_kinds[] = {
	&tool_read,
	&tool_grep, &tool_glob,
	NULL,
};
