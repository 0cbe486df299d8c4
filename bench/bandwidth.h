/*
 * What memory gives: reading a large buffer once, by all members of a team.
 */
#pragma once

#include "base/mapped.h"
#include "kernel/team.h"

struct bandwidth {
	struct mapped buffer;
};

/* Takes half a gigabyte; ends the program when that is not to be had. */
void bandwidth_init(struct bandwidth *b);
void bandwidth_done(struct bandwidth *b);

/* Bytes a second, measured once; also empties the caches of what was in them before. */
double bandwidth_measure(const struct bandwidth *b, struct team *team);
