/* What benches of engines begin with. */
#pragma once

#include "die.h"
#include "model/timeline.h"

static inline struct timeline *fresh(struct engine *e)
{
	struct error err = {0};
	struct timeline *t = timeline_create(e, &err);

	if (!t)
		die(&err);
	return t;
}
