/* The environment: the process's, and what files' `env` objects add to it.  Inside config/ only. */
#pragma once

#include "config/config.h"

/* From now on, over what was set before. */
void variable_set(struct config *c, const char *name, const char *text, const char *file);

/* Of the files alone; NULL when unset or empty. */
const struct config_variable *variable_of_files(const struct config *c, const char *name);

/* The process's, else the files'; NULL when unset or empty.  With a result the caller frees *origin (may be NULL). */
const char *variable_find(const struct config *c, const char *name, char **origin);

/* "environment NAME". */
char *variable_origin(const char *name);
