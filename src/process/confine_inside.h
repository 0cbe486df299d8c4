/* What confine.c leaves to the systems. */
#pragma once

#include "process/confine.h"

/* Runs one confined command; false with what its system says. */
bool confine_try(struct error *why) must_use;

/* The filter of system calls, to be read from a descriptor; -1 with an error.  Linux only. */
int seccomp_file(struct error *err) must_use;
