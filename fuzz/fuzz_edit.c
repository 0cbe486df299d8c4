/* A text, what to replace in it and by what, parted by NULs: the change is there, all else stays, and is told. */
#include <assert.h>
#include <stdint.h>

#include "tool/diff.h"
#include "tool/edit_match.h"

#define TEXT_MAX ((size_t)1 << 20)

static size_t count_places(struct str text, struct str what)
{
	size_t count = 0;

	for (size_t i = 0; i + what.n <= text.n; i++)
		count += memcmp(text.p + i, what.p, what.n) == 0;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, text = {0}, from = {0};
	own_buf out = BUF_INIT(TEXT_MAX), words = BUF_INIT(TEXT_MAX), plain = BUF_INIT(TEXT_MAX),
		plain_from = BUF_INIT(TEXT_MAX);
	struct error err = {0};
	struct edit_result r;

	if (size > 4096 || !str_split(&rest, '\0', &text) || !str_split(&rest, '\0', &from) || !from.n)
		return 0;
	const struct edit e = { from, rest, from.n % 2 };
	if (!edit_apply(text, &e, &r, &out, &err))
		return 0;
	assert(edit_plain(text, r.quotes, &plain, &err) && edit_plain(from, r.quotes, &plain_from, &err));
	assert(!r.count == !count_places(buf_str(&plain), buf_str(&plain_from)));
	if (r.count == 1 || (r.count && e.all && !r.quotes)) {
		assert(r.begin <= r.end && r.end <= out.len);
		json_decref(diff_json(text, buf_str(&out)));
	} else {
		assert(out.len == 0);
	}
	assert(edit_explain(text, from, &words, &err));
	return 0;
}
