/*
 * One line being typed: its text and the place in it.  Pure.
 */
#pragma once

#include "base/buf.h"
#include "cli/keys.h"

#define LINE_EDIT_MAX ((size_t)4096)

struct line_edit {
	struct buf text;
	size_t at;               /* bytes before the cursor */
	bool pasting;            /* inside a paste, where a newline is no Enter */
};

void line_edit_init(struct line_edit *l, const char *text);
void line_edit_done(struct line_edit *l);    /* overwrites the text: it may be a key */

enum line_edit_step { LINE_GOES_ON, LINE_ENTERED, LINE_LEFT, LINE_INTERRUPTED };

/* Enter; Escape; Ctrl+C, or Ctrl+D on an empty line.  What has no room or is no text is passed over. */
enum line_edit_step line_edit_key(struct line_edit *l, const struct key *key);

/* Without white space at both ends, as a paste brings it; the caller frees. */
char *line_edit_text(const struct line_edit *l);
