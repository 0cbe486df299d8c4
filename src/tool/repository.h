/* What git finds in a folder, before it is run there without a question. */
#pragma once

#include <stdbool.h>

/*
 * Whether git, though it were only to read, may run programs of the repository's choosing: its own
 * settings name some (core.fsmonitor, diff.external, textconv, filters), a hook runs when the index is
 * refreshed, or the folder is a repository by its looks alone, as one that was cloned as files.  True as well when that
 * cannot be told.  Any thread.
 */
bool repository_runs_programs(const char *folder);
