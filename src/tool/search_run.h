/*
 * ripgrep for Grep and Glob: where a search begins, how rg is started, what comes of it.
 *
 * rg runs in the folder that is searched and is given a path relative to it, so that
 * what it prints is short and begins with "./".  It gets words, never a line of shell,
 * reads no configuration and follows no link.
 */
#pragma once

#include "tool/context.h"

#define SEARCH_OUTPUT_MAX ((size_t)16 << 20)   /* bytes of rg's output that are looked at */
#define SEARCH_TEXT_MAX 30000                  /* bytes of a result, about */
#define SEARCH_TIMEOUT_MS 20000
#define SEARCH_WORDS_MAX 64
#define SEARCH_WORD_MAX 65536              /* bytes of a pattern */

/* The words of a command line. */
struct search_words {
	char *argv[SEARCH_WORDS_MAX + 1];      /* ends with NULL */
	size_t n;
};
void search_words_done(struct search_words *w);
#define own_search_words owns(search_words_done) struct search_words

/* Adds a word; more than there is room for is a bug, and asserted. */
void search_word(struct search_words *w, const char *fmt, ...) printf_like(2, 3);

/* What rg is always told first. */
void search_words_begin(struct search_words *w);

struct search {
	const char *tool;          /* whose search it is, for errors */
	char *folder;              /* that is searched; absolute, without links */
	char *target;              /* "./", or "./name" of the one file that is */
	char *shown;               /* what paths relative to the folder are shown after: "", "src/", "/elsewhere/" */
	struct buf out;            /* what rg printed, up to the ceiling */
	struct buf complaints;     /* the beginning of what it complained of */
	bool cut;                  /* at the ceiling */
	bool late;                 /* stopped when its time was over */
	int code;                  /* its exit status: 0 found, 1 nothing, 2 something went wrong */
};

/* Where the call wants to search; search_done() in any case.  ERROR_NOT_FOUND: there is no such file or folder. */
bool search_init(struct search *s, const char *tool, const struct tool_job *job, struct error *err) must_use;
void search_done(struct search *s);
#define own_search owns(search_done) struct search

/*
 * Runs rg.  False when it did not run, when it was cancelled, when its time was over before it
 * found anything, and when it could not do what it was told (ERROR_INVALID, in its own words).
 */
bool search_run(struct search *s, const struct search_words *words, const struct tool_job *job, struct error *err)
	must_use;

/* Whether what was found at a path relative to the folder may be shown. */
bool search_may_show(const struct search *s, const struct tool_job *job, struct str path);

/* Appends a path as a model should give it: relative to the working folder where it is below it, quoted if odd. */
bool search_show_path(const struct search *s, struct str path, struct buf *out, struct error *err) must_use;

/* Appends text of any bytes as UTF-8. */
bool search_show_text(struct str text, struct buf *out, struct error *err) must_use;

/* What is to be said of a search that did not see everything; nothing if it did. */
bool search_show_gaps(const struct search *s, struct buf *out, struct error *err) must_use;
