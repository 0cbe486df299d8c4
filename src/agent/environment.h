/*
 * What a model is told of where it works.
 */
#pragma once

#include <stdbool.h>

struct environment {
	char *cwd;
	char *branch;              /* of git: "main", or the beginning of a commit; NULL: no repository */
	char platform[100];        /* "Linux 6.1.0 x86_64" */
	char date[11];             /* "2026-11-28", where the user is */
};

/* Never fails: what cannot be found out is left empty. */
void environment_init(struct environment *e, const char *cwd);
void environment_done(struct environment *e);
#define own_environment owns(environment_done) struct environment
