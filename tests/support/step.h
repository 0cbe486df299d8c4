/* An answer's next slice, with nobody beside it. */
#pragma once

#include "model/generation.h"

static inline bool generation_step(struct generation *g, struct cancel *cancel, bool *ended, struct error *err)
{
	struct advance want;

	generation_want(g, 64, &want);
	want.cancel = cancel;
	timelines_advance(&want, 1);
	if (!want.ok) {
		*err = want.err;
		return false;
	}
	return generation_take(g, ended, err);
}
