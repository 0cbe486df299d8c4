/*
 * Which teachers there are.  The strongest file that lists [[teachers]] says so; without any,
 * each vendor whose key is found makes one, Claude first.
 *
 * A teacher with a base_url of its own gets only a key that its entry names, never one found
 * for the vendor: keys go to their own hosts.
 */
#pragma once

#include "config/load.h"

#define TEACHERS_MAX 32

/* What an entry may hold, for the documents; ends with a NULL name. */
struct teacher_key {
	const char *name;
	const char *accepts;
	const char *what;        /* one line for the reader */
};
extern const struct teacher_key teacher_keys[];

/* Fills the configuration's teachers; all else is read already.  What is wrong becomes a finding. */
void teachers_find(struct loader *l);

/* Frees what a teacher owns. */
void teacher_config_done(struct teacher_config *t);

/* Whether a variable of the environment is one that is read for teachers, keys and addresses aside. */
bool teachers_variable(const char *name);
