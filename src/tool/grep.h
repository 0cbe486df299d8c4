/* The parts of Grep that need no rg: what it is asked, and how its answer is read. */
#pragma once

#include "tool/search_run.h"

enum grep_mode { GREP_FILES, GREP_CONTENT, GREP_COUNT };

struct grep_wish {
	enum grep_mode mode;
	size_t skip, most;         /* of lines or files; most 0: all */
	bool numbers, context;
};

void grep_wish_read(const json_t *input, struct grep_wish *wish);

/* What rg is asked.  ERROR_INVALID: a pattern or a list of globs is too long. */
bool grep_words(const json_t *input, const struct grep_wish *wish, const struct search *s, struct search_words *w,
	struct error *err) must_use;

/* A line of a file, or in the mode count its number of lines. */
struct grep_line {
	struct str text;
	bool match;                /* or context */
	bool gap;                  /* lines before it are left out */
};

/* What was found in one file. */
struct grep_file {
	struct str path;           /* relative to the search's folder */
	size_t first, n;           /* lines */
};

struct grep_output {
	struct grep_line *lines;
	size_t n, room;
	struct grep_file *files;   /* sorted by path */
	size_t file_n, file_room;
};

/*
 * Reads what rg prints with --null: "./path" NUL, then, of content, "12:line" or "12-line"; "--" between
 * pieces.  Any bytes may come; what is no line of that kind is left out.  Borrows the text.
 */
void grep_output_read(struct grep_output *o, struct str text);
void grep_output_done(struct grep_output *o);
#define own_grep_output owns(grep_output_done) struct grep_output
