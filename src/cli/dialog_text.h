/*
 * A text of others as a dialog may show it.  What is decided on must be what is seen: nothing in it moves the cursor,
 * is invisible, turns around what stands beside it, or looks like a line of ours.
 */
#pragma once

#include "base/buf.h"

/*
 * Appends at most `limit` bytes of the text, whole characters, without a newline behind it.  Controls become pictures
 * (show_visible()), characters that are not seen or change the direction of writing "<U+202E>", and lines behind the
 * first begin with a bar.  What does not fit is counted.  False: `out` is full.
 */
bool dialog_text(struct buf *out, struct str text, size_t limit, struct error *err) must_use;

/* Whether a text would be shown as it is, in one line. */
bool dialog_text_is_plain(struct str text);

/* Lines of a terminal of so many columns; wide characters are taken for two. */
size_t dialog_text_rows(struct str text, size_t columns);
