/*
 * A change under way: some ranges are cut out of a text and one piece is put in.
 * Internal to toml_edit.c.
 */
#pragma once

#include "config/toml_scan.h"

struct edit {
	struct buf *text;        /* as it was */
	const char *what;
	json_t *path;            /* of what changes */
	struct toml_scan scan;   /* of the text */
	struct buf fresh;        /* as it will be */
	struct error *err;
};

struct cut { size_t start, end; };

struct change {
	const struct cut *cuts;  /* in order, apart */
	size_t count;
	size_t at;               /* where the piece goes: in none of them */
	struct str piece;
	bool apart;              /* with a blank line before and after */
};

/* Reads path and text.  change_done() in any case. */
bool change_begin(struct edit *e, struct buf *text, const char *what, const char *path, struct error *err) must_use;
void change_done(struct edit *e);
#define own_edit owns(change_done) struct edit

/* Fills `fresh`. */
bool change_apply(struct edit *e, const struct change *c) must_use;

/* Makes `fresh` the text. */
void change_finish(struct edit *e);

static inline bool change_is_header(const struct toml_statement *x)
{
	return x->kind == TOML_TABLE || x->kind == TOML_ELEMENT;
}

/* Where a header begins, the comment directly above it included; one that begins the file is the file's. */
size_t change_with_comment(const struct edit *e, size_t index);

/* The last statement of the section that the `index`-th begins. */
size_t change_last_in_section(const struct edit *e, size_t index);

/* A section: its header with its comment, its values, and comments directly below. */
struct cut change_section(const struct edit *e, size_t index);

/* Sections that are to be cut out, with blank lines so that none are left over. */
struct cut change_with_blanks(const struct edit *e, struct cut cut);

/* From the beginning of a line to that of another. */
bool change_only_blanks(const struct edit *e, size_t start, size_t end);
