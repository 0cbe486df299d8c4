/*
 * What targets that read a teacher's answer share: it is read whole and in pieces,
 * the deltas must be the same, and in the order that chat/delta.h promises.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "provider/provider.h"

struct answer_seen {
	struct buf deltas;
	size_t calls;
	bool ended;
};

static inline bool answer_record(void *user, const struct delta *d, struct error *err)
{
	struct answer_seen *seen = user;

	assert(!seen->ended);
	assert(utf8_valid(d->text.p, d->text.n));
	if (d->kind == DELTA_CALL)
		assert(d->call == seen->calls++ && d->id.n && d->name.n);
	if (d->kind == DELTA_ARGUMENTS)
		assert(d->call + 1 == seen->calls);
	if (d->kind == DELTA_SEAL)
		assert(d->vendor.n && (d->call == DELTA_NO_CALL || d->call < seen->calls) &&
			(d->text.n || !d->redacted));
	seen->ended = d->kind == DELTA_END;
	return buf_addf(&seen->deltas, err, "%d %zu ", d->kind, d->call) && buf_add_str(&seen->deltas, d->text, err) &&
		buf_add_str(&seen->deltas, d->id, err);
}

/* Whom an answer is from, and in what form it comes. */
struct answer_manner {
	const struct provider *provider;
	const struct dialect *dialect;
	bool whole;            /* one JSON body */
	size_t piece;          /* bytes at a time */
};

static inline bool answer_read(
	const struct answer_manner *form, size_t piece, struct str bytes, struct answer_seen *seen, struct error *err)
{
	own_provider_stream *s = provider_stream_create_in(form->provider, form->dialect, answer_record, seen);

	if (form->whole && !provider_stream_expect_whole(s))
		return error_set(err, ERROR_INVALID, "whole answers are not read");
	while (bytes.n > 0) {
		size_t n = piece < bytes.n ? piece : bytes.n;
		if (!provider_stream_feed(s, (struct str){ bytes.p, n }, err))
			return false;
		bytes = str_from(bytes, n);
	}
	return provider_stream_close(s, err);
}

static inline void answer_check(const struct answer_manner *form, struct str bytes)
{
	struct answer_seen whole = { .deltas = BUF_INIT(1 << 26) }, cut = { .deltas = BUF_INIT(1 << 26) };
	struct error one = { 0 }, other = { 0 };
	bool ok = answer_read(form, bytes.n, bytes, &whole, &one);

	assert(answer_read(form, form->piece, bytes, &cut, &other) == ok);
	assert(ok == whole.ended);
	assert(ok || one.kind != ERROR_NONE);
	assert(str_equal(buf_str(&whole.deltas), buf_str(&cut.deltas)));
	assert(strcmp(one.text, other.text) == 0);
	buf_done(&whole.deltas);
	buf_done(&cut.deltas);
}

/* The body of an answer with a status other than 200. */
static inline void answer_check_error(const struct provider *p, int status, struct str body)
{
	struct error err = { 0 };

	assert(!p->dialect->read_error(p, status, body, &err));
	assert(err.kind != ERROR_NONE && err.text[0]);
	assert(utf8_valid(err.text, strlen(err.text)));
}

/*
 * First byte 0: the body of an error, for the status in the second; 255: one body, where
 * the dialect reads that; else a stream in such pieces.
 */
static inline void answer_fuzz(
	const struct provider *p, const struct dialect *dialect, const uint8_t *data, size_t size)
{
	if (size < 2)
		return;
	struct answer_manner form = { p, dialect, data[0] == 255 && dialect->read_whole, data[0] };
	struct str rest = { (const char *)data + 1, size - 1 };
	if (data[0])
		answer_check(&form, rest);
	else
		answer_check_error(p, data[1] * 3, str_from(rest, 1));
}
