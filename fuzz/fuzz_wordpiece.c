/*
 * A tokenizer.json of BERT's kind from strangers, and texts: whatever is opened
 * encodes within its bounds.  Input that is no JSON is a text for a known one.
 */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "text/wordpiece.h"

static const char known[] =
	"{\"normalizer\":{\"type\":\"BertNormalizer\"},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
	"\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"[CLS]\",2],\"sep\":[\"[SEP]\",3]},"
	"\"model\":{\"type\":\"WordPiece\",\"continuing_subword_prefix\":\"##\",\"max_input_chars_per_word\":6,"
	"\"vocab\":{\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"a\":4,\"##a\":5,\"ab\":6,\"##ba\":7,\"é\":8}}}";

static void encode(const struct wordpiece *w, struct str text)
{
	own_tokens tokens = TOKENS_INIT(1 << 20);
	struct error err = {0};

	if (!wordpiece_encode(w, text, &tokens, &err)) {
		assert(err.kind != ERROR_NONE && tokens.count == 0);
		return;
	}
	assert(utf8_valid(text.p, text.n) && tokens.count >= 2);
	assert(tokens.ids[0] == wordpiece_first(w) && tokens.ids[tokens.count - 1] == wordpiece_last(w));
	for (size_t i = 0; i < tokens.count; i++)
		assert(tokens.ids[i] >= 0 && (size_t)tokens.ids[i] < wordpiece_size(w));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = { (const char *)data, size };
	struct error err = {0};
	own_wordpiece *theirs = wordpiece_parse(input, &err);
	own_wordpiece *ours = wordpiece_parse(str_of(known), &err);

	if (theirs)
		encode(theirs, str_of("Hello, unaffable wörld! 日本"));
	encode(ours, input);
	return 0;
}
