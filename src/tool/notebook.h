/* Jupyter notebooks (nbformat 4: https://nbformat.readthedocs.io) as text.  Stateless; any thread. */
#pragma once

#include "base/json.h"

/*
 * Appends the cells with their numbers, ids, kinds and sources, and what they printed;
 * pictures and the like are named.  ERROR_INVALID: this is no notebook.
 */
bool notebook_write(const json_t *notebook, struct buf *out, struct error *err) must_use;
