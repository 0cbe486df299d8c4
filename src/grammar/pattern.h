/*
 * Regular expressions as JSON Schema's `pattern` has them (ECMA-262 with the u
 * flag): alternatives, groups of every kind but look-arounds, quantifiers greedy
 * or lazy, classes, escapes, ^ and $.  Look-arounds, back-references, \b and \p
 * are refused by name.
 *
 * As the specification says, a pattern may match anywhere in the string unless
 * it is anchored.  U+0000 is in no string that we accept.
 */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "grammar/dfa.h"

#define PATTERN_MAX 4096u              /* bytes */

/*
 * The strings in which it matches, decoded.  ERROR_INVALID or ERROR_TOO_LARGE says
 * what is wrong, not where it stands.
 */
struct dfa *pattern_compile(struct str pattern, struct error *err) must_use;
