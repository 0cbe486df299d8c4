/*
 * A tool call in words for its user.  Stateless; any thread.
 */
#pragma once

#include "base/json.h"

#define CALL_LINE_MAX 160

/* "Read src/main.c", "Bash make test": one line, cut where it is long; what a model wrote is made visible. */
void call_line(char out[CALL_LINE_MAX], const char *tool, const json_t *input);

/* The first line of a result, cut. */
void call_first_line(char out[CALL_LINE_MAX], struct str text);

/* A change as tool/diff.h has it, in lines of "+", "-" and " "; at most `lines` of them, and then how many more. */
bool call_diff(struct buf *out, const json_t *change, size_t lines, struct error *err) must_use;
