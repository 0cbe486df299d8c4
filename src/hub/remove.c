/*
 * In this order, so that nothing ever leads to what is gone: refs, snapshot,
 * blobs.  The locks of all blobs of the repository are held meanwhile; one that
 * is taken means that somebody downloads, and nothing is removed.
 */
#include "hub/hub.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "hub/layout.h"
#include "hub/lock.h"
#include "hub/names.h"
#include "hub/walk.h"

#define LOCKS_MAX 4096

struct removal {
	const struct hub *hub;
	const char *repo, *folder, *commit;
	const char *snapshot;             /* while its blobs are collected: which one */
	char **names;                     /* of blobs: first those of the commit, then without those that others use */
	size_t count;
	int locks[LOCKS_MAX];
	size_t lock_count;
	uint64_t freed;
};

static void removal_done(struct removal *r)
{
	for (size_t i = 0; i < r->lock_count; i++)
		file_close(&r->locks[i]);
	for (size_t i = 0; i < r->count; i++)
		free(r->names[i]);
	free(r->names);
}

static bool take_lock(void *user, const char *name, struct error *err)
{
	struct removal *r = user;
	own_mem char *path = mem_printf("%s/.locks/%s/%s", r->hub->cache, path_base(r->folder), name);

	if (!path_is_file(path) || r->lock_count == LOCKS_MAX)
		return true;
	switch (lock_try(path, &r->locks[r->lock_count], err)) {
	case LOCK_HELD:
		r->lock_count++;
		return true;
	case LOCK_BUSY:
		return error_set(err, ERROR_UNAVAILABLE, "%s is being downloaded: nothing removed", r->repo);
	default:
		return false;
	}
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static bool add_size(void *user, const char *path, struct error *err)
{
	struct removal *r = user;
	own_mem char *whole = path_join(r->folder, path);
	struct stat st;

	(void)err;
	if (lstat(whole, &st) == 0 && S_ISREG(st.st_mode))
		r->freed += (uint64_t)st.st_size;
	return true;
}

static size_t find_name(const struct removal *r, const char *hash)
{
	size_t i = 0;

	while (i < r->count && strcmp(r->names[i], hash) != 0)
		i++;
	return i;
}

/* A file of the snapshot that goes: its blob may go, too. */
static bool collect(void *user, const char *path, struct error *err)
{
	struct removal *r = user;
	char hash[HUB_HASH_MAX + 1];

	(void)err;
	if (layout_hash(r->folder, r->commit, path, hash) && find_name(r, hash) == r->count) {
		r->names = mem_resize(r->names, r->count + 1, sizeof *r->names);
		r->names[r->count++] = mem_strdup(hash);
	}
	return true;
}

/* A file of a snapshot that stays: its blob stays. */
static bool keep(void *user, const char *path, struct error *err)
{
	struct removal *r = user;
	char hash[HUB_HASH_MAX + 1];

	(void)err;
	if (!layout_hash(r->folder, r->snapshot, path, hash))
		return true;
	size_t i = find_name(r, hash);
	if (i < r->count) {
		free(r->names[i]);
		r->names[i] = r->names[--r->count];
	}
	return true;
}

static bool keep_snapshot(void *user, const char *commit, struct error *err)
{
	struct removal *r = user;
	own_mem char *snapshot = layout_snapshot(r->folder, commit);

	if (strcmp(commit, r->commit) == 0)
		return true;
	r->snapshot = commit;
	return walk_files(snapshot, keep, r, err);
}

static bool drop_ref(void *user, const char *name, struct error *err)
{
	struct removal *r = user;
	own_mem char *path = mem_printf("%s/refs/%s", r->folder, name);
	char commit[HUB_HASH_MAX + 1];

	if (!layout_read_ref(r->folder, name, commit) || strcmp(commit, r->commit) != 0)
		return true;
	return unlink(path) == 0 || error_errno(err, "cannot remove %s", path);
}

/* What this program keeps about the commit: shammah/COMMIT*. */
static bool drop_own(void *user, const char *name, struct error *err)
{
	struct removal *r = user;
	own_mem char *path = mem_printf("%s/shammah/%s", r->folder, name);

	if (strncmp(name, r->commit, strlen(r->commit)) != 0)
		return true;
	r->freed += size_of(path);
	return unlink(path) == 0 || error_errno(err, "cannot remove %s", path);
}

static bool drop_blobs(struct removal *r, struct error *err)
{
	for (size_t i = 0; i < r->count; i++) {
		own_mem char *blob = layout_blob(r->folder, r->names[i]);
		uint64_t size = size_of(blob);
		if (unlink(blob) < 0)
			return error_errno(err, "cannot remove %s", blob);
		r->freed += size;
	}
	return true;
}

static bool remove_revision(struct removal *r, struct error *err)
{
	own_mem char *snapshots = path_join(r->folder, "snapshots"), *refs = path_join(r->folder, "refs");
	own_mem char *snapshot = layout_snapshot(r->folder, r->commit), *own = path_join(r->folder, "shammah");
	own_mem char *missing = mem_printf("%s/.no_exist/%s", r->folder, r->commit);
	own_mem char *tree = mem_printf("%s/trees/%s.json", r->folder, r->commit);

	if (!walk_files(snapshot, collect, r, err) || !walk_names(snapshots, keep_snapshot, r, err))
		return false;
	if (!walk_files(refs, drop_ref, r, err) || !layout_remove_all(snapshot, err) ||
	    !layout_remove_all(missing, err) || !walk_names(own, drop_own, r, err))
		return false;
	(void)unlink(tree);
	return drop_blobs(r, err);
}

static bool count_name(void *user, const char *name, struct error *err)
{
	size_t *count = user;

	(void)name, (void)err;
	++*count;
	return true;
}

static bool remove_repo(struct removal *r, struct error *err)
{
	return walk_files(r->folder, add_size, r, err) && layout_remove_all(r->folder, err);
}

bool hub_remove(const struct hub *hub, const char *repo, const char *revision, uint64_t *freed, struct error *err)
{
	char commit[HUB_HASH_MAX + 1] = "";
	size_t revisions = 0;

	if (!name_check_repo(repo, err) || (revision && !name_check_revision(revision, err)))
		return false;
	own_mem char *folder = layout_repo(hub, repo), *snapshots = path_join(folder, "snapshots");
	own_mem char *locks = mem_printf("%s/.locks/%s", hub->cache, path_base(folder));
	owns(removal_done) struct removal r = { .hub = hub, .repo = repo, .folder = folder, .commit = commit };
	if (!path_is_directory(folder) || (revision && !layout_read_ref(folder, revision, commit)))
		return error_set(err, ERROR_NOT_FOUND, "%s is not in the cache%s%.60s", repo,
			revision ? " at revision " : "", revision ? revision : "");
	if (!walk_names(locks, take_lock, &r, err) || !walk_names(snapshots, count_name, &revisions, err))
		return false;
	bool all = !revision || revisions <= 1;
	if (!(all ? remove_repo(&r, err) : remove_revision(&r, err)))
		return false;
	*freed = r.freed;
	return true;
}
