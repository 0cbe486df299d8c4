/*
 * A file that a tool is about to change: loaded, compared with what the model has seen,
 * and written whole or not at all.  Used by Edit and Write, and by their previews.
 */
#pragma once

#include "tool/encoding.h"
#include "tool/open.h"
#include "tool/seen.h"

#define CHANGE_FILE_MAX ((size_t)128 << 20)    /* bytes of a file that is edited */

struct change_file {
	struct tool_job *job;
	const char *by;            /* the tool */
	const char *name;          /* the path as the model wrote it */
	char *real;
	bool there;
	struct stat was;           /* of a file that is there, as are the rest */
	struct encoding encoding;
	struct buf bytes, decoded;
	struct str text;           /* UTF-8, without the mark; in one of these */
	enum seen_state seen;
};

/*
 * Loads what the tool's path_member names.  False: it cannot be read, is no text, or too large.  A file
 * that is not there is no failure.  change_file_done() in any case.
 */
bool change_file_load(struct change_file *f, struct tool_job *job, const struct tool_kind *tool,
	struct error *err) must_use;
void change_file_done(struct change_file *f);

/* Fills job->details with the difference that `text` would make. */
void change_file_describe(struct change_file *f, struct str text);

/*
 * Keeps the old content for `rewind`, writes `text` in the file's encoding, and notes that
 * the model has seen it.  False: the file is as it was.
 */
bool change_file_write(struct change_file *f, struct str text, struct error *err) must_use;
