/*
 * Stop strings in a text that comes in pieces.
 *
 * Text is passed on as soon as it cannot be the beginning of a stop string any
 * more; from the first stop string that is complete, nothing is.  However the
 * text is cut, what is passed on is the same.  When pieces are whole characters
 * and stop strings well-formed UTF-8, so is every piece passed on.
 * One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "chat/request.h"

struct stopper;

/* Stop strings are copied; empty ones are ignored. */
struct stopper *stopper_create(const struct str *stops, size_t count);
void stopper_destroy(struct stopper *s);

static inline void stopper_destroy_ptr(struct stopper **s) { stopper_destroy(*s); }
#define own_stopper owns(stopper_destroy_ptr) struct stopper

/*
 * Takes a piece; what may be passed on is in *out, valid until the next call.
 * True when a stop string is complete: *out is then the last.
 */
bool stopper_feed(struct stopper *s, struct str piece, struct str *out);

/* The text has ended: what was held back is passed on after all. */
struct str stopper_end(struct stopper *s);
