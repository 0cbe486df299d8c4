/*
 * JSON, written front to back, as the dialects write their bodies: the order of
 * members is the caller's, for vendors' prompt caches want beginnings to stay
 * equal.  A failure is remembered, and what follows it does nothing.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"

struct writer {
	struct buf *out;
	struct error *err;     /* filled once */
	bool ok;
};

#define WRITER_INIT(out, err) { out, err, true }

/* As it stands. */
void writer_put(struct writer *w, const char *json);
/* At most 159 bytes: for numbers and literals. */
void writer_putf(struct writer *w, const char *format, ...) printf_like(2, 3);

/* A string, quoted. */
void writer_string(struct writer *w, struct str text);

/* JSON text from elsewhere, which must be an object (ERROR_INVALID names `what`); `otherwise` when it is empty. */
void writer_object(struct writer *w, struct str json, const char *otherwise, const char *what);

/* A string with whatever is neither letter, digit nor '-' made '_': vendors refuse others' ids. */
void writer_id(struct writer *w, struct str id);

/* ,"key":value, from `least` to `most` (what lies outside becomes the end), without the locale's decimal point. */
void writer_fraction(struct writer *w, const char *key, float value, float least, float most);

/* Fails it with ERROR_INVALID. */
void writer_refuse(struct writer *w, const char *why);
