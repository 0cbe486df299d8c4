/* Every file below a folder.  Internal to hub/. */
#pragma once

#include "base/error.h"

/* `path` is relative to the folder; links are files.  False stops the walk with err. */
typedef bool walk_fn(void *user, const char *path, struct error *err);

/* In no particular order; a folder that is missing has no files.  No deeper than WALK_DEPTH folders. */
#define WALK_DEPTH 64
bool walk_files(const char *folder, walk_fn *fn, void *user, struct error *err) must_use;

/* The names in a folder, of files and folders alike. */
bool walk_names(const char *folder, walk_fn *fn, void *user, struct error *err) must_use;
