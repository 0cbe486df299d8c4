#include "hub/listing.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "hub/names.h"
#include "hub/tree.h"

static const char what[] = "the Hub's answer";

static bool wrong(struct error *err)
{
	return error_set(err, ERROR_INVALID, "%s is not of the form expected: is this a Hub?", what);
}

static bool copy_hash(char out[HUB_HASH_MAX + 1], const char *hash, struct error *err)
{
	if (!hash)
		return true;
	if (!name_is_hash(hash))
		return wrong(err);
	snprintf(out, HUB_HASH_MAX + 1, "%s", hash);
	return true;
}

static uint64_t size_of(const json_t *object)
{
	const json_t *size = json_object_get(object, "size");

	return json_is_integer(size) && json_integer_value(size) >= 0 ? (uint64_t)json_integer_value(size) :
		HUB_SIZE_UNKNOWN;
}

/* Both answers tell the same of a file, under other names. */
static bool add_file(struct hub_listing *listing, const json_t *entry, const char *path_key, const char *git_key,
	const char *lfs_key, struct error *err)
{
	const char *path = json_member_string(entry, path_key);
	const json_t *lfs = json_object_get(entry, "lfs");
	struct hub_file file = { .size = size_of(json_is_object(lfs) ? lfs : entry) };

	if (!path)
		return wrong(err);
	if (listing->count == TREE_FILES_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the repository has over %d files", TREE_FILES_MAX);
	const char *git = json_member_string(entry, git_key);
	if (!name_check_path(path, err) || !copy_hash(file.git_hash, git, err) ||
	    !copy_hash(file.hash, json_is_object(lfs) ? json_member_string(lfs, lfs_key) : git, err))
		return false;
	file.path = (char *)(uintptr_t)path;
	tree_add(listing, file);
	return true;
}

bool listing_parse_info(struct str text, struct hub_listing *listing, struct error *err)
{
	own_json *info = json_parse(text, what, err);
	const char *commit = json_member_string(info, "sha");
	json_t *files = json_object_get(info, "siblings"), *entry;
	size_t i;

	*listing = (struct hub_listing){ 0 };
	if (!info)
		return false;
	if (!commit || !name_is_commit(commit) || !json_is_array(files))
		return wrong(err);
	snprintf(listing->commit, sizeof listing->commit, "%s", commit);
	json_array_foreach(files, i, entry)
		if (!add_file(listing, entry, "rfilename", "blobId", "sha256", err)) {
			hub_listing_done(listing);
			return false;
		}
	return true;
}

static bool add_entry(struct hub_listing *listing, const json_t *entry, struct error *err)
{
	const char *type = json_member_string(entry, "type");

	if (!type)
		return wrong(err);
	return strcmp(type, "file") != 0 || add_file(listing, entry, "path", "oid", "oid", err);
}

bool listing_parse_tree(struct str text, struct hub_listing *listing, struct error *err)
{
	own_json *page = json_parse(text, what, err);
	json_t *entry;
	size_t i;

	if (!page || !json_is_array(page)) {
		hub_listing_done(listing);
		return page && wrong(err);
	}
	json_array_foreach(page, i, entry)
		if (!add_entry(listing, entry, err)) {
			hub_listing_done(listing);
			return false;
		}
	return true;
}

/* One link: its target, and what follows it up to the next link. */
static bool next_link(struct str *rest, struct str *target, struct str *parameters)
{
	const char *open = rest->n ? memchr(rest->p, '<', rest->n) : NULL;
	const char *close = open ? memchr(open, '>', rest->n - (size_t)(open - rest->p)) : NULL;

	if (!close)
		return false;
	*target = (struct str){ open + 1, (size_t)(close - open - 1) };
	*rest = str_from(*rest, (size_t)(close + 1 - rest->p));
	const char *next = rest->n ? memchr(rest->p, '<', rest->n) : NULL;
	*parameters = (struct str){ rest->p, next ? (size_t)(next - rest->p) : rest->n };
	return true;
}

char *listing_next(const char *link)
{
	struct str rest = str_of(link), target, parameters;

	while (next_link(&rest, &target, &parameters))
		if (memmem(parameters.p, parameters.n, "rel=\"next\"", 10) ||
			memmem(parameters.p, parameters.n, "rel=next", 8))
			return mem_strndup(target.p, target.n);
	return NULL;
}

bool listing_finish(struct hub_listing *listing, struct error *err)
{
	tree_sort(listing);
	for (size_t i = 1; i < listing->count; i++)
		if (strcmp(listing->files[i - 1].path, listing->files[i].path) == 0) {
			hub_listing_done(listing);
			return wrong(err);
		}
	return true;
}
