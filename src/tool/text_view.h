/*
 * Numbered lines of a text that comes in pieces, as `cat -n` writes them, within ceilings.
 *
 * Lines outside the range are only counted; a line longer than VIEW_LINE_MAX characters is
 * cut and marked; what is no UTF-8 becomes U+FFFD.  Memory does not grow with the text.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

#define VIEW_LINE_MAX 2000         /* characters of a line that are shown */

struct text_view {
	uint64_t first, last;      /* the lines to show, from 1 */
	size_t room;               /* bytes that may still be added to `out` */
	struct buf *out;
	uint64_t line;             /* begun so far */
	uint64_t shown;            /* the last that was shown; 0: none */
	uint64_t cut;              /* lines shown in part */
	bool full;                 /* the room was used up before `last` */
	struct buf begun;          /* the line that is being read, as far as it is shown */
	uint64_t dropped;          /* bytes of it that are not */
	bool in_line;
};

/* `out` must have room for `room` bytes.  view_done() in any case. */
void view_init(struct text_view *v, uint64_t first, uint64_t last, size_t room, struct buf *out);
void view_done(struct text_view *v);

void view_feed(struct text_view *v, struct str text);
void view_end(struct text_view *v);        /* a last line may lack its end */
