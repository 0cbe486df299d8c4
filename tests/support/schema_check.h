/*
 * JSON Schema the slow way, as the specification reads: what the grammar's
 * answers are judged by.  Shares nothing with src/grammar.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* Whether a value satisfies a schema; references are to places in `root`. */
bool schema_allows(const json_t *root, const json_t *schema, const json_t *value);

/* Whether an ECMA pattern without Unicode classes matches somewhere in a text. */
bool pattern_found(const char *pattern, const char *text, size_t bytes);
