/*
 * How much of this machine's memory is ours to plan with.
 *
 * A control group (a container, a systemd slice) may allow less than the machine
 * has, and each group around it less again: the least of all counts.  Sources:
 * proc(5), and the kernel's documents on control groups, versions 1 and 2.
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
