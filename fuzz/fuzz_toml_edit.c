/*
 * Changes to a TOML text.  The first byte chooses one, the rest is the text: what is
 * changed has been parsed again and compared (toml_verify.c); a refusal leaves it.
 */
#include <assert.h>
#include <stdint.h>

#include "base/mem.h"
#include "config/toml_edit.h"

static bool change(struct buf *text, unsigned which, const json_t *value, struct error *err)
{
	static const char *const paths[] = { "a", "a.b", "teachers[0].model", "teachers[1].a.b", "teachers", "a.b.c" };
	const char *path = paths[which / 4 % countof(paths)];

	switch (which % 4) {
	case 0:
		return toml_edit_set(text, "input", path, value, err);
	case 1:
		return toml_edit_remove(text, "input", path, err);
	case 2:
		return toml_edit_add(text, "input", "teachers", value, err);
	default:
		return toml_edit_move(text, "input", "teachers", which / 4 % 3, which / 12 % 3, err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_buf text = BUF_INIT(1 << 16);
	struct error err = {0};

	if (!size || !buf_add(&text, data + 1, size - 1, &err))
		return 0;
	own_mem char *before = mem_strndup(text.data, text.len);
	size_t len = text.len;
	own_json *value = *data % 4 == 2 ? json_pack("{s:i}", "model", 1) : json_string("x");
	if (!change(&text, *data, value, &err))
		assert(text.len == len && memcmp(text.data, before, len) == 0);
	return 0;
}
