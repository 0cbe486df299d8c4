/*
 * How much of this machine's memory is ours to plan with.
 *
 * Control groups (base/control_group.h) may allow less than the machine has.
 * Source: proc(5).
 */
#pragma once

#include <stdint.h>

struct memory {
	uint64_t physical;     /* bytes the machine has; 0: unknown */
	uint64_t limit;        /* bytes we may ever have: all of it, or what a control group allows */
	uint64_t available;    /* bytes to be had now without pushing others out; at most `limit` */
};

/*
 * Looks, anew each time; what cannot be read is left out of account.  `root`
 * stands before /proc and /sys: "" but in tests.  Any thread.
 */
void memory_look(struct memory *m, const char *root);
