/*
 * What a command prints, as a model can read it, in constant memory.
 *
 * Cleaned as it comes: escape sequences and control characters go, a line that is
 * written over (\r) is what it is at last, bytes that are no UTF-8 become U+FFFD.  Beginning
 * and end are kept; once that is not all, the whole goes to a file.  One thread at a time.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

#define OUTPUT_LINE_MAX 4096             /* bytes of a line that can still be written over */
#define OUTPUT_FILE_MAX ((uint64_t)256 << 20)    /* bytes of the file */

struct output {
	size_t keep;             /* bytes of beginning and end together */
	char *path;              /* where the whole goes */
	uint64_t total;          /* cleaned bytes so far */

	/* The rest is internal. */
	uint64_t file_max, written;
	int file;                /* -1: none */
	char *waiting;           /* to be written */
	size_t waiting_n;
	bool whole;              /* the file is wanted from the first byte on */
	struct error trouble;    /* why the file does not hold all */
	char *kept;              /* the beginning, then the end as a ring */
	char line[OUTPUT_LINE_MAX];
	size_t line_n;
	bool carriage;           /* \r came: what follows writes over the line, unless it is \n */
	unsigned char escape;    /* where in an escape sequence we are */
	char partial[4];         /* of a character */
	size_t partial_n;
};

/* `path`: the file, which is made (0600) when it is needed, or at once when `whole`. */
bool output_init(struct output *o, size_t keep, const char *path, bool whole, struct error *err) must_use;
void output_done(struct output *o);      /* the file stays */

/* A failing disk does not stop anything: output_text() tells. */
void output_add(struct output *o, struct str bytes);

/* No more comes: what was held back is taken. */
void output_end(struct output *o);

/* Appends what was kept, with a word on what was left out and where all of it is. */
bool output_text(const struct output *o, struct buf *out, struct error *err) must_use;

/* Appends at most `most` bytes of the file from *at on, whole characters; moves *at. */
bool output_read(struct output *o, uint64_t *at, size_t most, struct buf *out, struct error *err) must_use;
