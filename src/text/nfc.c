/*
 * Text is cut at characters that neither move nor combine with what stands
 * before them.  The pieces between two such cuts that the quick check of UAX #15
 * does not pass are decomposed by utf8proc, put in canonical order here, and
 * composed by utf8proc.  The ordering is ours because utf8proc's own takes time
 * quadratic in the number of marks on one letter, which strangers choose.
 */
#include "text/nfc.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/unicode.h"

#define DECOMPOSED_MAX 18   /* code points one may decompose to; canonical ones need 4 */

static unsigned combining_class(uint32_t c)
{
	return (unsigned)utf8proc_get_property((utf8proc_int32_t)c)->combining_class;
}

static bool is_boundary(unsigned flags) { return !(flags & (UNICODE_MARK | UNICODE_UNSTABLE)); }

/* The end of the span that begins before `at`: the next boundary. */
static size_t span_end(struct str text, size_t at)
{
	uint32_t c;

	while (at < text.n) {
		size_t len = unicode_next(text.p + at, &c);
		if (is_boundary(unicode_flags(c)))
			break;
		at += len;
	}
	return at;
}

/* The next span, from `at` on, that may not be in NFC. */
static bool next_span(struct str text, size_t at, size_t *start, size_t *end)
{
	unsigned last_class = 0;
	uint32_t c;

	*start = at;
	while (at < text.n) {
		size_t ascii = utf8_ascii(text.p + at, text.n - at);
		if (ascii) {
			at += ascii;
			*start = at - 1;
			last_class = 0;
			continue;
		}
		size_t len = unicode_next(text.p + at, &c);
		unsigned flags = unicode_flags(c);
		unsigned class = flags & UNICODE_MARK ? combining_class(c) : 0;
		if ((flags & UNICODE_UNSTABLE) || (class && class < last_class)) {
			*end = span_end(text, at + len);
			return true;
		}
		if (is_boundary(flags))
			*start = at;
		last_class = class;
		at += len;
	}
	return false;
}

bool nfc_is(struct str text)
{
	size_t start, end;

	return !next_span(text, 0, &start, &end);
}

/* A mark on its way to its place: class first, then where it stood. */
static int by_class(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void order_run(utf8proc_int32_t *marks, size_t n)
{
	own_mem uint64_t *keys = mem_zeroed(n, sizeof *keys);
	own_mem utf8proc_int32_t *old = mem_zeroed(n, sizeof *old);

	for (size_t i = 0; i < n; i++) {
		old[i] = marks[i];
		keys[i] = (uint64_t)combining_class((uint32_t)marks[i]) << 32 | i;
	}
	qsort(keys, n, sizeof *keys, by_class);
	for (size_t i = 0; i < n; i++)
		marks[i] = old[(uint32_t)keys[i]];
}

/* Canonical ordering: each run of marks is sorted by combining class, stably. */
static void order(utf8proc_int32_t *c, size_t n)
{
	for (size_t i = 0; i < n; ) {
		size_t run = 0;
		while (i + run < n && combining_class((uint32_t)c[i + run]))
			run++;
		if (run > 1)
			order_run(c + i, run);
		i += run ? run : 1;
	}
}

static size_t decompose(struct str span, utf8proc_int32_t *out, size_t cap)
{
	size_t count = 0;
	uint32_t c;

	for (size_t at = 0; at < span.n; ) {
		int boundary = 0;
		at += unicode_next(span.p + at, &c);
		count += (size_t)utf8proc_decompose_char((utf8proc_int32_t)c, out + count,
			(utf8proc_ssize_t)(cap - count), UTF8PROC_DECOMPOSE, &boundary);
	}
	return count;
}

static bool add_span(struct buf *out, struct str span, struct error *err)
{
	size_t cap = span.n * 2 + DECOMPOSED_MAX;   /* no canonical decomposition is over 2 code points a byte */
	own_mem utf8proc_int32_t *c = mem_zeroed(cap, sizeof *c);
	size_t n = decompose(span, c, cap);

	order(c, n);
	n = (size_t)utf8proc_normalize_utf32(c, (utf8proc_ssize_t)n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
	for (size_t i = 0; i < n; i++) {
		char bytes[4];
		if (!buf_add(out, bytes, utf8_encode((uint32_t)c[i], bytes), err))
			return false;
	}
	return true;
}

bool nfc_add(struct buf *out, struct str text, struct error *err)
{
	size_t at = 0, start, end;

	while (next_span(text, at, &start, &end)) {
		if (!buf_add(out, text.p + at, start - at, err) ||
		    !add_span(out, (struct str){ text.p + start, end - start }, err))
			return false;
		at = end;
	}
	return buf_add(out, text.p + at, text.n - at, err);
}
