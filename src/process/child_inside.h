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
 * "wrapped" or "plain", and the command.
 */
struct supervisor_report {
	int32_t failed;          /* an errno: the command could not be run; the rest means nothing */
	int32_t status;          /* as waitpid() gives it */
	int32_t left;
};

/* The program to start with that name; NULL: there is no supervisor on this system. */
extern const char *const supervisor_program;
