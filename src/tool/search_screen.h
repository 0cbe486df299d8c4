/*
 * Searches that no tool makes: for pictures of children's abuse, for how to make weapons and
 * explosives, for victims and ways to attack them.  Pure; any thread.
 *
 * Words are compared, not letters within words, after folding case, accents, look-alike letters,
 * digits that stand for letters, and letters spelled with blanks between.  A rule needs all of
 * its parts; words of prevention, law and teaching lift those that have a good reason.
 */
#pragma once

#include "base/str.h"

struct screen_rule {
	const char *why;           /* "instructions for explosives" */
	const char *all[3];        /* a phrase of each; they are parted by '|'; a word ending in '*' is a beginning */
	const char *unless;        /* any of these lifts the rule; NULL: nothing does */
};
extern const struct screen_rule screen_rules[];        /* ends with why NULL */

/* What the query is after that must not be searched; NULL: nothing. */
const char *search_screen(struct str query);
