/*
 * Whose teachers the daemon has: those of its own files, or what a client brought, perhaps
 * for its project alone.  Any thread.
 */
#pragma once

#include "base/json.h"
#include "daemon/teachers.h"

/* Uses the list of the daemon's own files, and remembers it. */
bool teacher_list_own(struct teachers *t, const struct teacher_config *list, size_t count, struct error *err) must_use;

/*
 * Uses what a client brings: a list that holds for a project ("": for none in particular, NULL: not said).
 * Who comes from elsewhere without a list (NULL) gets the daemon's own: its questions are not
 * for the teachers of somebody's project.
 */
bool teacher_list_bring(struct teachers *t, const json_t *list, const char *project, struct error *err) must_use;
