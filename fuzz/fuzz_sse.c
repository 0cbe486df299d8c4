/* An event stream, whole and cut as the first byte says: the events must be the same. */
#include <assert.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/sse.h"

#define LIMIT 512

static bool record(void *user, const struct sse_event *e, struct error *err)
{
	assert(e->data.p[e->data.n] == '\0');
	return buf_addf(user, err, "%s|", e->name) && buf_add_str(user, e->data, err) && buf_adds(user, ";", err);
}

static bool feed_cut(struct sse_parser *p, struct str bytes, size_t piece, struct error *err)
{
	bool ok = true;

	while (ok && bytes.n > 0) {
		size_t n = piece < bytes.n ? piece : bytes.n;
		ok = sse_feed(p, (struct str){ bytes.p, n }, err);
		bytes = str_from(bytes, n);
	}
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_buf whole = BUF_INIT(1 << 24), cut = BUF_INIT(1 << 24);
	struct error err = { 0 };

	if (size < 2)
		return 0;

	struct str bytes = { (const char *)data + 1, size - 1 };
	struct sse_parser *a = sse_create(LIMIT, record, &whole), *b = sse_create(LIMIT, record, &cut);
	bool ok = sse_feed(a, bytes, &err);
	assert(feed_cut(b, bytes, 1 + data[0] % 40, &err) == ok);
	assert(str_equal(buf_str(&whole), buf_str(&cut)));
	sse_destroy(a);
	sse_destroy(b);
	return 0;
}
