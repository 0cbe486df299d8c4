/*
 * What tokenizers do to text before they cut it: NFC, and for SentencePiece's a
 * space where U+2581 stands and perhaps one before everything.  Which of these is
 * in the flags of text/vocab.h.  Text is well-formed UTF-8.  Stateless; any thread.
 */
#pragma once

#include "base/buf.h"
#include "text/vocab.h"

/* True: the text stays as it is.  False is also said of some that would. */
bool normalize_keeps(uint32_t flags, struct str text);

/* Appends the text normalised; `prefix`: with the space before it, if the flags ask for one. */
bool normalize_add(uint32_t flags, bool prefix, struct str text, struct buf *out, struct error *err) must_use;
