#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/home.h"
#include "store/checkpoints.h"
#include "tool/context.h"
#include "tool/seen.h"
#include "tool/tasks.h"
#include "tool/temp.h"
#include "tool/web.h"

/* `session` NULL: a name of its own. */
static bool make_checkpoints(struct tool_context *c, const char *session, struct error *err)
{
	own_mem char *folder = c->ours ? home_path(c->ours, HOME_CHECKPOINTS) : NULL;

	if (folder)
		c->checkpoints = checkpoints_create(folder, session, c->root, err);
	return !folder || c->checkpoints;
}

bool tool_context_init(struct tool_context *c, const char *root, const char *cwd, const char *home, const char *ours,
	struct error *err)
{
	*c = (struct tool_context){ .home = mem_strdup(home), .ours = mem_strdup(ours), .seen = seen_create(),
		.web = web_create() };
	c->root = realpath(root, NULL);
	if (!c->root)
		return error_errno(err, "%s: the project's folder cannot be found", root);
	c->cwd = realpath(cwd, NULL);
	if (!c->cwd)
		return error_errno(err, "%s: the working folder cannot be found", cwd);
	c->temp = temp_make(&c->temp_lock, err);
	return c->temp && make_checkpoints(c, NULL, err);
}

bool tool_context_name(struct tool_context *c, const char *session, struct error *err)
{
	checkpoints_destroy(c->checkpoints);
	c->checkpoints = NULL;
	return make_checkpoints(c, session, err);
}

struct checkpoints *tool_checkpoints(struct tool_context *c)
{
	if (c->checkpoints)
		checkpoint_begin_turn(c->checkpoints, c->turn ? c->turn : 1);
	return c->checkpoints;
}

void tool_context_remove_temp(const struct tool_context *c)
{
	if (c->temp)
		temp_remove(c->temp);
}

void tool_context_done(struct tool_context *c)
{
	tasks_destroy(c->tasks);
	tool_context_remove_temp(c);
	if (c->temp)
		file_close(&c->temp_lock);
	free(c->root);
	free(c->cwd);
	free(c->home);
	free(c->ours);
	free(c->temp);
	json_decref(c->todos);
	seen_destroy(c->seen);
	checkpoints_destroy(c->checkpoints);
	web_destroy(c->web);
	*c = (struct tool_context){0};
}
