#include "tool/kinds.h"

const struct tool_kind *const tool_kinds[] = {
	&tool_read, &tool_edit, &tool_write, &tool_notebook_edit,
	&tool_bash, &tool_task_output, &tool_task_stop, &tool_run_code, &tool_restart,
	&tool_grep, &tool_glob,
	&tool_web_fetch, &tool_web_search,
	&tool_todo_write, &tool_ask_user_question, &tool_exit_plan_mode,
	NULL,
};
