/*
 * {"messages", "tools", "add_generation_prompt"} as a client may send it: every
 * family renders it or says why not, and what comes out is UTF-8.
 */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "text/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	own_json *input = json_parse((struct str){ (const char *)data, size }, "input", &err);

	if (!input)
		return 0;
	for (size_t i = 0; i < template_count; i++) {
		struct error why = {0};
		own_json *output = explain_template(templates[i], input, &why);
		assert(output || (why.kind != ERROR_NONE && why.text[0]));
		if (output)
			assert(utf8_valid(json_member_str(output, "text").p, json_member_str(output, "text").n));
	}
	return 0;
}
