/*
 * A decoder's forward pass, plain and slow: one sequence, every formula written
 * out, in double precision, with a prepared file's very weights.  Activations are
 * rounded where the kernels round them (8 bits in blocks of 32, before products
 * with I8 and I4).  One thread at a time.
 */
#pragma once

#include "model/prepared.h"

struct slow_decoder;

/* `p` must outlive it.  At most `most` tokens. */
struct slow_decoder *slow_decoder_create(const struct prepared *p, size_t most);
void slow_decoder_destroy(struct slow_decoder *d);

static inline void slow_decoder_release(struct slow_decoder **d) { slow_decoder_destroy(*d); }
#define own_slow_decoder owns(slow_decoder_release) struct slow_decoder

/* Appends a token; the vocabulary's logits after it. */
void slow_decoder_run(struct slow_decoder *d, int32_t token, float *logits);
