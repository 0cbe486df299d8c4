/*
 * The environment of the programs that we start for the user: ours, without what is
 * for us alone.  That are the teachers' keys, the Hub's tokens and our own variables:
 * a command that a model has chosen must not be able to print them.
 */
#pragma once

#include "base/cleanup.h"

/*
 * "NAME=value", ended by NULL: what children get, then `added` (ended by NULL; may be NULL), which
 * replaces what has the same name.  The caller frees the array; the strings stay whose they are.
 */
const char **environment_for_children(const char *const *added) must_use;
