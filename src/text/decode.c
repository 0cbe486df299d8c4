/*
 * A token's bytes are appended to what is held from the token before; whole
 * characters go out, malformed bytes as U+FFFD, and a beginning that later bytes
 * may complete is held.
 */
#include "text/tokenizer.h"

#include "base/utf8.h"

static const struct str replacement = STR("\xEF\xBF\xBD");

/* How many bytes of s stand for one U+FFFD: the longest beginning of any character, at least one. */
static size_t malformed(const char *s, size_t n)
{
	for (size_t len = n < 3 ? n : 3; len > 1; len--)
		if (utf8_incomplete_tail(s, len) == len)
			return len;
	return 1;
}

/* Appends `bytes`, which do not end in the middle of a character that could still be completed. */
static bool add_lossy(struct buf *out, struct str bytes, struct error *err)
{
	size_t from = 0, at = 0;
	uint32_t c;

	while (at < bytes.n) {
		size_t len = utf8_decode(bytes.p + at, bytes.n - at, &c);
		if (len > 1 || (unsigned char)bytes.p[at] < 0x80) {
			at += len;
			continue;
		}
		if (!buf_add(out, bytes.p + from, at - from, err) || !buf_add_str(out, replacement, err))
			return false;
		at += malformed(bytes.p + at, bytes.n - at);
		from = at;
	}
	return buf_add(out, bytes.p + from, at - from, err);
}

/* Appends what is complete in held + bytes; the rest is held. */
static bool push_bytes(struct token_stream *s, struct str bytes, struct buf *out, struct error *err)
{
	char joint[sizeof s->held * 2];

	/* Characters across the border are completed byte by byte; at most three bytes are needed. */
	while (s->held_count && bytes.n) {
		memcpy(joint, s->held, s->held_count);
		joint[s->held_count] = bytes.p[0];
		struct str both = { joint, s->held_count + 1 };
		size_t tail = utf8_incomplete_tail(both.p, both.n);
		if (!add_lossy(out, (struct str){ both.p, both.n - tail }, err))
			return false;
		memcpy(s->held, both.p + both.n - tail, tail);
		s->held_count = tail;
		bytes = str_from(bytes, 1);
	}
	size_t tail = utf8_incomplete_tail(bytes.p, bytes.n);
	if (!tail)
		return add_lossy(out, bytes, err);
	memcpy(s->held, bytes.p + bytes.n - tail, tail);
	s->held_count = tail;
	return add_lossy(out, (struct str){ bytes.p, bytes.n - tail }, err);
}

void token_stream_show(struct token_stream *s, int32_t id)
{
	if (id >= 0 && s->shown_count < countof(s->shown))
		s->shown[s->shown_count++] = id;
}

static bool is_shown(const struct token_stream *s, int32_t id)
{
	for (size_t i = 0; i < s->shown_count; i++)
		if (s->shown[i] == id)
			return true;
	return false;
}

bool token_stream_push(struct token_stream *s, int32_t id, struct buf *out, struct error *err)
{
	if (s->skip_special && tokenizer_is_special(s->tokenizer, id) && !is_shown(s, id))
		return true;
	struct str bytes = tokenizer_bytes(s->tokenizer, id);
	if (!bytes.n)
		return true;
	if (!s->begun)
		bytes = str_from(bytes, tokenizer_dropped_first(s->tokenizer, id));
	s->begun = true;
	return push_bytes(s, bytes, out, err);
}

bool token_stream_finish(struct token_stream *s, struct buf *out, struct error *err)
{
	size_t held = s->held_count;

	s->held_count = 0;
	return !held || buf_add_str(out, replacement, err);
}

bool tokenizer_decode(const struct tokenizer *t, const int32_t *ids, size_t count, bool skip_special, struct buf *out,
	struct error *err)
{
	struct token_stream s;
	size_t before = out->len;
	bool ok = true;

	token_stream_init(&s, t, skip_special);
	for (size_t i = 0; ok && i < count; i++)
		ok = token_stream_push(&s, ids[i], out, err);
	ok = ok && token_stream_finish(&s, out, err);
	if (!ok)
		buf_truncate(out, before);
	return ok;
}
