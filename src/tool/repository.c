/* Names of settings are looked for as text: what only looks like one costs a question. */
#include "tool/repository.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

#define SETTINGS_MAX ((size_t)256 << 10)
#define LINK_BYTES_MAX ((size_t)8192)

/* One line, in small letters, up to its first "=". */
static bool names_program(const char *line, size_t n)
{
	static const char *const words[] = { "fsmonitor", "external", "textconv", "clean", "smudge", "process",
		"program",
		"command", "hookspath", "sshcommand", NULL };
	const char *equal = memchr(line, '=', n);

	if (!equal)
		return memmem(line, n, "[include", 8) != NULL;
	for (size_t i = 0; words[i]; i++)
		if (memmem(line, (size_t)(equal - line), words[i], strlen(words[i])))
			return true;
	return memmem(line, n, "[include", 8) != NULL;
}

static bool settings_run(const char *folder, const char *name)
{
	own_mem char *path = path_join(folder, name);
	struct error err = {0};
	size_t n = 0;

	if (access(path, F_OK) < 0)
		return false;
	own_mem char *text = path_is_file(path) ? file_read(path, SETTINGS_MAX, &n, &err) : NULL;
	if (!text)
		return true;
	for (size_t i = 0; i < n; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
	for (size_t i = 0, end; i < n; i = end + 1) {
		end = i + strcspn(text + i, "\n\r");
		if (names_program(text + i, end - i))
			return true;
	}
	return false;
}

/* The path in a file of one line, absolute; NULL: there is none. */
static char *link_in(const char *folder, const char *name, const char *start)
{
	own_mem char *path = path_join(folder, name);
	struct error err = {0};
	own_mem char *text = path_is_file(path) ? file_read(path, LINK_BYTES_MAX, NULL, &err) : NULL;
	size_t n = strlen(start);

	if (!text || strncmp(text, start, n) != 0)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	return text[n] == '/' ? mem_strdup(text + n) : path_join(folder, text + n);
}

static bool has_hook(const char *folder)
{
	own_mem char *hook = path_join(folder, "hooks/post-index-change");

	return access(hook, X_OK) == 0;
}

/* Of the folder in which git keeps all. */
static bool kept_runs(const char *folder)
{
	own_mem char *common = link_in(folder, "commondir", "");

	return settings_run(folder, "config") || settings_run(folder, "config.worktree") || has_hook(folder) ||
		(common && (settings_run(common, "config") || has_hook(common)));
}

static bool is_bare(const char *folder)
{
	own_mem char *head = path_join(folder, "HEAD"), *objects = path_join(folder, "objects");
	own_mem char *refs = path_join(folder, "refs"), *common = path_join(folder, "commondir");

	return access(head, F_OK) == 0 && ((access(objects, F_OK) == 0 && access(refs, F_OK) == 0) ||
		access(common, F_OK) == 0);
}

bool repository_runs_programs(const char *folder)
{
	own_mem char *at = mem_strdup(folder);

	for (char *end = at + strlen(at); end > at; end = strrchr(at, '/')) {
		*end = '\0';
		own_mem char *kept = path_join(at[0] ? at : "/", ".git");
		own_mem char *elsewhere = link_in(at[0] ? at : "/", ".git", "gitdir: ");
		if (path_is_directory(kept))
			return kept_runs(kept);
		if (elsewhere)
			return kept_runs(elsewhere);
		if (is_bare(at[0] ? at : "/"))
			return true;
	}
	return false;
}
