/*
 * Weights of a recognised graph, packed into a prepared file.
 *
 * In pieces of a few megabytes, so that memory does not grow with the model, by
 * all members of a team; the bytes are the same whoever packs which piece.
 */
#pragma once

#include "base/cancel.h"
#include "kernel/team.h"
#include "prepare/recognise.h"

/* How closely weights are kept, the smallest first; the check says which will do. */
enum pack_fit {
	PACK_SMALL,            /* as PACK_HALVES, but the head of a 4-bit model is I4, whatever it was */
	PACK_HALVES,           /* 4- and 8-bit weights as they are, floats as F16, a head beside such as I8 */
	PACK_EXACT,            /* the same with F32 for floats */
};

/*
 * The type of every matrix (decoder_type_count() of them), and the shape of the
 * file: a head that is kept otherwise than the embedding is not tied to it.
 */
void pack_types(const struct found *f, enum pack_fit fit, struct decoder_shape *shape, uint8_t *types);

typedef void pack_progress_fn(void *user, double share);

struct packing {
	const struct found *found;
	const struct decoder_weights *to;      /* memory that may be written to */
	struct cancel *cancel;                 /* may be NULL */
	pack_progress_fn *progress;            /* called by the caller's thread, with 0 to 1; NULL: none */
	void *user;
};

/* False when it was cancelled; the memory then holds anything. */
bool pack_weights(const struct packing *p, struct team *team, struct error *err) must_use;
