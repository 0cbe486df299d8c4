/*
 * Numbers between limits, compared exactly in decimal.
 */
#pragma once

#include "base/json.h"
#include "grammar/dfa.h"

/* A limit as the schema states it; NULL: none. */
struct number_limits {
	bool integer;                  /* whole numbers only, without point */
	const json_t *least, *most;
	bool above, below;             /* the limit itself is left out */
};

/*
 * The texts of the numbers within; without exponents.  ERROR_INVALID for limits that
 * cannot be kept exactly.
 */
struct dfa *number_between(const struct number_limits *limits, struct error *err) must_use;
