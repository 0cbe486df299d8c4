/* Which processes descend from this one, by /proc.  For a process of one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESSES_MAX 131072

struct descendants {
	size_t count;
	uint64_t bytes;          /* of memory, shared pages counted for each */
};

/* The living ones. */
void descendants_look(struct descendants *found);

/*
 * Sends a signal to all of them but `except` (0: none excepted); with `groups`, to their whole process groups, from
 * which none can fork away.
 */
void descendants_signal(int signal, pid_t except, bool groups);
