/* The folder for temporary files is the conversation's alone, whatever $TMPDIR is shared with. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "store/checkpoints.h"
#include "tool/context.h"
#include "tool/seen.h"
#include "tool/tasks.h"
#include "tool/web.h"

#define FOLDERS_OPEN 16

static bool make_temp(struct tool_context *c, struct error *err)
{
	const char *folder = getenv("TMPDIR");
	own_mem char *path = path_join(folder && folder[0] == '/' ? folder : "/tmp", "shammah-XXXXXX");

	if (!mkdtemp(path))
		return error_errno(err, "%s: cannot make a folder for temporary files", path);
	c->temp = realpath(path, NULL);
	if (!c->temp)
		return error_errno(err, "%s: cannot be found again", path);
	return true;
}

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
	return make_temp(c, err) && make_checkpoints(c, NULL, err);
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

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	(void)remove(path);
	return 0;
}

void tool_context_remove_temp(const struct tool_context *c)
{
	if (c->temp)
		(void)nftw(c->temp, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

void tool_context_done(struct tool_context *c)
{
	tasks_destroy(c->tasks);
	tool_context_remove_temp(c);
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
