/*
 * Which precision of a model is loaded, where several are there: what the user or
 * a measurement chose, in ~/.shammah/precisions.json ({"OWNER/NAME": "q4"}; a
 * model that is no repository of the cache goes by its folder).
 */
#pragma once

#include "base/error.h"

/*
 * The chosen precision of the model in `folder`, which the caller frees; NULL
 * when none was chosen, or its files are not there.
 */
char *precision_chosen(const char *home, const char *folder) must_use;

/* Chooses one; NULL: leave it to the order of hub/graphs.h. */
bool precision_choose(const char *home, const char *folder, const char *precision, struct error *err) must_use;
