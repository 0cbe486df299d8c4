/*
 * A JSON Schema as a client may send it: it compiles or the error says why, and
 * whoever follows what it allows is never stuck before the text is complete.
 */
#include <assert.h>

#include "grammar/grammar.h"
#include "grammar/run.h"

/* Some byte that leads on, other ones in other places; false when there is none. */
static bool go_on(struct run *r, struct set *at, uint32_t turn)
{
	for (uint32_t i = 0; i < 256; i++) {
		struct run_mark mark = run_mark(r);
		struct set next = run_byte(r, *at, (uint8_t)(turn * 167 + i * 89));
		if (next.to > next.from) {
			*at = next;
			return true;
		}
		run_cut(r, mark);
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	own_json *schema = json_parse((struct str){ (const char *)data, size }, "schema", &err);
	own_grammar *g = schema ? grammar_of_schema(schema, &err) : NULL;
	struct run r owns(run_done);

	assert(g || (err.kind != ERROR_NONE && err.text[0]));
	run_init(&r, g ? grammar_machine(g) : &(const struct machine){0});
	if (!g)
		return 0;
	struct set at = run_begin(&r);
	for (uint32_t turn = 0; turn < 200; turn++)
		if (!go_on(&r, &at, turn + data[0])) {
			assert(run_is_complete(&r, at));
			return 0;
		}
	return 0;
}
