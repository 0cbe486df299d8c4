/*
 * ONNX Runtime with nothing around it: runs a test model a piece at a time and
 * hands back all logits.  It is told the model's shape and believes it; the
 * engine, which finds everything out itself, is compared with this.
 *
 * The library is the file that $SHAMMAH_ONNXRUNTIME names.  One thread at a time.
 */
#pragma once

#include "support/models.h"

struct bare;

/*
 * Opens onnx/model*.onnx of the shape's precision in `dir`.  With shared_length,
 * past and present are one buffer of so many tokens (GroupQueryAttention only).
 */
struct bare *bare_open(const char *dir, const struct model_shape *shape, size_t shared_length, struct error *err)
	must_use;
void bare_close(struct bare *b);
static inline void bare_release(struct bare **b) { bare_close(*b); }
#define own_bare owns(bare_release) struct bare

/* Whether there is a library to open. */
bool bare_available(void);

/* Tokens in the cache. */
size_t bare_length(const struct bare *b);

/* Appends n tokens; logits [n, vocab], or [1, vocab] of a model with last_logits. */
bool bare_run(struct bare *b, const int64_t *ids, size_t n, float *logits, struct error *err) must_use;

/* Forgets all but the first tokens. */
void bare_truncate(struct bare *b, size_t length);
