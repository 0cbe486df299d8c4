/*
 * Commands in the background of a conversation: each has a thread that waits for it, and
 * a file with all its output.  What still runs when the conversation ends is ended.
 * Any thread.
 */
#pragma once

#include "base/json.h"
#include "tool/command.h"

enum { TASKS_RUNNING_MAX = 16, TASKS_MAX = 200, TASK_ID_MAX = 16 };

struct shell_files;        /* tool/shell_files.h */
struct tasks;

struct tasks *tasks_create(void);
void tasks_destroy(struct tasks *t);     /* ends what runs, and waits for it */

/*
 * Starts one; its name goes to `id`, the file of its output to *path, which is the tasks'.
 * `files` is taken where it does.
 */
bool tasks_start(struct tasks *t, const struct tool_context *context, const char *text, bool unconfined,
	const struct shell_files *files, char id[TASK_ID_MAX], const char **path, struct error *err) must_use;

enum task_state { TASK_RUNNING, TASK_ENDED, TASK_STOPPED, TASK_FAILED };

struct task_look {
	enum task_state state;
	struct child_end end;            /* TASK_ENDED */
	struct error why;                /* TASK_FAILED */
	struct error lost;               /* why the file does not hold all of its output; ERROR_NONE: it does */
	const char *command, *path;      /* the tasks' */
	struct buf text;                 /* output that has come since the last look, at most its ceiling */
	uint64_t skipped;                /* bytes before it that did not fit */
};

/* ERROR_NOT_FOUND: there is none of that name; err's text names those there are. */
bool tasks_look(struct tasks *t, struct str id, struct task_look *look, struct error *err) must_use;

/* Waits until it has ended: true; false at the time limit, when cancelled, or if there is none of that name. */
bool tasks_wait(struct tasks *t, struct str id, unsigned timeout_ms, struct cancel *cancel);

/* Ends it; false (ERROR_NOT_FOUND, or ERROR_INVALID: it has ended). */
bool tasks_stop(struct tasks *t, struct str id, struct error *err) must_use;
