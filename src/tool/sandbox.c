#include "tool/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "permit/permission.h"
#include "tool/sandbox_paths.h"

#define MADE ".made-by-a-command"

bool sandbox_as_wanted(const struct tool_context *c, struct error *why)
{
	return c->unconfined || confine_available(why);
}

bool sandbox_confines(const struct tool_context *c)
{
	struct error why = {0};

	return !c->unconfined && confine_available(&why);
}

char *sandbox_temp(const struct tool_context *c, struct error *err)
{
	own_mem char *path = path_join(c->temp, "tmp");

	return path_make(path, 0700, err) ? take(path) : NULL;
}

bool sandbox_confine(const struct tool_context *c, const char *folder, const char *const *argv, struct confined *out,
	struct error *err)
{
	own_path_list writable = {0}, guarded = {0}, hidden = {0};
	own_mem char *temp = sandbox_temp(c, err);

	if (!temp)
		return false;
	sandbox_roots(c, &writable);
	for (size_t i = 0; i < writable.n; i++)
		sandbox_guarded(writable.all[i], &guarded);
	path_list_add(&guarded, c->temp);        /* with the output of commands: to be read */
	sandbox_hidden(c, &writable, &hidden);
	if (writable.full || guarded.full || hidden.full)
		return error_set(err, ERROR_TOO_LARGE, "more than %d paths to open, guard or hide", SANDBOX_PATHS_MAX);
	struct confinement confinement = {
		.writable = (const char *const *)writable.all, .guarded = (const char *const *)guarded.all,
		.hidden = (const char *const *)hidden.all, .temp = temp, .folder = folder, .network = c->network,
	};
	return confine(out, &confinement, argv, err);
}

static bool is_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strcmp(folder, "/") == 0 || (strncmp(path, folder, n) == 0 && (path[n] == '/' || !path[n]));
}

bool sandbox_holds(const struct tool_context *c, const char *real_path)
{
	const char *const *added = c->permissions ? permissions_directories(c->permissions) : NULL;
	bool in = is_in(real_path, c->root);

	for (; !in && added && *added; added++) {
		own_mem char *real = realpath(*added, NULL);
		in = real && is_in(real_path, real);
	}
	return in;
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* `git init` does, and `git worktree`. */
static bool git_makes(const char *path)
{
	static const char *const names[] = { "hooks", "config", NULL };

	return str_is_among(str_of(path_base(path)), names);
}

void sandbox_watch_begin(struct sandbox_watch *w, const struct tool_context *c)
{
	own_path_list roots = {0}, guarded = {0};
	struct path_list absent = {0};

	sandbox_roots(c, &roots);
	for (size_t i = 0; i < roots.n; i++)
		sandbox_guarded(roots.all[i], &guarded);
	for (size_t i = 0; i < guarded.n; i++)
		if (!is_there(guarded.all[i]) && !git_makes(guarded.all[i]))
			path_list_add(&absent, guarded.all[i]);
	w->absent = absent.all;
}

void sandbox_watch_end(struct sandbox_watch *w, struct buf *out)
{
	for (size_t i = 0; w->absent && w->absent[i]; i++) {
		if (is_there(w->absent[i])) {
			own_mem char *aside = mem_printf("%s%s", w->absent[i], MADE);
			bool moved = rename(w->absent[i], aside) == 0;
			buf_putf(out, "%s%s (%s%s)", out->len ? ", " : "", path_base(w->absent[i]),
				moved ? "now " : "which cannot be renamed", moved ? path_base(aside) : "");
		}
		free(w->absent[i]);
	}
	free(w->absent);
	w->absent = NULL;
}
