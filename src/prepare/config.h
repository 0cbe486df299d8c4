/*
 * What config.json says of a model beside what its graph shows.
 */
#pragma once

#include "prepare/recognise.h"
#include "prepare/rope.h"

/* Rotary positions that config.json states and the graph does not have: to be put in after the check. */
struct config_change {
	const char *what;              /* NULL: none */
	float magnitude;
	float frequencies[FREQUENCIES_MAX];
};

/*
 * Completes `f` from folder/config.json: the context, exact frequencies where the
 * graph has rounded ones, and whether a head is the embedding turned round.  A contradiction
 * between the two is ERROR_INVALID; so is a window of fewer tokens than the context.
 */
bool config_check(struct found *f, const char *folder, struct config_change *change, struct error *err) must_use;
