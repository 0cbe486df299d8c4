/*
 * Memory straight from the system: files seen as memory, and zeroed pages that
 * cost nothing until they are touched.
 *
 * One owner; reading from several threads is fine.  A file that somebody cuts
 * short while it is mapped ends the program (SIGBUS), as with any mapping: map
 * only files that their owner replaces whole.
 */
#pragma once

#include "base/error.h"
#include "base/str.h"

struct mapped {
	char *data;         /* page-aligned; NULL when len is 0 */
	size_t len;
};

/* A whole file, read-only. */
bool mapped_file(struct mapped *m, const char *path, struct error *err) must_use;

/* `len` zeroed bytes, readable and writable; ERROR_UNAVAILABLE when the system has no more. */
bool mapped_pages(struct mapped *m, size_t len, struct error *err) must_use;

void mapped_done(struct mapped *m);
#define own_mapped owns(mapped_done) struct mapped

static inline struct str mapped_str(const struct mapped *m) { return (struct str){ m->data, m->len }; }
