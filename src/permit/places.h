/*
 * What a path in a command may be, by its spelling alone: nothing is looked up.
 * Paths are words of permit/shell.h, with expansions marked.  Stateless.
 */
#pragma once

#include <stdbool.h>

/* The root, a folder in it, a home, a system's folder; what $VAR/ and all in it may be, for VAR may be empty. */
bool place_is_critical(const char *path);

/* The working directory as a whole, or one of its parents. */
bool place_is_around(const char *path);

/* In a folder that belongs to the system, or a device; not /dev/null and such. */
bool place_is_system(const char *path);

/* A device that holds data. */
bool place_is_device(const char *path);

/* Keys, passwords, .env and credentials of clouds. */
bool place_is_secret(const char *path);

/* What a shell remembers of its user, and keys that let others in. */
bool place_is_record(const char *path);
