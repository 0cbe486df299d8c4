/* What is left of a text after masking stands in it, in the same order; its arguments can always be written. */
#include <assert.h>
#include <stdint.h>

#include "permit/secrets.h"

static void check_order(struct str text, struct str masked)
{
	size_t mark = strlen(SECRET_MASK);

	while (masked.n) {
		const char *end = memmem(masked.p, masked.n, SECRET_MASK, mark);
		size_t n = end ? (size_t)(end - masked.p) : masked.n;
		const char *found = n ? memmem(text.p, text.n, masked.p, n) : text.p;
		assert(found);
		text = str_from(text, (size_t)(found - text.p) + n);
		masked = str_from(masked, n + (end ? mark : 0));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	own_buf out = BUF_INIT(size * 16 + 100), written = BUF_INIT(size * 16 + 1000);
	struct error err = {0};

	bool ok = secrets_mask(text, &out, &err);
	assert(ok);
	check_order(text, buf_str(&out));
	json_t *string = json_stringn(text.p, text.n);
	if (!string)
		return 0;
	own_json *input = json_pack("{s:o}", "command", string), *masked = secrets_arguments(input, 50);
	ok = json_write(&written, masked, &err);
	assert(ok);
	assert(json_string_length(json_object_get(masked, "command")) < 100);
	return 0;
}
