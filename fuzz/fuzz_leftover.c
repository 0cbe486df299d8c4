/* What a small model writes: however it is cut, the same text and calls, and no mark of a call in the text. */
#include <assert.h>
#include <stdint.h>

#include "agent/leftover.h"

static bool on_text(void *user, struct str text, struct error *err)
{
	return buf_add_str(user, text, err);
}

static void extract(struct str text, size_t piece, struct buf *shown, json_t *calls)
{
	const struct leftover_sink sink = { on_text, shown };
	struct error err = {0};
	own_leftover l;
	bool ok = true;

	leftover_init(&l);
	while (ok && text.n) {
		size_t n = piece < text.n ? piece : text.n;
		ok = leftover_feed(&l, (struct str){ text.p, n }, &sink, &err);
		text = str_from(text, n);
	}
	assert(ok && leftover_finish(&l, NULL, calls, &sink, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_buf whole = BUF_INIT(1 << 24), cut = BUF_INIT(1 << 24);
	own_json *all = json_array(), *some = json_array();

	if (!size)
		return 0;
	struct str text = { (const char *)data + 1, size - 1 };
	extract(text, SIZE_MAX, &whole, all);
	extract(text, 1 + data[0] % 32, &cut, some);
	assert(str_equal(buf_str(&whole), buf_str(&cut)) && json_equal(all, some));
	/* What is dropped between them may make one of two halves. */
	if (!memmem(text.p, text.n, "</tool_call>", 12))
		assert(!memmem(whole.data, whole.len, "<tool_call>", 11));
	return 0;
}
