/*
 * Where things live.  Results are fresh strings the caller frees.
 */
#pragma once

#include "base/error.h"

/* directory/name with exactly one slash between. */
char *path_join(const char *directory, const char *name) must_use;

/* The last component, inside `path`; trailing slashes are not stripped. */
const char *path_base(const char *path);

/* The user's home: $HOME, else the password database; absolute.  NULL when neither knows one. */
char *path_home(struct error *err) must_use;

/* $SHAMMAH_HOME, else ~/.shammah; absolute.  Not created. */
char *path_shammah(struct error *err) must_use;

/* Creates a directory and its missing parents, each with `mode`; an existing one is left as it is. */
bool path_make(const char *directory, unsigned mode, struct error *err) must_use;

bool path_is_directory(const char *path);
bool path_is_file(const char *path);
