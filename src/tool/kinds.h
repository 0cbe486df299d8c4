/* The tools, one file each; tool_table.c has them in the order in which models are shown them. */
#pragma once

#include "tool/tool.h"

extern const struct tool_kind tool_read, tool_edit, tool_write, tool_notebook_edit;
extern const struct tool_kind tool_grep, tool_glob;
extern const struct tool_kind tool_web_fetch, tool_web_search;
extern const struct tool_kind tool_todo_write, tool_ask_user_question, tool_exit_plan_mode;
extern const struct tool_kind tool_bash, tool_task_output, tool_task_stop;
extern const struct tool_kind tool_run_code, tool_restart;
