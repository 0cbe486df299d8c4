/* The log of what calls were made, and what became of them (store/audit.h). */
#pragma once

#include "agent/call.h"

/* A line for a call that has its result.  The first time that it cannot be written, that is shown. */
void record_call(struct agent *a, const struct call *c);
