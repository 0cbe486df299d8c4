#include "config/grants.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/real.h"
#include "config/settings_edit.h"
#include "config/trust.h"

#define EXCLUDE_MAX ((size_t)1 << 20)
#define EXCLUDED "**/.claude/settings.local.json"

const char *const grant_scope_names[] = { "local", "project", "user" };

/* --- where ------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	own_mem char *x = realpath(a, NULL), *y = realpath(b, NULL);

	return x && y && strcmp(x, y) == 0;
}

/* In the home folder .claude is the user's own, and there are no project's settings (config/sources.c). */
static char *project_file(const struct config_places *p, const char *folder, const char *name, struct error *err)
{
	own_mem char *real = folder ? realpath(folder, NULL) : NULL;
	own_mem char *claude = real ? path_join(real, ".claude") : NULL;

	if (!real)
		return error_set(err, ERROR_NOT_FOUND, "the current folder cannot be found"), NULL;
	if ((p->claude && same(claude, p->claude)) || (p->home && same(real, p->home)))
		return error_set(err, ERROR_INVALID, "the home folder is no project; use --scope user"), NULL;
	return path_join(claude, name);
}

/* Maybe a link into a folder of dotfiles; what is not there yet lies below what is. */
static char *user_file(const struct config_places *p, struct error *err)
{
	own_mem char *path = p->claude ? path_join(p->claude, "settings.json") : NULL;

	if (!path)
		return error_set(err, ERROR_NOT_FOUND, "there is no home folder"), NULL;
	char *real = realpath(path, NULL);
	if (real)
		return real;
	if (!path_make(p->claude, 0700, err))
		return NULL;
	own_mem char *folder = realpath(p->claude, NULL);
	return folder ? path_join(folder, "settings.json") :
		(error_errno(err, "%s cannot be found", p->claude), NULL);
}

char *grant_file(const struct config_places *places, enum grant_scope scope, struct error *err)
{
	own_mem char *root = scope == GRANT_LOCAL && places->start ? trust_root(places->start, places->home) : NULL;

	switch (scope) {
	case GRANT_LOCAL: return project_file(places, root, "settings.local.json", err);
	case GRANT_PROJECT: return project_file(places, places->start, "settings.json", err);
	default: return user_file(places, err);
	}
}

/* --- git ------------------------------------------------------------------------------------ */

/* A file that holds one path, as git's worktrees have: "gitdir: PATH"; the caller frees. */
static char *read_pointer(const char *path, const char *before, const char *folder)
{
	struct error err;
	own_mem char *text = file_read(path, PATH_MAX + 100, NULL, &err);
	struct str line = text ? str_trim(str_of(text)) : (struct str){0};

	if (!line.n || !str_starts(line, str_of(before)))
		return NULL;
	line = str_trim(str_from(line, strlen(before)));
	own_mem char *target = mem_strndup(line.p, line.n);
	own_mem char *joined = target[0] == '/' ? mem_strdup(target) : path_join(folder, target);
	return realpath(joined, NULL);
}

/* The repository's own folder, which worktrees share; NULL: none. */
static char *git_folder(const char *root)
{
	own_mem char *git = path_join(root, ".git");
	char *folder = path_is_directory(git) ? realpath(git, NULL) : read_pointer(git, "gitdir:", root);
	own_mem char *common_file = folder ? path_join(folder, "commondir") : NULL;
	char *common = folder ? read_pointer(common_file, "", folder) : NULL;

	if (!common)
		return folder;
	free(folder);
	return common;
}

static bool has_line(struct str text, const char *line)
{
	struct str piece;

	while (str_split(&text, '\n', &piece))
		if (str_is(str_trim(piece), line))
			return true;
	return false;
}

static void exclude(const char *root)
{
	own_mem char *git = git_folder(root), *path = git ? path_join(git, "info/exclude") : NULL;
	own_buf text = BUF_INIT(EXCLUDE_MAX);
	struct error err = {0};
	struct stat was;

	if (!path)
		return;
	own_fd fd = real_open(path, &was, &err);
	if ((fd < 0 && err.kind != ERROR_NOT_FOUND) || (fd >= 0 && !file_read_fd(fd, &text, &err)) ||
		has_line(buf_str(&text), EXCLUDED))
		return;
	bool ends = text.len == 0 || text.data[text.len - 1] == '\n';
	if (buf_addf(&text, &err, "%s" EXCLUDED "\n", ends ? "" : "\n"))
		(void)!real_replace(path, buf_str(&text), fd >= 0 ? &was : NULL, 0644, NULL, &err);
}

/* --- granting ----------------------------------------------------------------------------------- */

bool grant_add(const struct config_places *places, enum grant_scope scope, const char *list, const char *rule,
	bool *added, struct error *err)
{
	own_mem char *path = grant_file(places, scope, err);

	if (!path)
		return false;
	bool new = !path_is_file(path);
	if (!settings_add_rule(path, list, rule, added, err))
		return false;
	own_mem char *root = new && scope == GRANT_LOCAL ? trust_root(places->start, places->home) : NULL;
	if (root)
		exclude(root);
	return true;
}

bool grant_counts(struct config *c, const struct config_places *places, enum grant_scope scope)
{
	own_mem char *root = scope != GRANT_USER && places->start ? trust_root(places->start, places->home) : NULL;

	return scope == GRANT_USER || (root && trust_given(c, places, root));
}
