/*
 * From the text of a tokenizer.json to a block (text/vocab.h).
 */
#pragma once

#include "text/vocab.h"

/*
 * The caller frees the block, whose size is in its head.  Errors say what in the
 * file is wrong or not supported.
 */
void *vocab_build(struct str text, struct error *err) must_use;
