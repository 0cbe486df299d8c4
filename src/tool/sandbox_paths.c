/*
 * Secrets have patterns for names, and mounts know only files: so we look.  In the home
 * only where the table of secret folders leads; in a project everywhere, but for folders
 * of foreign code, up to a number that keeps a command from waiting.
 */
#include "tool/sandbox_paths.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "permit/path.h"
#include "permit/path_table.h"
#include "permit/permission.h"

enum { HOME_MAX = 3000, PROJECT_MAX = 20000, FOUND_MAX = 1000, INNER_MAX = 100, INNER_DEPTH = 3 };
#define LINK_MAX ((size_t)8192)

void path_list_add(struct path_list *list, const char *path)
{
	if (list->n == SANDBOX_PATHS_MAX) {
		list->full = true;
		return;
	}
	list->all = mem_resize(list->all, list->n + 2, sizeof *list->all);
	list->all[list->n++] = mem_strdup(path);
	list->all[list->n] = NULL;
}

void path_list_done(struct path_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->all[i]);
	free(list->all);
	*list = (struct path_list){0};
}

static void add_joined(struct path_list *list, const char *folder, const char *name)
{
	own_mem char *path = path_join(folder, name);

	path_list_add(list, path);
}

/* ---- Roots ---- */

/* The first line of a file that git keeps, without `start`; a path relative to `folder` becomes absolute and real. */
static char *git_link(const char *folder, const char *name, const char *start)
{
	own_mem char *path = path_join(folder, name);
	struct error err = {0};
	own_mem char *text = file_read(path, LINK_MAX, NULL, &err);
	size_t n = strlen(start);

	if (!text || strncmp(text, start, n) != 0)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	own_mem char *whole = text[n] == '/' ? mem_strdup(text + n) : path_join(folder, text + n);
	return realpath(whole, NULL);
}

/*
 * A linked worktree (gitrepository-layout(5)) commits to another folder's .git.  That folder must name the
 * worktree in turn: what a project says of itself opens nothing.
 */
static void add_repository(const char *root, struct path_list *out)
{
	own_mem char *own = git_link(root, ".git", "gitdir: ");
	own_mem char *back = own ? git_link(own, "gitdir", "") : NULL;
	own_mem char *dot_git = path_join(root, ".git");
	own_mem char *common = back && strcmp(back, dot_git) == 0 ? git_link(own, "commondir", "") : NULL;

	if (common)
		path_list_add(out, common);
}

void sandbox_roots(const struct tool_context *c, struct path_list *out)
{
	const char *const *added = c->permissions ? permissions_directories(c->permissions) : NULL;

	if (strcmp(c->root, "/") != 0)
		path_list_add(out, c->root);
	for (; added && *added; added++) {
		own_mem char *real = realpath(*added, NULL);
		if (real && strcmp(real, "/") != 0)
			path_list_add(out, real);
	}
	add_repository(c->root, out);
}

/* ---- What is guarded ---- */

/* What has git run programs, in a folder that keeps a repository; "commondir" leads to another that has such. */
static const char *const git_kept[] = { "hooks", "config", "config.worktree", "commondir", NULL };

static void guard_repository(const char *kept, struct path_list *out)
{
	for (size_t i = 0; git_kept[i]; i++)
		add_joined(out, kept, git_kept[i]);
}

/* Of linked worktrees and submodules, whose names may have slashes. */
static void guard_inner(const char *folder, int depth, struct path_list *out)
{
	DIR *dir = depth ? opendir(folder) : NULL;
	const struct dirent *d;
	size_t looked_at = 0;

	while (dir && (d = readdir(dir)) && looked_at++ < INNER_MAX) {
		own_mem char *path = path_join(folder, d->d_name), *head = path_join(path, "HEAD");
		if (d->d_name[0] == '.' || !path_is_directory(path))
			continue;
		if (path_is_file(head))
			guard_repository(path, out);
		else
			guard_inner(path, depth - 1, out);
	}
	if (dir)
		(void)closedir(dir);
}

static void guard_git(const char *kept, struct path_list *out)
{
	own_mem char *worktrees = path_join(kept, "worktrees"), *modules = path_join(kept, "modules");

	guard_repository(kept, out);
	guard_inner(worktrees, 1, out);
	guard_inner(modules, INNER_DEPTH, out);
}

void sandbox_guarded(const char *root, struct path_list *out)
{
	own_mem char *head = path_join(root, "HEAD"), *dot_git = path_join(root, ".git");
	bool repository = path_is_file(head);          /* a .git folder itself, or a bare one */

	for (size_t i = 0; protected_folders[i]; i++) {
		struct str name = str_of(protected_folders[i]);
		if (str_is(name, "/.git/"))
			continue;
		own_mem char *plain = mem_strndup(name.p + 1, name.n - 2);
		add_joined(out, root, plain);
	}
	for (size_t i = 0; protected_names[i]; i++)
		add_joined(out, root, protected_names[i]);
	if (path_is_file(dot_git))
		path_list_add(out, dot_git);
	else
		guard_git(dot_git, out);
	if (repository)
		guard_git(root, out);
}

/* ---- What is hidden ---- */

struct looking {
	const struct tool_context *c;
	struct path_list *out;
	size_t looked_at;
};

/* "/a/b/" in small letters, from `home` on. */
static void fold(const char *path, size_t home_n, char *out, size_t size)
{
	size_t n = 0;

	for (const char *p = path + home_n; *p && n + 2 < size; p++)
		out[n++] = (char)tolower((unsigned char)*p);
	out[n++] = '/';
	out[n] = '\0';
}

enum guess { GUESS_NO, GUESS_SECRET, GUESS_ON_THE_WAY };

static enum guess guess_folder(const char *folded)
{
	size_t n = strlen(folded);
	enum guess guess = GUESS_NO;

	for (size_t i = 0; secret_folders[i]; i++) {
		if (strcmp(secret_folders[i], folded) == 0)
			return GUESS_SECRET;
		if (strncmp(secret_folders[i], folded, n) == 0)
			guess = GUESS_ON_THE_WAY;
	}
	return guess;
}

static bool is_secret(const struct tool_context *c, const char *path)
{
	struct path_question question = { .root = str_of(c->root), .cwd = str_of(c->root),
		.home = str_of(c->home ? c->home : ""), .path = str_of(path),
		.ours = str_of(c->ours ? c->ours : "") };
	struct path_judgement judgement;
	struct error err = {0};

	return !path_judge(&question, &judgement, &err) || judgement.verdict == VERDICT_NEVER;
}

/* The folders of the table, in whatever case their names are written; and secrets by name in the home itself. */
static void look_in_home(struct looking *l, const char *folder, size_t home_n)
{
	DIR *dir = opendir(folder);
	const struct dirent *d;
	char folded[512];

	while (dir && (d = readdir(dir)) && l->looked_at++ < HOME_MAX) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		own_mem char *path = path_join(folder, d->d_name);
		fold(path, home_n, folded, sizeof folded);
		enum guess guess = guess_folder(folded);
		if (guess == GUESS_SECRET || (strlen(folder) == home_n && d->d_type != DT_DIR && is_secret(l->c, path)))
			path_list_add(l->out, path);
		else if (guess == GUESS_ON_THE_WAY)
			look_in_home(l, path, home_n);
	}
	if (dir)
		(void)closedir(dir);
}

/* By its name, of a path that is folded, with a slash at its end. */
static bool is_secret_here(const char *folded)
{
	size_t n = strlen(folded) - 1;
	size_t start = n;

	while (start && folded[start - 1] != '/')
		start--;
	own_mem char *name = mem_strndup(folded + start, n - start);
	return place_keeps_secret(folded, name, false);
}

/* By a rule of the user's or the project's; of a folder, all that may be in it. */
static bool is_denied(const struct tool_context *c, const char *path, bool folder)
{
	if (!c->permissions || !permissions_deny_reading(c->permissions))
		return false;
	own_mem char *in = folder ? path_join(path, "any") : NULL;
	return !permission_may_read(c->permissions, folder ? in : path);
}

static bool is_passed_over(const char *name)
{
	static const char *const names[] = { ".", "..", ".git", "node_modules", "__pycache__", NULL };

	return str_is_among(str_of(name), names);
}

/* Of these only what lies in them directly is looked at. */
static bool is_foreign(const char *name)
{
	static const char *const names[] = {
		".venv", "venv", "target", "dist", "vendor", ".tox", ".cache", ".deps", NULL
	};

	return strncmp(name, "build", 5) == 0 || str_is_among(str_of(name), names);
}

/* What lies higher is looked at first: it is likelier to be one, and there may be more than we look at. */
static void look_in_project(struct looking *l, const char *root)
{
	own_path_list folders = {0};
	size_t root_n = strlen(root), found = 0;
	char folded[1024];

	path_list_add(&folders, root);
	for (size_t i = 0; i < folders.n; i++) {
		DIR *dir = opendir(folders.all[i]);
		const struct dirent *d;
		bool foreign = i > 0 && is_foreign(path_base(folders.all[i]));
		while (dir && (d = readdir(dir)) && l->looked_at++ < PROJECT_MAX && found < FOUND_MAX) {
			if (is_passed_over(d->d_name))
				continue;
			own_mem char *path = path_join(folders.all[i], d->d_name);
			bool folder = d->d_type == DT_DIR || (d->d_type == DT_UNKNOWN && path_is_directory(path));
			fold(path, root_n, folded, sizeof folded);
			if (is_secret_here(folded) || is_denied(l->c, path, folder)) {
				path_list_add(l->out, path);
				found++;
			} else if (folder && !foreign) {
				path_list_add(&folders, path);
			}
		}
		if (dir)
			(void)closedir(dir);
	}
}

void sandbox_hidden_of_system(struct path_list *out)
{
	static const char keys[] = "/etc/ssh";
	DIR *dir = opendir(keys);
	const struct dirent *d;
	char folded[512];

	for (size_t i = 0; secret_folders[i]; i++) {
		own_mem char *path = mem_strndup(secret_folders[i], strlen(secret_folders[i]) - 1);
		path_list_add(out, path);
	}
	path_list_add(out, "/etc/NetworkManager/system-connections");    /* not in small letters, as the table has it */
	while (dir && (d = readdir(dir))) {
		own_mem char *path = path_join(keys, d->d_name);
		fold(path, 0, folded, sizeof folded);
		if (is_secret_here(folded))
			path_list_add(out, path);
	}
	if (dir)
		(void)closedir(dir);
}

void sandbox_hidden(const struct tool_context *c, const struct path_list *roots, struct path_list *out)
{
	struct looking home = { .c = c, .out = out }, projects = { .c = c, .out = out };

	sandbox_hidden_of_system(out);
	if (c->home)
		look_in_home(&home, c->home, strlen(c->home));
	if (c->ours)
		path_list_add(out, c->ours);
	for (size_t i = 0; i < roots->n; i++)
		look_in_project(&projects, roots->all[i]);
}
