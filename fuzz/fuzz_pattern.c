/* A regular expression as a schema may hold it: it compiles, or the error says why, soon. */
#include <assert.h>

#include "base/utf8.h"
#include "grammar/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct str text = { (const char *)data, size };
	own_dfa *d = utf8_valid(text.p, text.n) ? pattern_compile(text, &err) : NULL;

	if (!d) {
		assert(!utf8_valid(text.p, text.n) || (err.kind != ERROR_NONE && err.text[0]));
		return 0;
	}
	/* From the beginning on there is a way to the end, unless nothing matches. */
	uint32_t at = DFA_START;
	for (int i = 0; i < 64 && !d->accepts[at] && !dfa_is_empty(d); i++) {
		uint32_t next = DFA_DEAD;
		for (int byte = 0; byte < 256 && next == DFA_DEAD; byte++)
			next = dfa_step(d, at, (uint8_t)((byte + i * 53) % 256));
		assert(next != DFA_DEAD);
		at = next;
	}
	return 0;
}
