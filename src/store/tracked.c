#include "store/tracked.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/git_library.h"

struct tracked {
	const struct git_library *git;
	git_repository *repository;
	char *work;                /* the working tree, without links and with a slash behind */
	char *inside;              /* of root in it; "": root is it */
};

static bool fail(const struct git_library *git, enum error_kind kind, const char *what, struct error *err)
{
	const git_error *why = git->git_error_last();

	return error_set(err, kind, "%s: %s", what, why && why->message ? why->message : "libgit2 does not say why");
}

/* root is the working tree or lies in it; a setting of the repository's may say otherwise. */
static bool place(struct tracked *t, const char *root, struct error *err)
{
	const char *work = t->git->git_repository_workdir(t->repository);
	own_mem char *real = work ? realpath(work, NULL) : NULL;

	if (!real)
		return error_set(err, ERROR_NOT_FOUND, "the git repository has no working tree");
	size_t n = strcmp(real, "/") == 0 ? 0 : strlen(real);
	if (strncmp(root, real, n) != 0 || (root[n] && root[n] != '/'))
		return error_set(err, ERROR_NOT_FOUND, "the git repository's working tree lies elsewhere");
	t->work = mem_printf("%.*s/", (int)n, real);
	t->inside = mem_strdup(root[n] ? root + n + 1 : "");
	return true;
}

struct tracked *tracked_open(const char *root, struct error *err)
{
	const struct git_library *git = git_library(err);

	if (!git)
		return NULL;
	struct tracked *t = mem_zeroed(1, sizeof *t);
	t->git = git;
	if (git->git_repository_open_ext(&t->repository, root, 0, NULL) < 0)
		fail(git, ERROR_NOT_FOUND, "no git repository", err);
	else if (place(t, root, err))
		return t;
	tracked_close(t);
	return NULL;
}

void tracked_close(struct tracked *t)
{
	if (!t)
		return;
	t->git->git_repository_free(t->repository);
	free(t->work);
	free(t->inside);
	free(t);
}

size_t tracked_count(struct tracked *t)
{
	git_index *index;

	if (t->git->git_repository_index(&index, t->repository) < 0)
		return 0;
	size_t count = t->git->git_index_entrycount(index);
	t->git->git_index_free(index);
	return count;
}

/* Whether the file holds what its index entry says; only those of plain files count. */
static const git_oid *clean_id(const git_status_entry *entry)
{
	const git_diff_delta *delta = entry->index_to_workdir;
	bool plain = delta && (delta->old_file.mode & 0170000) == 0100000;

	return entry->status == GIT_STATUS_CURRENT && plain ? &delta->old_file.id : NULL;
}

static bool hand_on(struct tracked *t, const git_status_entry *entry, tracked_fn *on_file, void *user)
{
	const git_diff_delta *delta = entry->index_to_workdir;
	const char *name = delta ? delta->old_file.path ? delta->old_file.path : delta->new_file.path : NULL;
	const git_oid *id = clean_id(entry);
	char hex[TRACKED_ID_BYTES] = "";

	/* A folder with a slash behind is a repository in this one. */
	if (!name || !name[0] || name[strlen(name) - 1] == '/')
		return true;
	if (id)
		t->git->git_oid_tostr(hex, sizeof hex, id);
	own_mem char *path = mem_printf("%s%s", t->work, name);
	return on_file(user, path, hex);
}

bool tracked_walk(struct tracked *t, tracked_fn *on_file, void *user, struct error *err)
{
	git_status_options options = GIT_STATUS_OPTIONS_INIT;
	git_status_list *list;

	options.show = GIT_STATUS_SHOW_WORKDIR_ONLY;
	options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
		GIT_STATUS_OPT_INCLUDE_UNMODIFIED | GIT_STATUS_OPT_EXCLUDE_SUBMODULES |
		GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH | GIT_STATUS_OPT_SORT_CASE_SENSITIVELY;
	if (t->inside[0])
		options.pathspec = (git_strarray){ &t->inside, 1 };
	if (t->git->git_status_list_new(&list, t->repository, &options) < 0)
		return fail(t->git, ERROR_UNAVAILABLE, "git cannot tell which files are changed", err);
	size_t count = t->git->git_status_list_entrycount(list);
	for (size_t i = 0; i < count; i++)
		if (!hand_on(t, t->git->git_status_byindex(list, i), on_file, user))
			break;
	t->git->git_status_list_free(list);
	return true;
}

bool tracked_content(struct tracked *t, const char *id, const char *path, struct buf *out, struct error *err)
{
	git_blob_filter_options options = GIT_BLOB_FILTER_OPTIONS_INIT;
	git_buf content = GIT_BUF_INIT;
	git_blob *blob;
	git_oid oid;

	if (t->git->git_oid_fromstr(&oid, id) < 0 || t->git->git_blob_lookup(&blob, t->repository, &oid) < 0)
		return fail(t->git, ERROR_NOT_FOUND, "git has lost an object", err);
	options.flags = 0;         /* not only for what it takes for text */
	bool ok = t->git->git_blob_rawsize(blob) <= out->max ||
		error_set(err, ERROR_TOO_LARGE, "an object of git's with more than %zu bytes", out->max);
	if (ok)
		ok = t->git->git_blob_filter(&content, blob, path + strlen(t->work), &options) >= 0 ||
			fail(t->git, ERROR_UNAVAILABLE, "git cannot give a file's content", err);
	ok = ok && buf_add(out, content.ptr, content.size, err);
	t->git->git_buf_dispose(&content);
	t->git->git_blob_free(blob);
	return ok;
}
