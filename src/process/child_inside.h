/* What child.c leaves to the systems. */
#pragma once

#include <stdint.h>

#include "process/child.h"

/* A descriptor from which a child reads these bytes; -1 with an error. */
int child_input(struct str bytes, struct error *err) must_use;

/* ---- The supervisor: only where there is one ---- */

#define SUPERVISOR_NAME "shammah-supervisor"

/*
 * The supervisor's words on its line: one record.  It hears that it must stop by the end of the line.
 * Arguments: its name, the number of the line's descriptor, the grace in milliseconds,
 * "wrapped" or "plain", the most processes, the most megabytes (0: any), and the command.
 */
enum { SUPERVISOR_ARGUMENTS = 6 };

struct supervisor_report {
	int32_t failed;          /* an errno: the command could not be run; the rest means nothing */
	int32_t status;          /* as waitpid() gives it */
	int32_t left;
	int32_t how;             /* CHILD_TOO_MANY, CHILD_TOO_LARGE: it was ended for that; else 0 */
};

/* The program to start with that name; NULL: there is no supervisor on this system. */
extern const char *const supervisor_program;
