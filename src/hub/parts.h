/*
 * A file on its way into the cache: blobs/HASH.parts.incomplete.
 *
 * The content comes in pieces, in any order, each written where it belongs.
 * Behind the content's last byte lies a journal: for each piece a digest of it
 * once it is whole, else zeros.  A piece counts when its digest is right, so
 * whatever a killed process or a failed machine left behind, what is found to be
 * whole is; at most the pieces under way are lost.
 *
 * The name is not the Python client's HASH.incomplete, because that client takes
 * such a file's length for how far it has come.  A file without a journal is
 * taken as its beginning: so a download that the Python client began goes on.
 *
 * The owner holds the blob's lock (hub/lock.h).  Pieces may be written by several
 * threads, each its own.  Internal to hub/, but for tests.
 */
#pragma once

#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/str.h"

#define PARTS_MAX ((size_t)1 << 20)      /* pieces of a file */

struct parts {
	char *path;
	int fd;
	uint64_t size, piece;      /* bytes; the last piece may be shorter */
	size_t count;
	bool *whole;               /* of each piece, when it was opened */
};

/*
 * Opens or begins the file of a blob; what is there is checked.  A piece is
 * enlarged when there would be over PARTS_MAX.
 */
bool parts_open(struct parts *p, const char *blob, uint64_t size, uint64_t piece, struct cancel *cancel,
	struct error *err) must_use;

/* Closes; the file stays. */
void parts_done(struct parts *p);

uint64_t parts_begin(const struct parts *p, size_t index);
uint64_t parts_length(const struct parts *p, size_t index);

/* Writes bytes of the content where they belong; a full disk is ERROR_TOO_LARGE. */
bool parts_write(const struct parts *p, uint64_t where, struct str bytes, struct error *err) must_use;

/* Notes that a piece is whole; `hex` is the SHA-256 of it. */
bool parts_note(const struct parts *p, size_t index, const char *hex, struct error *err) must_use;

/* Cuts the journal off and gives the file its name, for good. */
bool parts_finish(struct parts *p, const char *blob, struct error *err) must_use;

/* Removes the file. */
void parts_drop(struct parts *p);

/* Removes what is left of earlier downloads of a blob that has come otherwise. */
void parts_forget(const char *blob);

/* How many bytes of a blob somebody else has brought so far; the journal is believed.  0 when nothing is known. */
uint64_t parts_progress(const char *blob, uint64_t size);
