#include "hub/walk.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"

static void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static const char *next_name(DIR *folder)
{
	for (struct dirent *entry; (entry = readdir(folder));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return entry->d_name;
	return NULL;
}

bool walk_names(const char *folder, walk_fn *fn, void *user, struct error *err)
{
	owns(close_folder) DIR *dir = opendir(folder);

	if (!dir)
		return errno == ENOENT || error_errno(err, "cannot read the folder %s", folder);
	for (const char *name; (name = next_name(dir));)
		if (!fn(user, name, err))
			return false;
	return true;
}

struct level {
	const char *root, *below;   /* the folder walked is root/below; "" for root itself */
	unsigned depth;
	walk_fn *fn;
	void *user;
};

static bool visit(void *user, const char *name, struct error *err)
{
	struct level *l = user;
	own_mem char *path = *l->below ? path_join(l->below, name) : mem_strdup(name);
	own_mem char *whole = path_join(l->root, path);
	struct stat st;

	if (lstat(whole, &st) < 0)
		return errno == ENOENT || error_errno(err, "cannot look at %s", whole);
	if (!S_ISDIR(st.st_mode))
		return l->fn(l->user, path, err);
	if (l->depth == WALK_DEPTH)
		return error_set(err, ERROR_TOO_LARGE, "%s is too deep a folder", whole);
	struct level next = { l->root, path, l->depth + 1, l->fn, l->user };
	return walk_names(whole, visit, &next, err);
}

bool walk_files(const char *folder, walk_fn *fn, void *user, struct error *err)
{
	struct level top = { folder, "", 0, fn, user };

	return walk_names(folder, visit, &top, err);
}
