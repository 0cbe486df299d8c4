/*
 * What is known of places, for the judges of paths (permit/path.c) and of commands (permit/places.c).  All names
 * in lower case, compared with a path that is folded: "/home/me/.ssh/config/".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum place {
	PLACE_ORDINARY,
	PLACE_HARMLESS,                /* anybody may */
	PLACE_SYSTEM,                  /* never, but for a project or a home that lies below */
	PLACE_HARD,                    /* never */
};

/* The longest prefix decides. */
struct place_row {
	const char *prefix;            /* no slash at the end */
	enum place place;              /* for tools that are given a path */
	bool kept;                     /* no command changes it, whoever says so */
};

extern const struct place_row place_rows[];
extern const size_t place_row_count;

/* "/a/b/": these names in a row, anywhere in the path.  Ends with NULL. */
extern const char *const secret_folders[];
extern const char *const protected_folders[];

/* The last name; '*' stands for any characters.  Ends with NULL. */
extern const char *const secret_names[];
extern const char *const harmless_names[];             /* although they look like secrets */
extern const char *const public_names[];               /* wherever they lie */
extern const char *const watched_names[];              /* asked about for reading as well */
extern const char *const protected_names[];
extern const char *const record_names[];               /* what a shell remembers, and keys that let others in */

/* Directly in the home only: secret, where their like in a project is not; kept from removal as a whole. */
extern const char *const secret_home_names[];
extern const char *const kept_home_names[];

/* The row of a folded path without a slash at its end; NULL: an ordinary one. */
const struct place_row *place_find(const char *folded);

bool name_is_among(const char *const *patterns, const char *name);

/* Whether one of the folders lies on the way of a folded path, which ends with a slash. */
bool place_holds(const char *const *folders, const char *folded);

/* Keys, passwords, .env and credentials of clouds; `folded` ends with a slash, `name` is its last one. */
bool place_keeps_secret(const char *folded, const char *name, bool in_home);
