/*
 * The group's folder is found as the kernel tells it: /proc/self/cgroup names the
 * group, /proc/self/mountinfo says which part of the tree is mounted where.  From
 * there up to the mount point every folder's limit is read.
 */
#include "hub/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define FILE_MAX ((size_t)1 << 20)
#define LEVELS_MAX 64

/* The two versions say the same under other names. */
struct version {
	const char *type;        /* of the file system, in mountinfo */
	const char *option;      /* it must carry; NULL: none */
	const char *limits[2];   /* files with a number of bytes; what is no number is no limit */
	const char *usage;
	const char *cached;      /* the line of memory.stat that counts what can be dropped at once */
};

static const struct version versions[] = {
	{ "cgroup2", NULL, { "memory.max", "memory.high" }, "memory.current", "inactive_file" },
	{ "cgroup", "memory", { "memory.limit_in_bytes" }, "memory.usage_in_bytes", "total_inactive_file" },
};

/* ---- Small files ---- */

/* NULL when it cannot be read. */
static char *slurp(const char *folder, const char *name)
{
	own_mem char *path = path_join(folder, name);
	struct error unread = {0};

	return file_read(path, FILE_MAX, NULL, &unread);
}

/* The number a text begins with; false for "max". */
static bool number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return end > text && !errno;
}

/* The number after `name` at the beginning of a line. */
static bool named_number(const char *text, const char *name, uint64_t *value)
{
	for (struct str rest = str_of(text), line; str_split(&rest, '\n', &line); ) {
		size_t n = strlen(name);
		if (line.n > n && memcmp(line.p, name, n) == 0 && (line.p[n] == ' ' || line.p[n] == ':'))
			return number(line.p + n + 1 + strspn(line.p + n + 1, " "), value);
	}
	return false;
}

static bool number_in(const char *folder, const char *name, uint64_t *value)
{
	own_mem char *text = slurp(folder, name);

	return text && number(text, value);
}

static void lower(uint64_t *value, uint64_t bound)
{
	if (bound < *value)
		*value = bound;
}

/* ---- Limits of groups ---- */

/* What one group allows.  What it uses includes files that are dropped as soon as memory is short. */
static void apply_group(struct memory *m, const struct version *v, const char *folder)
{
	own_mem char *stat = slurp(folder, "memory.stat");
	uint64_t limit = UINT64_MAX, value, used = 0, cached = 0;

	for (size_t i = 0; i < countof(v->limits) && v->limits[i]; i++)
		if (number_in(folder, v->limits[i], &value))
			lower(&limit, value);
	if (limit == UINT64_MAX)
		return;
	(void)number_in(folder, v->usage, &used);
	if (stat)
		(void)named_number(stat, v->cached, &cached);
	lower(&used, limit);
	lower(&cached, used);
	lower(&m->limit, limit);
	lower(&m->available, limit - (used - cached));
}

/* From `folder` up to the `top` characters that the mount point has. */
static void apply_groups(struct memory *m, const struct version *v, char *folder, size_t top)
{
	for (size_t level = 0; level < LEVELS_MAX; level++) {
		char *slash = strrchr(folder, '/');

		apply_group(m, v, folder);
		if (!slash || (size_t)(slash - folder) < top)
			return;
		*slash = '\0';
	}
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
static char *group_of(const char *groups, const struct version *v)
{
	for (struct str rest = str_of(groups), line; str_split(&rest, '\n', &line); ) {
		struct str number_text, controllers;
		if (!str_split(&line, ':', &number_text) || !str_split(&line, ':', &controllers))
			continue;
		if (v->option ? has_word(controllers, ',', v->option) : str_is(number_text, "0"))
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

/* The group's path below the mounted part; the whole part when the group lies outside of what is mounted. */
static const char *below(const char *group, const char *root)
{
	size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(group, root, n) != 0 || (group[n] && group[n] != '/') || strstr(group, "/.."))
		return "";
	return strcmp(group + n, "/") == 0 ? "" : group + n;
}

static void apply_version(struct memory *m, const struct version *v, const char *groups, const char *mounts,
	const char *root)
{
	own_mem char *group = group_of(groups, v);
	struct mount mount;

	if (!group)
		return;
	for (struct str rest = str_of(mounts), line; str_split(&rest, '\n', &line); ) {
		if (!parse_mount(line, &mount) || strcmp(mount.type, v->type) != 0)
			continue;
		if (v->option && !has_word(str_of(mount.options), ',', v->option))
			continue;
		own_mem char *folder = mem_printf("%s%s%s", root, mount.point, below(group, mount.root));
		apply_groups(m, v, folder, strlen(root) + strlen(mount.point));
	}
}

void memory_look(struct memory *m, const char *root)
{
	own_mem char *proc = mem_printf("%s/proc", root);
	own_mem char *info = slurp(proc, "meminfo"), *groups = slurp(proc, "self/cgroup"),
		*mounts = slurp(proc, "self/mountinfo");
	uint64_t total = 0, available = 0;

	if (info && named_number(info, "MemTotal", &total))
		available = named_number(info, "MemAvailable", &available) ? available : total;
	*m = (struct memory){ total * 1024, total ? total * 1024 : UINT64_MAX, total ? available * 1024 : UINT64_MAX };
	for (size_t i = 0; groups && mounts && i < countof(versions); i++)
		apply_version(m, &versions[i], groups, mounts, root);
	if (m->limit == UINT64_MAX)
		m->limit = m->available = 0;
	lower(&m->available, m->limit);
}
