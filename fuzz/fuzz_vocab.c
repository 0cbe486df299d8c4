/* A tokenizer's cache file: with its digest made right, what passes the checks must be safe to use. */
#include <assert.h>
#include <stdint.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "text/encoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct str sample = STR("hello world <|im_end|> \xE2\x96\x81\xC3\xA9");

static void encode(const struct vocab *v)
{
	struct error err = {0};
	struct encoder_rules rules = { .vocab = *v };
	own_tokens tokens = TOKENS_INIT(10000);
	struct encoder *e = encoder_create();

	for (int control = 0; control < 2; control++) {
		added_finder_init(&rules.raw[control], v, false, control);
		added_finder_init(&rules.normalized[control], v, true, control);
		struct encoder_run run = { sample, control, PREFIX_BEGINNING };
		if (encoder_run(e, &rules, &run, &tokens, &err))
			for (size_t i = 0; i < tokens.count; i++)
				assert((uint32_t)tokens.ids[i] < v->head->id_count);
	}
	encoder_destroy(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	own_mem char *block = mem_alloc(size + 1);
	struct vocab v;

	memcpy(block, data, size);
	if (size >= sizeof(struct vocab_head)) {
		((struct vocab_head *)block)->size = size;
		((struct vocab_head *)block)->digest = vocab_digest(block, size);
	}
	if (vocab_view(&v, block, size, &err))
		encode(&v);
	return 0;
}
