/*
 * OpenRouter's `reasoning_details`: thoughts as the vendor behind it wants them
 * back, https://openrouter.ai/docs/use-cases/reasoning-tokens
 *
 * A stream sends a detail in pieces of equal index.  Its text becomes our
 * thoughts; all else of it, as a JSON object, their seal.  Internal to provider/.
 */
#pragma once

#include "base/json.h"
#include "provider/stream.h"

/* The one that has begun; all zero: none. */
struct details {
	json_t *open;          /* without its text */
	bool text;             /* some has been passed on */
};

/* Some of these pieces hold text, so that `reasoning` beside them says the same. */
bool details_hold_text(const json_t *pieces);

/* Takes the pieces of a chunk, an array or nothing. */
bool details_add(struct provider_stream *s, struct details *d, const json_t *pieces, struct error *err) must_use;

/* No further piece of the open one will come: passes on its seal. */
bool details_close(struct provider_stream *s, struct details *d, struct error *err) must_use;

void details_done(struct details *d);
