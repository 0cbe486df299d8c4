/*
 * What a change to a text is, line by line, for the people who are asked about it and for
 * programs.  Stateless; any thread.
 */
#pragma once

#include "base/json.h"

#define DIFF_LINES_MAX 2000        /* lines that are listed; what comes after is only counted */

/*
 * {"structuredPatch":[{"oldStart","oldLines","newStart","newLines","lines":[" kept","-old","+new"]}],
 * "linesAdded","linesRemoved"}, and "cut":true where not all hunks are listed.  Three lines
 * around each change, as in unified diffs (POSIX diff -u).  The shortest difference (Myers,
 * "An O(ND) Difference Algorithm", 1986) as long as it is of some hundred lines; beyond
 * that the changed part is listed as a whole.  The caller owns it.
 */
json_t *diff_json(struct str before, struct str after) must_use;
