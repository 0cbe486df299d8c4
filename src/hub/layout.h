/*
 * Where things lie in the cache: huggingface_hub's file_download.py and
 * utils/_cache_manager.py.
 *
 *     CACHE/CACHEDIR.TAG
 *     CACHE/.locks/models--OWNER--NAME/HASH.lock      flock(2) while a file is brought
 *     CACHE/models--OWNER--NAME/
 *         refs/REVISION                  holds the commit
 *         blobs/HASH                     a whole file
 *         snapshots/COMMIT/PATH          a relative link to ../../blobs/HASH, or the file itself
 *         .no_exist/COMMIT/PATH          empty: the Hub has no such file
 *         trees/COMMIT.json              what the Hub said the revision holds (hub/tree.h)
 *         blobs/HASH.parts.incomplete    ours: a file on its way (hub/parts.h)
 *         shammah/COMMIT.wanted          ours: the paths that were asked for, one a line
 *
 * All returned strings are the caller's to free.  Names have passed hub/names.h.
 * Internal to hub/.
 */
#pragma once

#include "hub/hub.h"

/* CACHE/models--OWNER--NAME */
char *layout_repo(const struct hub *hub, const char *repo) must_use;
/* OWNER/NAME of such a folder's name; NULL when it is none. */
char *layout_repo_name(const char *folder) must_use;

char *layout_lock(const struct hub *hub, const char *repo, const char *hash) must_use;
char *layout_blob(const char *repo_folder, const char *hash) must_use;
char *layout_snapshot(const char *repo_folder, const char *commit) must_use;

/* Makes the folder that a path lies in, and those above. */
bool layout_make_parent(const char *path, struct error *err) must_use;

/* Makes the cache's folder and its tag, which tells backup programs to pass it over. */
bool layout_make_cache(const struct hub *hub, struct error *err) must_use;

/* The commit that a revision means here; false when none is known. */
bool layout_read_ref(const char *repo_folder, const char *revision, char commit[HUB_HASH_MAX + 1]) must_use;
/* Notes it, unless it is the revision itself. */
bool layout_write_ref(const char *repo_folder, const char *revision, const char *commit, struct error *err) must_use;

/*
 * Makes snapshots/COMMIT/PATH lead to the blob; what was there is replaced.  On a
 * file system without links the blob itself moves there, as the Python client has it.
 */
bool layout_link(const char *repo_folder, const char *commit, const char *path, const char *hash,
	struct error *err) must_use;

/* Whether snapshots/COMMIT/PATH leads to a whole file, of that size where it is known. */
bool layout_has(const char *repo_folder, const char *commit, const char *path, uint64_t size);

/* The hash that a snapshot's file is named by; false when it is no link. */
bool layout_hash(const char *repo_folder, const char *commit, const char *path, char hash[HUB_HASH_MAX + 1]) must_use;

/* Notes that the Hub has no such file at this commit, if that can be written: nothing here depends on it. */
void layout_note_missing(const char *repo_folder, const char *commit, const char *path);

/* Removes a folder and all below it, links themselves and not what they lead to. */
bool layout_remove_all(const char *folder, struct error *err) must_use;
