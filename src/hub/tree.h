/*
 * What is known here of a revision: its listing, in the Python client's file
 * trees/COMMIT.json (huggingface_hub's _tree_cache.py, format 1), and the paths
 * that were asked for, in ours.  Internal to hub/.
 */
#pragma once

#include "base/buf.h"
#include "hub/hub.h"

#define TREE_FILES_MAX 100000
#define TREE_BYTES_MAX ((size_t)64 << 20)

/* Text of such a file; a path that is not safe or a member of another type is an error. */
bool tree_parse(struct str text, struct hub_listing *listing, struct error *err) must_use;

/* Of the repository's folder; false, without an error, when there is none that is sound. */
bool tree_read(const char *repo_folder, const char *commit, struct hub_listing *listing) must_use;

/* Keeps a listing whose sizes and hashes are all known; another is not kept. */
bool tree_write(const char *repo_folder, const struct hub_listing *listing, struct error *err) must_use;

/* Adds a copy of a file; the paths are put in order by tree_sort(). */
void tree_add(struct hub_listing *listing, struct hub_file file);
void tree_sort(struct hub_listing *listing);
const struct hub_file *tree_file(const struct hub_listing *listing, const char *path);

/* The paths that were asked for, as a listing of unknown sizes and hashes; false when nothing is noted. */
bool tree_read_wanted(const char *repo_folder, const char *commit, struct hub_listing *wanted) must_use;

/* Notes these paths beside those noted before. */
bool tree_want(const char *repo_folder, const char *commit, const struct hub_listing *wanted,
	struct error *err) must_use;
