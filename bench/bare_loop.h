/*
 * The peer of our engine: the loop somebody would write directly on ONNX
 * Runtime's C interface for one known model layout, with nothing around it.
 * Caches are preallocated, shared where the graph allows it, and the next token
 * is the largest logit.  One thread at a time.
 */
#pragma once

#include <stdint.h>

#include "model/engine.h"

struct bare_loop;

/*
 * Runs the graph at `path`, which has the sizes that `info` tells, with room for
 * `room` tokens and ONNX Runtime's own default settings, but `threads`.
 */
struct bare_loop *bare_loop_open(const char *path, const struct engine_info *info, int threads, size_t room,
				 struct error *err) must_use;
void bare_loop_close(struct bare_loop *b);

/* Runs n tokens and returns the likeliest next one, or -1. */
int32_t bare_loop_run(struct bare_loop *b, const int32_t *tokens, size_t n, struct error *err);
