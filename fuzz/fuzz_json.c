/*
 * JSON text: parse, write, parse again; the second writing must equal the first.  Whoever is tolerant takes all
 * that others take, alike, and nothing that cannot be written.
 */
#include <assert.h>
#include <stdint.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	own_json *value = json_parse((struct str){ (const char *)data, size }, "input", &err);
	own_json *tolerant = json_parse_tolerant((struct str){ (const char *)data, size }, "input", &err);
	own_json *any = json_parse_nul((struct str){ (const char *)data, size }, "input", &err);
	own_buf lenient = BUF_INIT(1 << 24), once = BUF_INIT(1 << 24), twice = BUF_INIT(1 << 24);

	assert(!value || (any && json_equal(any, value)));
	assert(!value || !json_is_object(value) || (tolerant && json_equal(tolerant, value)));
	assert(!tolerant || json_write(&lenient, tolerant, &err));
	if (!value || !json_write(&once, value, &err))
		return 0;
	own_json *again = json_parse(buf_str(&once), "own output", &err);
	assert(again && json_write(&twice, again, &err));
	assert(str_equal(buf_str(&once), buf_str(&twice)));
	return 0;
}
