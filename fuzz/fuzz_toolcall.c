/*
 * What a model writes: cut anywhere, the same text and calls come out, and
 * without calls exactly what went in.  The first byte is the size of the pieces,
 * and with it the dialect.
 */
#include <assert.h>
#include <stdint.h>

#include "text/toolcall.h"

struct result {
	struct buf text;
	size_t calls;
};

static bool on_text(void *user, struct str text, struct error *err)
{
	return buf_add_str(&((struct result *)user)->text, text, err);
}

static bool on_call(void *user, struct str name, struct error *err)
{
	struct result *r = user;

	r->calls++;
	return buf_addf(&r->text, err, "\1%.*s\2", STR_ARGS(name));
}

static void extract(struct str text, size_t piece, const struct dialect *dialect, struct result *r)
{
	static const struct tool tools[] = { { .name = STR("look") }, { .name = STR("go") } };

	struct error err = {0};
	owns(toolcall_done) struct toolcall t;
	bool ok = true;

	toolcall_init(&t, dialect, tools, countof(tools), (struct toolcall_sink){ on_text, on_call, on_text, r });
	while (ok && text.n) {
		size_t n = piece < text.n ? piece : text.n;
		ok = toolcall_feed(&t, (struct str){ text.p, n }, &err);
		text = str_from(text, n);
	}
	ok = ok && toolcall_finish(&t, &err);
	assert(ok);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dialect *const dialects[] = {
		&dialect_hermes, &dialect_llama, &dialect_mistral, &dialect_phi };
	struct result whole = { .text = BUF_INIT(1 << 24) }, cut = { .text = BUF_INIT(1 << 24) };
	struct str text = { (const char *)data + 1, size - 1 };

	if (size < 2)
		return 0;
	extract(text, text.n, dialects[data[0] % countof(dialects)], &whole);
	extract(text, data[0] + 1u, dialects[data[0] % countof(dialects)], &cut);
	assert(str_equal(buf_str(&whole.text), buf_str(&cut.text)));
	assert(whole.calls || str_equal(buf_str(&whole.text), text));
	buf_done(&whole.text);
	buf_done(&cut.text);
	return 0;
}
