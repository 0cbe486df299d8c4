/*
 * JSON as models write it when they are careless, made into JSON.
 *
 * What is repaired: fences of Markdown around it, commas too many, line ends and tabs
 * bare in strings, strings and names in single quotes, Python's True, False and None,
 * brackets missing at the end, a text of JSON in a string, a list that holds just one
 * object.  What would be a guess is not: a string that does not end may be half of what
 * was meant.  Stateless; any thread.
 */
#pragma once

#include "base/buf.h"

/* Appends the JSON text of one object; false when there is none, or past the buffer's ceiling. */
bool json_repair(struct str text, struct buf *out) must_use;
