/*
 * Writes Markdown: blocks within quotes and lists, white space collapsed, marks that
 * hug the text they belong to, and what would be Markdown by accident escaped.
 *
 * A failure (ERROR_TOO_LARGE: out's ceiling) is kept in the writer and ends all
 * writing; ask html_writer_done().  One thread at a time.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

#define HTML_MARKS 32          /* nested; more are not written */
#define HTML_PREFIX_MAX 4096   /* bytes that may begin a line */

struct html_mark {
	const char *open, *close;   /* kept by whoever opened it */
	bool written;
};

struct html_writer {
	struct buf *out;
	struct buf rest, next;       /* what begins every line, and what begins the next one */
	size_t low;                  /* the shortest `rest` has been since the last line */
	unsigned gap;                /* before the next text: 1 a new line, 2 a blank line as well */
	unsigned breaks;             /* <br>s before the next text */
	unsigned flat;               /* over 0: all goes into the line that has begun */
	bool cell;                   /* of a table: "|" is escaped */
	bool space;                  /* a blank before the next text */
	bool begun;                  /* something has been written */
	bool line_start;
	bool fresh;                  /* a list item without text so far: what opens it adds no gap */
	unsigned in_link;
	uint64_t lines;              /* begun so far */
	struct html_mark marks[HTML_MARKS];
	size_t mark_count;
	const char *just_closed;     /* the mark of emphasis (a constant) that ended out when it was closed_at long */
	size_t closed_at;
	struct error err;
	bool failed;
};

void html_writer_init(struct html_writer *w, struct buf *out);

/* Frees what it holds; false with the reason when something could not be written. */
bool html_writer_done(struct html_writer *w, struct error *err);

/* A block begins or has ended: 1 or 2 as for `gap`. */
void html_block(struct html_writer *w, unsigned gap);
void html_break(struct html_writer *w);

/* Text of the page. */
void html_text(struct html_writer *w, struct str text);

/* Markdown, as it is; blanks and marks that wait go before it. */
void html_markup(struct html_writer *w, struct str markup);

/* A line of its own in a block, as it is but for blanks at its end. */
void html_line(struct html_writer *w, struct str line);

/* Text between marks; written with the first text, or not at all. */
void html_mark_open(struct html_writer *w, const char *open, const char *close);
void html_mark_close(struct html_writer *w);

/* Blocks that follow have lines that begin so; undone by html_leave() with what html_enter() returned. */
struct html_margin { size_t rest, next; uint64_t lines; bool entered; };
struct html_margin html_enter(struct html_writer *w, const char *first, const char *rest);
void html_leave(struct html_writer *w, struct html_margin margin);
