/*
 * Writes the texts and the model as C: answer_data.c.  One thread.
 */
#pragma once

#include "route/train/validate.h"

/* Appends the file's text. */
bool emit(struct buf *out, const struct corpus *c, const struct lexicon *l, const struct samples *s,
	const struct weights *w, const struct validation *v, struct error *err) must_use;
