/*
 * A growable byte buffer with a ceiling.
 *
 * Whoever creates the buffer says how large it may get; a peer that sends more
 * than that gets an error, not our memory.  data is never NULL and always ends
 * with a NUL byte, which len does not count.  One thread at a time.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

struct buf {
	char *data;
	size_t len, cap, max;
};

extern char buf_empty[1];
#define BUF_INIT(limit) { .data = buf_empty, .max = (limit) }

void buf_done(struct buf *b);
#define own_buf owns(buf_done) struct buf

/* Each adder either adds everything or fails (ERROR_TOO_LARGE) and adds nothing. */
bool buf_add(struct buf *b, const void *src, size_t n, struct error *err) must_use;
bool buf_adds(struct buf *b, const char *string, struct error *err) must_use;
bool buf_add_str(struct buf *b, struct str text, struct error *err) must_use;
bool buf_addf(struct buf *b, struct error *err, const char *fmt, ...) must_use printf_like(3, 4);

/*
 * The same for text of our own whose size no outsider controls: meeting the
 * ceiling is a bug, and asserted.
 */
void buf_put(struct buf *b, const char *string);
void buf_putf(struct buf *b, const char *fmt, ...) printf_like(2, 3);

/* Empties the buffer and keeps its memory. */
void buf_clear(struct buf *b);

/* Drops the first n bytes, n <= len. */
void buf_consume(struct buf *b, size_t n);

/* Cuts to the first n bytes, n <= len. */
void buf_truncate(struct buf *b, size_t n);

/* Hands the bytes to the caller, who frees them; the buffer is empty again. */
char *buf_detach(struct buf *b, size_t *len);

static inline struct str buf_str(const struct buf *b) { return (struct str){ b->data, b->len }; }
