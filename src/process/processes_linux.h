/* Which processes descend from this one, by /proc.  For a process of one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCESSES_MAX 131072

/* Sends `signal` (0: none) to all living ones but `except` (0: none excepted).  How many there are. */
size_t descendants_signal(int signal, pid_t except);
