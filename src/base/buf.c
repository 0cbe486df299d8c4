#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What an empty buffer points at, so that data is never NULL. */
char buf_empty[1];

static bool owned(const struct buf *b) { return b->cap > 0; }

void buf_done(struct buf *b)
{
	if (owned(b))
		free(b->data);
	*b = (struct buf)BUF_INIT(0);
}

static bool reserve(struct buf *b, size_t more, struct error *err)
{
	if (more > b->max - b->len)
		return error_set(err, ERROR_TOO_LARGE, "more than %zu bytes", b->max);

	size_t need = b->len + more + 1;
	if (need <= b->cap)
		return true;

	size_t cap = b->cap ? b->cap * 2 : 64;
	while (cap < need)
		cap *= 2;

	char *grown = realloc(owned(b) ? b->data : NULL, cap);
	if (!grown)
		return error_set(err, ERROR_INTERNAL, "out of memory (%zu bytes)", cap);
	if (!owned(b))
		grown[0] = '\0';
	b->data = grown;
	b->cap = cap;
	return true;
}

bool buf_add(struct buf *b, const void *src, size_t n, struct error *err)
{
	if (n == 0)
		return true;
	if (!reserve(b, n, err))
		return false;
	memcpy(b->data + b->len, src, n);
	b->len += n;
	b->data[b->len] = '\0';
	return true;
}

bool buf_adds(struct buf *b, const char *string, struct error *err)
{
	return buf_add(b, string, strlen(string), err);
}

bool buf_add_str(struct buf *b, struct str text, struct error *err)
{
	return buf_add(b, text.p, text.n, err);
}

static bool add_formatted(struct buf *b, struct error *err, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return error_set(err, ERROR_INTERNAL, "cannot format a text");
	if (!reserve(b, (size_t)n, err))
		return false;
	if (n > 0)
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return true;
}

bool buf_addf(struct buf *b, struct error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	bool ok = add_formatted(b, err, fmt, ap);
	va_end(ap);
	return ok;
}

static void must_fit(bool ok, const struct error *err)
{
	if (!ok)
		mem_panic(err->text);
}

void buf_put(struct buf *b, const char *string)
{
	struct error err = {0};

	must_fit(buf_adds(b, string, &err), &err);
}

void buf_putf(struct buf *b, const char *fmt, ...)
{
	struct error err = {0};
	va_list ap;

	va_start(ap, fmt);
	bool ok = add_formatted(b, &err, fmt, ap);
	va_end(ap);
	must_fit(ok, &err);
}

void buf_clear(struct buf *b)
{
	buf_truncate(b, 0);
}

void buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

void buf_truncate(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->len = n;
	if (owned(b))
		b->data[n] = '\0';
}

char *buf_detach(struct buf *b, size_t *len)
{
	char *bytes = owned(b) ? b->data : mem_zeroed(1, 1);

	if (len)
		*len = b->len;
	*b = (struct buf)BUF_INIT(b->max);
	return bytes;
}
