/* What the files beside an encoder say about it; internal to model/embedder. */
#pragma once

#include "model/embedder.h"

/*
 * Fills pooling, why, normalises, most_tokens and matryoshka of `info`, whose name
 * is set; `context` is the graph's own limit, 0: not known.
 */
bool embedder_read_files(struct embedder_info *info, const char *folder, size_t context, struct error *err) must_use;
