/*
 * Changes to a TOML text that leave everything else as the user wrote it: comments,
 * order, blank lines, spelling, tables we know nothing of.
 *
 * A path is names with dots between, and for one of several [[tables]] its number
 * from 0: "routing.monthly_budget_usd", "teachers[1].model".  After every change the
 * text is parsed again and must mean exactly what it meant before but for that
 * change; if not, and where a text is written in a way that cannot be changed
 * safely, that is an error with the line, and the text stays as it was.  A comment
 * directly above a [[table]] belongs to it: it is moved and removed with it.
 *
 * `what` names the text in errors.  One thread.
 */
#pragma once

#include "base/json.h"

#define TOML_EDIT_MAX ((size_t)1 << 20)  /* bytes of a text */

/* Sets a key to a text, number, bool or list of those; a table that is missing is added at the end. */
bool toml_edit_set(struct buf *text, const char *what, const char *path, const json_t *value, struct error *err)
	must_use;

/* Removes a key, a table with all below it, or one of several [[tables]]; nothing there: nothing is done. */
bool toml_edit_remove(struct buf *text, const char *what, const char *path, struct error *err) must_use;

/* Adds one more [[table]] behind those there are.  Objects in the object become dotted names. */
bool toml_edit_add(struct buf *text, const char *what, const char *path, const json_t *object, struct error *err)
	must_use;

/* Makes the `from`-th [[table]] the `to`-th; those between move up or down by one. */
bool toml_edit_move(struct buf *text, const char *what, const char *path, size_t from, size_t to, struct error *err)
	must_use;
