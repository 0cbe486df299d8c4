/* TOML: whatever is accepted is a tree that can be written, and every key of it has a line of the text. */
#include <assert.h>
#include <stdint.h>

#include "base/mem.h"
#include "config/toml.h"

static void check_lines(const json_t *object, const json_t *lines, const char *path, int last)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		own_mem char *whole = mem_printf("%s%s%s", path, *path ? "." : "", key);
		int line = toml_line(lines, whole);
		assert(line >= 0 && line <= last);
		if (json_is_object(value))
			check_lines(value, lines, whole, last);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	own_json *root = NULL, *lines = NULL;
	own_buf out = BUF_INIT(1 << 24);
	struct error err = {0};
	int last = 1;

	if (size > 1 << 16 || !toml_parse(text, "input", &root, &lines, &err))
		return 0;
	for (size_t i = 0; i < size; i++)
		last += data[i] == '\n';
	assert(json_write(&out, root, &err));
	if (size < 4096)
		check_lines(root, lines, "", last);
	return 0;
}
