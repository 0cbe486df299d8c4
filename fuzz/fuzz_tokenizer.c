/*
 * A tokenizer.json: whatever opens must encode any text to tokens that decode to
 * it (or its NFC), and never make control tokens of plain text.
 */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "text/nfc.h"
#include "text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct str sample = STR(
	"Hello, world's  12345 \n\n <|im_end|> caf\xC3\xA9 e\xCC\x81 \xE6\x97\xA5\xE6\x9C\xAC\t<x> "
	"\xE2\x96\x81" "aaaaaaaa!");

static void check(const struct tokenizer *t, enum token_mode mode)
{
	struct error err = {0};
	own_tokens tokens = TOKENS_INIT(10000);
	own_buf decoded = BUF_INIT(1 << 20);

	if (!tokenizer_encode(t, sample, mode, &tokens, &err))
		return;
	for (size_t i = 0; i < tokens.count; i++) {
		assert(tokens.ids[i] >= 0 && (size_t)tokens.ids[i] < tokenizer_size(t));
		assert(mode == TOKENS_PARSED || !tokenizer_is_control(t, tokens.ids[i]));
	}
	if (tokenizer_decode(t, tokens.ids, tokens.count, false, &decoded, &err))
		assert(utf8_valid(decoded.data, decoded.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	own_tokenizer *t = tokenizer_parse((struct str){ (const char *)data, size }, &err);

	if (!t) {
		assert(err.kind != ERROR_NONE && err.text[0]);
		return 0;
	}
	for (enum token_mode mode = TOKENS_PLAIN; mode <= TOKENS_INSIDE; mode++)
		check(t, mode);
	return 0;
}
