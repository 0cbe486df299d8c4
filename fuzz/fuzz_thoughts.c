/*
 * What a model writes, cut anywhere: the same thoughts and the same text come out.
 * The first byte is the size of the pieces, its lowest bit says that thoughts have
 * begun.
 */
#include <assert.h>
#include <stdint.h>

#include "text/thoughts.h"

static bool on_text(void *user, struct str text, struct error *err)
{
	return buf_add_str(user, text, err);
}

static bool on_thought(void *user, struct str text, struct error *err)
{
	for (size_t i = 0; i < text.n; i++)
		if (!buf_addf(user, err, "%02x", (unsigned char)text.p[i]))
			return false;
	return true;
}

static void split(struct str text, size_t piece, bool begun, struct buf *out)
{
	struct error err = {0};
	owns(thoughts_done) struct thoughts t;
	bool ok = true;

	thoughts_init(&t, begun, (struct thoughts_sink){ on_thought, on_text, out });
	while (ok && text.n) {
		size_t n = piece < text.n ? piece : text.n;
		ok = thoughts_feed(&t, (struct str){ text.p, n }, &err);
		text = str_from(text, n);
	}
	ok = ok && thoughts_finish(&t, &err);
	assert(ok);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_buf whole = BUF_INIT(1 << 24), cut = BUF_INIT(1 << 24);
	struct str text = { (const char *)data + 1, size - 1 };

	if (size < 2 || size > 1 << 16)
		return 0;
	split(text, text.n, data[0] & 1, &whole);
	split(text, data[0] / 2 + 1u, data[0] & 1, &cut);
	assert(str_equal(buf_str(&whole), buf_str(&cut)));
	return 0;
}
