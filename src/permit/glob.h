/* Patterns in which '*' stands for any characters.  Any bytes; at worst, time is the product of the lengths. */
#pragma once

#include "base/str.h"

bool glob_match(struct str pattern, struct str text);

static inline bool glob_is(struct str pattern) { return pattern.n && memchr(pattern.p, '*', pattern.n); }

/*
 * A pattern of a .gitignore (git's page "gitignore", "PATTERN FORMAT"), without "!": '*' and '?' within a segment,
 * "[a-z]", a leading "**" segment, one in the middle and one at the end, '\' before a character that is meant itself.
 *
 * Whether `path`, relative and without slashes at its ends, or a folder on its way matches; "" is the pattern's
 * own folder.  A pattern that is not anchored may begin at any depth.
 */
struct ignore_pattern {
	struct str text;           /* no slash at its ends, no "**" segment at its end; "": everything */
	bool anchored;
	bool fold;                 /* ASCII capitals and small letters are alike */
};

bool ignore_match(const struct ignore_pattern *pattern, struct str path);
