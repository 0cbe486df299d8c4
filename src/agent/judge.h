/*
 * Whether a call may run: permission_decide(), and the user where that says so.
 */
#pragma once

#include "agent/call.h"

/*
 * Makes it CALL_ALLOWED, with the path that was judged, or ends it.  *stop: the user said
 * no, and no more.  What is refused without the user is noted among the agent's denials.
 */
void judge_call(struct agent *a, struct call *c, bool *stop);
