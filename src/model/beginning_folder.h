/*
 * The folder where computed beginnings lie: what is in it, and how full it is.
 * Stateless; several programs may use one folder at once. Whatever cannot be read
 * or removed is passed over.
 */
#pragma once

#include "model/beginning_file.h"

/* A file of one kind, and its tokens; beginning_entry_done() frees what it holds. */
struct beginning_entry {
	char *path;
	uint32_t world;
	size_t count;
	int32_t *tokens;
};

void beginning_entry_done(struct beginning_entry *e);

enum { BEGINNING_FILES_MAX = 1000 };    /* of one kind, looked at */

/* The files of one kind; damaged ones are removed and counted. The caller frees the list and what is in it. */
struct beginning_entry *beginning_folder_read(
	const char *folder, const struct beginning_kind *kind, size_t *count, size_t *damaged);

/* A fresh path for a beginning. */
char *beginning_folder_path(const char *folder, uint64_t key, uint64_t tokens_digest);

/* Used now: the last to be removed. */
void beginning_folder_touch(const char *path);

/*
 * Removes what was used longest ago until all files together take at most `limit`
 * bytes, and what a killed program left half written.
 */
void beginning_folder_trim(const char *folder, uint64_t limit);
