/*
 * Permission rules in Claude Code's settings files, added and taken out.
 *
 * Order and unknown keys stay; lines are indented as they were (blanks or tabs; a new file: two blanks), and lists
 * get a line an entry.  A file that is no strict JSON object, or whose permissions are of another kind, is an error
 * and stays as it is.  Files are replaced whole or not at all; one that another program changes meanwhile is read
 * again.  `path` is absolute and real: no link on the way is followed (ERROR_DENIED).
 */
#pragma once

#include "base/error.h"
#include "base/str.h"

#define SETTINGS_EDIT_MAX ((size_t)4 << 20)    /* bytes of a file */

/* `list` is "allow", "ask" or "deny".  A rule that is there already is not added again: *added false. */
bool settings_add_rule(const char *path, const char *list, const char *rule, bool *added, struct error *err) must_use;

/* Takes the rule out of the list, NULL: out of all three; *removed says how often it was there. */
bool settings_remove_rule(const char *path, const char *list, const char *rule, size_t *removed, struct error *err)
	must_use;
