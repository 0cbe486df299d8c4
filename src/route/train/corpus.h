/*
 * data/answers as read from disk: texts, wordings, and what must match nothing.
 *
 * The formats, all UTF-8 with LF:
 *   patterns/ID.md, topics/ID.md   "# Title", a blank line, the text, "## Wordings", one "- wording" a line
 *   more-wordings.txt              further wordings: "ID<TAB>wording" a line
 *   terse-wordings.txt             the same, so terse that they might be about other programs
 *   none.txt, none-patterns.txt, none-more.txt    one wording a line that must match nothing; "#" begins a comment
 *   held-out/                      patterns.txt and topics.txt as more-wordings.txt, none.txt; never trained on
 *
 * Used by the trainer and by tests; the program holds only what came out of it.
 * One thread.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#define CORPUS_NONE SIZE_MAX           /* in place of an answer: must match nothing */

enum wording_origin {
	FROM_ANSWER,                   /* listed in the answer's own file */
	FROM_MORE,
	FROM_TERSE,                    /* teaches which answer, but not that there is one */
	FROM_NONE,
	FROM_TITLE,
	FROM_TEXT,                     /* a sentence of the answer itself */
};

struct wording {
	struct str text;
	size_t answer;                 /* index, or CORPUS_NONE */
	enum wording_origin origin;
	size_t place;                  /* 0, 1, … among its answer's own wordings */
};

struct source {
	const char *id;                /* "topics/daemon-stop" */
	const char *title;
	struct str text;               /* Markdown, ends with a newline */
};

struct corpus {
	struct arena arena;
	struct source *sources;        /* patterns first, each folder in order of its names */
	size_t source_count, pattern_count;
	struct wording *wordings;
	size_t wording_count, wording_cap;
	struct buf files;              /* every file and folder read, one a line */
};

#define CORPUS_INIT { .arena = ARENA_INIT(64 << 20), .files = BUF_INIT(1 << 20) }

void corpus_done(struct corpus *c);
#define own_corpus owns(corpus_done) struct corpus

/* Reads everything but held-out/.  Errors name file and line. */
bool corpus_read(struct corpus *c, const char *folder, struct error *err) must_use;

/* Appends the wordings of held-out/ to those of `c`, which has been read, but for those that were trained on. */
bool corpus_read_held_out(struct corpus *c, const char *folder, struct error *err) must_use;

/* Parses one answer's file into *source and its wordings; `name` is for errors. */
bool corpus_parse_answer(struct corpus *c, struct str text, const char *name, struct source *source,
	struct error *err) must_use;
