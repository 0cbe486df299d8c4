/*
 * One text in another replaced: pure functions on UTF-8 (or on bytes that mean to be).
 *
 * A model writes line ends as "\n"; in the file they may be "\r\n", and match all the
 * same.  What old and new text begin and end with alike is not touched, so that line ends
 * and quotes there stay as the file has them; a line end that is new gets the kind of the
 * line it stands in.
 */
#pragma once

#include "base/buf.h"

struct edit {
	struct str old_text, new_text;     /* old_text is not empty */
	bool all;                          /* every place, not one */
};

struct edit_result {
	size_t count;              /* places found; without `all` anything but 1 changes nothing */
	bool quotes;               /* found only with curly quotes taken for straight ones */
	size_t first_line, second_line;    /* where the first two begin, from 1 */
	size_t begin, end;         /* of the first place, in the new text */
};

/* What is left of a text where line ends and, if `quotes`, curly quotes (U+2018 to U+201D) are made plain. */
bool edit_plain(struct str text, bool quotes, struct buf *out, struct error *err) must_use;

/*
 * Appends the changed text to `out`, if all or exactly one place was asked for and found.
 * Where a whole line is replaced by nothing its end goes as well.  False: the text got
 * too large.
 */
bool edit_apply(struct str text, const struct edit *e, struct edit_result *r, struct buf *out,
	struct error *err) must_use;

/* Appends why old_text was not found: the lines that come nearest, with their numbers. */
bool edit_explain(struct str text, struct str old_text, struct buf *out, struct error *err) must_use;
