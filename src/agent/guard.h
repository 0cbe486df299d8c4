/*
 * Notices a model that goes round in circles: the same call, with the same result.
 *
 * A test that fails in the same way again after an edit is no circle: a change that is
 * new, and succeeds, makes the guard forget what was before it.  One thread at a time.
 */
#pragma once

#include "base/error.h"
#include "base/str.h"

struct guard_seen;

struct guard {
	struct guard_seen *seen;
	size_t count, room;
};

void guard_done(struct guard *g);

/*
 * Notes a call's result: how often it came, this time included.  `arguments` as they were
 * understood, members in any order.
 */
unsigned guard_note(struct guard *g, struct str tool, struct str arguments, struct str result, bool changed);
