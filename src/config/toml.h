/*
 * TOML 1.0, by the library toml++; the one file in C++ is toml.cc.
 *
 * The text becomes the same kind of tree that JSON does, so that one reader serves
 * both.  Dates and times become strings.
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

#include "base/json.h"

#define TOML_DEPTH 32          /* tables, arrays and dotted names in one another; more are refused */

/*
 * Parses a whole text.  `lines` has the shape of the tree: for each value a list of
 * its line and, for a table or list, the same for its members.  `what` names the
 * text in errors, which name the line and never quote the text.  The caller sees to a ceiling on size and owns both
 * results.
 */
bool toml_parse(struct str text, const char *what, json_t **root, json_t **lines, struct error *err) must_use;

/* The line of "backend.model" or "teachers[1].model"; that of the nearest there is around it, 0: none. */
int toml_line(const json_t *lines, const char *path);

#ifdef __cplusplus
}
#endif
