/*
 * A group's folder is found as the kernel tells it: /proc/self/cgroup names the
 * group, /proc/self/mountinfo says which part of the tree is mounted where.
 */
#include "base/control_group.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define FILE_MAX ((size_t)1 << 20)
#define LEVELS_MAX 64

struct visit {
	const char *controller;
	control_group_fn *fn;
	void *user;
};

/* ---- Files ---- */

char *control_group_text(const char *folder, const char *name)
{
	own_mem char *path = path_join(folder, name);
	struct error unread = {0};

	return file_read(path, FILE_MAX, NULL, &unread);
}

bool control_group_number(const char *folder, const char *name, uint64_t *value)
{
	own_mem char *text = control_group_text(folder, name);
	char *end = text;

	errno = 0;
	if (text && *text >= '0' && *text <= '9')
		*value = strtoull(text, &end, 10);
	return end > text && !errno;
}

/* ---- Where the group is ---- */

static bool has_word(struct str list, char separator, const char *word)
{
	struct str item;

	while (str_split(&list, separator, &item))
		if (str_is(item, word))
			return true;
	return false;
}

/* "0::/path" in version 2, "4:cpu,memory:/path" in version 1; NULL when the process is in none. */
static char *group_of(const char *groups, const char *controller)
{
	for (struct str rest = str_of(groups), line; str_split(&rest, '\n', &line); ) {
		struct str number, controllers;
		if (!str_split(&line, ':', &number) || !str_split(&line, ':', &controllers))
			continue;
		if (controller ? has_word(controllers, ',', controller) : str_is(number, "0"))
			return mem_strndup(line.p, line.n);
	}
	return NULL;
}

struct mount {
	char root[1024], point[1024];      /* which part of the tree, and where */
	char type[32], options[512];
};

/* proc_pid_mountinfo(5): "36 35 98:0 ROOT POINT options [tags] - TYPE source OPTIONS". */
static bool parse_mount(struct str line, struct mount *mount)
{
	own_mem char *text = mem_strndup(line.p, line.n);
	const char *dash = strstr(text, " - ");

	return dash && sscanf(text, "%*s %*s %*s %1023s %1023s", mount->root, mount->point) == 2 &&
	       sscanf(dash + 3, "%31s %*s %511s", mount->type, mount->options) == 2;
}

static bool is_of(const struct mount *mount, const char *controller)
{
	if (!controller)
		return strcmp(mount->type, "cgroup2") == 0;
	return strcmp(mount->type, "cgroup") == 0 && has_word(str_of(mount->options), ',', controller);
}

/* The group's path below the mounted part; the whole part when the group lies outside of what is mounted. */
static const char *below(const char *group, const char *root)
{
	size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(group, root, n) != 0 || (group[n] && group[n] != '/') || strstr(group, "/.."))
		return "";
	return strcmp(group + n, "/") == 0 ? "" : group + n;
}

/* ---- From it up ---- */

/* From `folder` up to the `top` characters that the mount point has. */
static void visit_folders(const struct visit *v, char *folder, size_t top)
{
	for (size_t level = 0; level < LEVELS_MAX; level++) {
		char *slash = strrchr(folder, '/');

		v->fn(v->user, folder);
		if (!slash || (size_t)(slash - folder) < top)
			return;
		*slash = '\0';
	}
}

static void visit_mounts(const struct visit *v, const char *group, const char *mounts, const char *root)
{
	struct mount mount;

	for (struct str rest = str_of(mounts), line; str_split(&rest, '\n', &line); ) {
		if (!parse_mount(line, &mount) || !is_of(&mount, v->controller))
			continue;
		own_mem char *folder = mem_printf("%s%s%s", root, mount.point, below(group, mount.root));
		visit_folders(v, folder, strlen(root) + strlen(mount.point));
	}
}

void control_groups_visit(const char *root, const char *controller, control_group_fn *fn, void *user)
{
	const struct visit v = { controller, fn, user };
	own_mem char *proc = mem_printf("%s/proc", root);
	own_mem char *groups = control_group_text(proc, "self/cgroup");
	own_mem char *mounts = control_group_text(proc, "self/mountinfo");
	own_mem char *group = groups ? group_of(groups, controller) : NULL;

	if (group && mounts)
		visit_mounts(&v, group, mounts, root);
}
