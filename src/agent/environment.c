/* Git's HEAD is read by hand: a program takes longer to start than the rest of us. */
#include "agent/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"

enum { HEAD_MAX = 4096, COMMIT_SHOWN = 12 };

/* A small text file, trimmed; NULL: not there, or not that. */
static char *read_line(const char *path)
{
	struct error unused = {0};
	size_t n;
	own_mem char *text = file_read(path, HEAD_MAX, &n, &unused);
	struct str line = text ? str_trim((struct str){ text, strlen(text) }) : (struct str){0};

	bool ok = line.n && utf8_valid(line.p, line.n) && !memchr(line.p, '\n', line.n);

	return ok ? mem_strndup(line.p, line.n) : NULL;
}

/* Where git keeps a working tree's HEAD: .git, or where a file of that name points (worktrees, submodules). */
static char *git_folder(const char *folder)
{
	own_mem char *dot = path_join(folder, ".git");

	if (path_is_directory(dot))
		return take(dot);
	own_mem char *line = path_is_file(dot) ? read_line(dot) : NULL;
	if (!line || strncmp(line, "gitdir: ", 8) != 0)
		return NULL;
	return line[8] == '/' ? mem_strdup(line + 8) : path_join(folder, line + 8);
}

static char *find_branch(const char *cwd)
{
	static const char branch[] = "ref: refs/heads/";
	own_mem char *folder = mem_strdup(cwd), *git = NULL;

	while (!(git = git_folder(folder)) && strchr(folder + 1, '/'))
		*strrchr(folder, '/') = '\0';
	if (!git)
		return NULL;
	own_mem char *path = path_join(git, "HEAD");
	own_mem char *head = read_line(path);
	if (!head)
		return NULL;
	if (strncmp(head, branch, sizeof branch - 1) == 0)
		return mem_strdup(head + sizeof branch - 1);
	return mem_strndup(head, strnlen(head, COMMIT_SHOWN));
}

void environment_init(struct environment *e, const char *cwd)
{
	struct utsname system;
	time_t now = time(NULL);
	struct tm today;

	*e = (struct environment){ .cwd = mem_strdup(cwd), .branch = find_branch(cwd) };
	if (uname(&system) == 0)
		(void)snprintf(e->platform, sizeof e->platform, "%.30s %.40s %.20s", system.sysname, system.release,
			system.machine);
	if (localtime_r(&now, &today))
		(void)strftime(e->date, sizeof e->date, "%Y-%m-%d", &today);
}

void environment_done(struct environment *e)
{
	free(e->cwd);
	free(e->branch);
	*e = (struct environment){0};
}
