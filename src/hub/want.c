#include "hub/want.h"

#include <fnmatch.h>
#include <string.h>

#include "base/mem.h"
#include "hub/names.h"
#include "hub/tree.h"

const char *want_revision(const struct hub_want *want)
{
	return want->revision ? want->revision : "main";
}

bool want_check(const struct hub_want *want, struct error *err)
{
	if (!name_check_repo(want->repo, err) || !name_check_revision(want_revision(want), err))
		return false;
	if (want->file_count > WANT_MAX)
		return error_set(err, ERROR_TOO_LARGE, "more than %d files or patterns are asked for", WANT_MAX);
	for (size_t i = 0; i < want->file_count; i++)
		if (!want->files[i][0] || strlen(want->files[i]) > 1024)
			return error_set(err, ERROR_INVALID, "\"%.80s\" names no file of a repository", want->files[i]);
	return true;
}

/* A folder, written with a slash at its end, means all that is in it: filter_repo_objects() of huggingface_hub. */
static bool matches(const char *pattern, const char *path)
{
	size_t n = strlen(pattern);
	own_mem char *all = pattern[n - 1] == '/' ? mem_printf("%s*", pattern) : NULL;

	return fnmatch(all ? all : pattern, path, 0) == 0 || strcmp(pattern, path) == 0;
}

bool want_choose(const struct hub_want *want, const struct hub_listing *all, struct hub_listing *chosen,
	struct error *err)
{
	own_mem bool *taken = mem_zeroed(all->count + 1, sizeof *taken);

	for (size_t i = 0; i < want->file_count; i++) {
		bool any = false;
		for (size_t j = 0; j < all->count; j++)
			if (matches(want->files[i], all->files[j].path))
				any = taken[j] = true;
		if (!any)
			return error_set(err, ERROR_NOT_FOUND, "%s has no file %.100s at revision %.60s", want->repo,
				want->files[i], want_revision(want));
	}
	*chosen = (struct hub_listing){ 0 };
	memcpy(chosen->commit, all->commit, sizeof chosen->commit);
	for (size_t j = 0; j < all->count; j++)
		if (want->file_count == 0 || taken[j])
			tree_add(chosen, all->files[j]);
	return true;
}
