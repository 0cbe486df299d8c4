/*
 * Jansson, with our errors and our ownership.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"

/* Overwrites every string in a value that held secrets, and releases it; nobody else may hold it. */
void json_forget(json_t **value);
#define own_secret_json owns(json_forget) json_t

static inline void json_release(json_t **value) { json_decref(*value); }
#define own_json owns(json_release) json_t

/*
 * Parses one JSON value that fills the whole text; any value, not only objects.
 * `what` names the text in errors ("request body").  Duplicate keys, NUL in
 * strings, bytes that are no UTF-8 and nesting over 512 are refused.  The
 * caller owns the result.
 */
json_t *json_parse(struct str text, const char *what, struct error *err) must_use;

/* The same of a text that must hold an object. */
json_t *json_parse_object(struct str text, const char *what, struct error *err) must_use;

/*
 * For texts of programs whose strings may hold anything (outputs of commands, say), as JavaScript and Python write
 * them: "\u0000", and halves of surrogate pairs that stand alone, become U+FFFD.  Otherwise as json_parse_object().
 */
json_t *json_parse_tolerant(struct str text, const char *what, struct error *err) must_use;

/*
 * As json_parse(), but strings may hold NUL (read them as json_member_str() does), and what is half
 * a surrogate pair becomes U+FFFD: a teacher may cut in the middle of one.
 */
json_t *json_parse_nul(struct str text, const char *what, struct error *err) must_use;

/* Reads and parses a file of at most `limit` bytes. */
json_t *json_parse_file(const char *path, size_t limit, struct error *err) must_use;

/* Appends compact JSON, key order kept, non-ASCII as it is. */
bool json_write(struct buf *out, const json_t *value, struct error *err) must_use;

/* Appends a JSON string literal, quotes included. */
bool json_write_string(struct buf *out, struct str text, struct error *err) must_use;

/* A member's string, or NULL when it is missing or of another type. */
const char *json_member_string(const json_t *object, const char *key);

/* A member's bytes; {0} when missing or of another type. */
struct str json_member_str(const json_t *object, const char *key);

/*
 * Where a JSON pointer (RFC 6901; "%41" is undone as well, as in the fragment of a
 * URL) leads from `root`: "" is root itself.  NULL when it leads nowhere.
 */
const json_t *json_pointer(const json_t *root, struct str pointer);
