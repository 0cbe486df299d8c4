#include "hub/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "hub/layout.h"
#include "hub/names.h"
#include "hub/tree.h"
#include "hub/walk.h"
#include "hub/want.h"

#define REFS_MAX ((size_t)64 << 10)
#define CACHED_MAX 10000

/* A listing of what lies in the snapshot. */
static bool add_present(void *user, const char *path, struct error *err)
{
	struct hub_listing *listing = user;

	if (listing->count == TREE_FILES_MAX)
		return error_set(err, ERROR_TOO_LARGE, "a snapshot in the cache has over %d files", TREE_FILES_MAX);
	tree_add(listing, (struct hub_file){ .path = (char *)(uintptr_t)path, .size = HUB_SIZE_UNKNOWN });
	return true;
}

static bool list_present(const char *repo_folder, const char *commit, struct hub_listing *listing, struct error *err)
{
	own_mem char *snapshot = layout_snapshot(repo_folder, commit);

	*listing = (struct hub_listing){ 0 };
	snprintf(listing->commit, sizeof listing->commit, "%s", commit);
	if (!walk_files(snapshot, add_present, listing, err)) {
		hub_listing_done(listing);
		return false;
	}
	tree_sort(listing);
	return true;
}

char *hub_find(const struct hub *hub, const struct hub_want *want, struct error *err)
{
	own_hub_listing all = { 0 }, chosen = { 0 };
	char commit[HUB_HASH_MAX + 1];

	if (!want_check(want, err))
		return NULL;
	own_mem char *folder = layout_repo(hub, want->repo);
	if (!layout_read_ref(folder, want_revision(want), commit))
		return error_set(err, ERROR_NOT_FOUND, "%s is not in the cache at revision %.60s", want->repo,
			       want_revision(want)), NULL;
	if (!tree_read(folder, commit, &all) && !list_present(folder, commit, &all, err))
		return NULL;
	if (!want_choose(want, &all, &chosen, err))
		return error_prefix(err, "not in the cache"), NULL;
	if (chosen.count == 0)
		return error_set(err, ERROR_NOT_FOUND, "no file of %s is in the cache", want->repo), NULL;
	for (size_t i = 0; i < chosen.count; i++)
		if (!layout_has(folder, commit, chosen.files[i].path, chosen.files[i].size))
			return error_set(err, ERROR_NOT_FOUND, "%s of %s is not in the cache", chosen.files[i].path,
				       want->repo), NULL;
	return layout_snapshot(folder, commit);
}

struct scan {
	const struct hub *hub;
	struct hub_cache *cache;
	const char *repo_folder;
	struct hub_cached *entry;     /* being filled */
	struct buf refs;
};

static bool add_file(void *user, const char *path, struct error *err)
{
	struct scan *scan = user;
	struct hub_cached *entry = scan->entry;
	own_mem char *whole = path_join(entry->path, path);
	struct stat st;

	(void)err;
	if (stat(whole, &st) < 0) {
		entry->whole = false;
		return true;
	}
	entry->files++;
	entry->bytes += (uint64_t)st.st_size;
	entry->used = st.st_atime > entry->used ? st.st_atime : entry->used;
	entry->changed = st.st_mtime > entry->changed ? st.st_mtime : entry->changed;
	return true;
}

static bool add_ref(void *user, const char *name, struct error *err)
{
	struct scan *scan = user;
	char commit[HUB_HASH_MAX + 1];

	if (!layout_read_ref(scan->repo_folder, name, commit) || strcmp(commit, scan->entry->commit) != 0)
		return true;
	return buf_addf(&scan->refs, err, "%s%s", scan->refs.len ? ", " : "", name);
}

static bool all_wanted_here(const char *repo_folder, const char *commit)
{
	own_hub_listing wanted = { 0 };

	if (!tree_read_wanted(repo_folder, commit, &wanted))
		return true;
	for (size_t i = 0; i < wanted.count; i++)
		if (!layout_has(repo_folder, commit, wanted.files[i].path, HUB_SIZE_UNKNOWN))
			return false;
	return true;
}

static bool add_revision(void *user, const char *commit, struct error *err)
{
	struct scan *scan = user;
	struct hub_cache *cache = scan->cache;
	own_mem char *refs = path_join(scan->repo_folder, "refs");

	if (!name_is_commit(commit))
		return true;
	if (cache->count == CACHED_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the cache holds over %d revisions", CACHED_MAX);
	cache->entries = mem_resize(cache->entries, cache->count + 1, sizeof *cache->entries);
	struct hub_cached *entry = scan->entry = &cache->entries[cache->count++];
	*entry = (struct hub_cached){ .path = layout_snapshot(scan->repo_folder, commit), .whole = true };
	entry->repo = layout_repo_name(path_base(scan->repo_folder));
	snprintf(entry->commit, sizeof entry->commit, "%s", commit);
	scan->refs = (struct buf)BUF_INIT(REFS_MAX);
	bool ok = walk_files(entry->path, add_file, scan, err) && walk_files(refs, add_ref, scan, err);
	entry->refs = buf_detach(&scan->refs, NULL);
	entry->whole = entry->whole && entry->files > 0 && all_wanted_here(scan->repo_folder, commit);
	return ok;
}

static bool add_partial(void *user, const char *name, struct error *err)
{
	struct scan *scan = user;
	own_mem char *path = mem_printf("%s/blobs/%s", scan->repo_folder, name);
	size_t n = strlen(name);
	struct stat st;

	(void)err;
	if (n > 11 && strcmp(name + n - 11, ".incomplete") == 0 && stat(path, &st) == 0)
		scan->cache->partial_bytes += (uint64_t)st.st_blocks * 512;
	return true;
}

static bool add_repo(void *user, const char *name, struct error *err)
{
	struct scan *scan = user;
	own_mem char *repo = layout_repo_name(name), *folder = path_join(scan->hub->cache, name);
	own_mem char *snapshots = path_join(folder, "snapshots"), *blobs = path_join(folder, "blobs");

	if (!repo || !path_is_directory(folder))
		return true;
	scan->repo_folder = folder;
	return walk_names(snapshots, add_revision, scan, err) && walk_names(blobs, add_partial, scan, err);
}

static int by_repo(const void *a, const void *b)
{
	const struct hub_cached *x = a, *y = b;
	int order = strcmp(x->repo, y->repo);

	return order ? order : strcmp(x->commit, y->commit);
}

bool hub_list(const struct hub *hub, struct hub_cache *cache, struct error *err)
{
	struct scan scan = { .hub = hub, .cache = cache };

	*cache = (struct hub_cache){ 0 };
	if (!walk_names(hub->cache, add_repo, &scan, err)) {
		hub_cache_done(cache);
		return false;
	}
	if (cache->count)
		qsort(cache->entries, cache->count, sizeof *cache->entries, by_repo);
	return true;
}
