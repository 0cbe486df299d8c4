/*
 * Careless JSON: what comes out is an object, which is left as it is when it is repaired
 * again; what was an object already stays the same.
 */
#include <assert.h>
#include <stdint.h>

#include "base/json.h"
#include "text/json_repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	own_buf once = BUF_INIT(1 << 20), twice = BUF_INIT(1 << 20);
	struct error err = {0};
	own_json *plain = json_parse_object(text, "text", &err);

	if (!json_repair(text, &once)) {
		assert(!once.len);
		return 0;
	}
	own_json *made = json_parse_object(buf_str(&once), "text", &err);
	assert(made && (!plain || json_equal(plain, made)));
	assert(json_repair(buf_str(&once), &twice) && str_equal(buf_str(&once), buf_str(&twice)));
	return 0;
}
