/*
 * Masks what looks like a secret in a text, for logs and what people are shown.
 *
 * By its looks: prefixes of vendors' keys, JWTs, private keys in PEM, credentials in
 * addresses and in headers.  By its name: values of passwords, tokens and keys in
 * assignments, JSON, YAML, options and queries.  Of the text around it nothing is
 * changed.  It is a net with holes: a password that stands somewhere as a plain word
 * cannot be told from one.  Time grows with the text's length, whatever it holds.  Stateless; any thread.
 */
#pragma once

#include "base/json.h"

#define SECRET_MASK "[masked]"

/* Appends the text, any bytes, with each secret replaced by SECRET_MASK. */
bool secrets_mask(struct str text, struct buf *out, struct error *err) must_use;

/*
 * A call's arguments for a log: secrets masked, and of each string at most `longest` bytes, then how long it is:
 * "beginning of a … (12345 bytes)".  Lists and objects are cut likewise, at 20 members and four levels.  The caller
 * owns the result.
 */
json_t *secrets_arguments(const json_t *input, size_t longest) must_use;
