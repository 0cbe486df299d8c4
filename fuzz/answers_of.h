/*
 * What a teacher's server may send.  First byte 0: the body of an error, for the
 * status in the second.  Otherwise a stream, whole and in pieces of that size:
 * the deltas must be the same, and in the order that chat/delta.h promises.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "provider/provider.h"

struct seen {
	struct buf deltas;
	size_t calls;
	bool ended;
};

static inline bool see(void *user, const struct delta *d, struct error *err)
{
	struct seen *seen = user;

	assert(!seen->ended);
	assert(utf8_valid(d->text.p, d->text.n));
	if (d->kind == DELTA_CALL)
		assert(d->call == seen->calls++ && d->id.n && d->name.n);
	if (d->kind == DELTA_ARGUMENTS)
		assert(d->call + 1 == seen->calls);
	if (d->kind == DELTA_SEAL)
		assert(d->vendor.n && (d->call == DELTA_NO_CALL || d->call < seen->calls));
	seen->ended = d->kind == DELTA_END;
	return buf_addf(&seen->deltas, err, "%d %zu ", d->kind, d->call) && buf_add_str(&seen->deltas, d->text, err) &&
		buf_add_str(&seen->deltas, d->id, err);
}

static inline bool see_stream(const struct provider *p, struct str bytes, size_t piece, struct seen *seen,
	struct error *err)
{
	own_provider_stream *s = provider_stream_create(p, see, seen);

	while (bytes.n > 0) {
		size_t n = piece < bytes.n ? piece : bytes.n;
		if (!provider_stream_feed(s, (struct str){ bytes.p, n }, err))
			return false;
		bytes = str_from(bytes, n);
	}
	return provider_stream_close(s, err);
}

static inline void check_stream(const struct provider *p, struct str bytes, size_t piece)
{
	struct seen whole = { .deltas = BUF_INIT(1 << 26) }, cut = { .deltas = BUF_INIT(1 << 26) };
	struct error one = { 0 }, other = { 0 };
	bool ok = see_stream(p, bytes, bytes.n, &whole, &one);

	assert(see_stream(p, bytes, piece, &cut, &other) == ok);
	assert(ok == whole.ended);
	assert(str_equal(buf_str(&whole.deltas), buf_str(&cut.deltas)));
	assert(strcmp(one.text, other.text) == 0);
	buf_done(&whole.deltas);
	buf_done(&cut.deltas);
}

static inline void check_error(const struct provider *p, int status, struct str body)
{
	struct error err = { 0 };

	assert(!p->dialect->read_error(p, status, body, &err));
	assert(err.kind != ERROR_NONE && err.text[0]);
}

static inline void check_answer(const struct provider *p, const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data + 1, size - 1 };

	if (size < 2)
		return;
	if (data[0])
		check_stream(p, rest, data[0]);
	else
		check_error(p, data[1] * 3, str_from(rest, 1));
}
