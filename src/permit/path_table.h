/*
 * What permit/path.c knows about places.  All names in lower case, compared with
 * a path that is folded: "/home/me/.ssh/config/".
 */
#pragma once

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
	enum place place;
};

extern const struct place_row place_rows[];
extern const size_t place_row_count;

/* "/a/b/": these names in a row, anywhere in the path.  Ends with NULL. */
extern const char *const secret_folders[];
extern const char *const protected_folders[];

/* The last name; '*' stands for any characters.  Ends with NULL. */
extern const char *const secret_names[];
extern const char *const harmless_names[];             /* although they look like secrets */
extern const char *const watched_names[];              /* asked about for reading as well */
extern const char *const protected_names[];

/* Secret directly in the home only, where their like in a project is not. */
extern const char *const secret_home_names[];
