/* Which paths a confinement opens, guards and hides.  Internal to the sandbox of tools. */
#pragma once

#include "tool/context.h"

enum { SANDBOX_PATHS_MAX = 2000 };

/* Grows; ends with NULL.  Paths beyond the ceiling are not taken: `full` tells. */
struct path_list {
	char **all;
	size_t n;
	bool full;
};

void path_list_add(struct path_list *list, const char *path);
void path_list_done(struct path_list *list);
#define own_path_list owns(path_list_done) struct path_list

/* The project, the folders added to it, and the repository that it is a linked worktree of. */
void sandbox_roots(const struct tool_context *c, struct path_list *out);

/* What stays as it is in such a folder, there or not. */
void sandbox_guarded(const char *root, struct path_list *out);

/* Secrets of the system, in whose home no program has been. */
void sandbox_hidden_of_system(struct path_list *out);

/* These, and secrets of the home and of the folders in `roots`. */
void sandbox_hidden(const struct tool_context *c, const struct path_list *roots, struct path_list *out);
