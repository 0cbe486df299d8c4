/*
 * Where values lie in a JSON text that is known to be one (json_parse() has taken it), so
 * that one can be changed and every other byte stay.  Stateless; any thread.
 */
#pragma once

#include "base/str.h"

/* A member's value, inside `object`; {0}: it has none of that name. */
struct str json_span_member(struct str object, const char *name);

/* The next element, inside `array`; *at is 0 at first.  False: there is none. */
bool json_span_next(struct str array, size_t *at, struct str *element);
