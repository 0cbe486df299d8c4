#include "support/tiny_tokenizer.h"

#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"

#define QWEN_SPLIT "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}" \
	"| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"

#define QWEN_PRE_TOKENIZER \
	"{\"type\":\"Sequence\",\"pretokenizers\":[" \
	"{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" QWEN_SPLIT "\"},\"behavior\":\"Isolated\",\"invert\":false}," \
	"{\"type\":\"ByteLevel\",\"use_regex\":false}]}"

/* Written as in the file, a space between the halves; " " itself is written Ġ. */
static const char *const merges[TINY_MERGES][2] = {
	{ "h", "e" }, { "l", "l" }, { "Ġ", "w" }, { "he", "ll" }, { "Ġw", "o" }, { "hell", "o" },
	{ "r", "l" }, { "Ġwo", "rl" }, { "Ġworl", "d" }, { "Ã", "©" }, { "a", "a" }, { "aa", "a" },
};

/* The character of the byte alphabet. */
static void spell_byte(unsigned byte, char out[5])
{
	static const unsigned hidden = 0x100;
	unsigned before = 0;

	for (unsigned b = 0; b < byte; b++)
		before += !((b > 0x20 && b < 0x7F) || (b > 0xA0 && b != 0xAD));
	bool printable = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
	out[utf8_encode(printable ? byte : hidden + before, out)] = '\0';
}

static json_t *vocabulary(void)
{
	json_t *vocab = json_object();
	char spelt[5];

	for (unsigned byte = 0; byte < 256; byte++) {
		spell_byte(byte, spelt);
		json_object_set_new(vocab, spelt, json_integer(byte));
	}
	for (int i = 0; i < TINY_MERGES; i++) {
		own_mem char *word = mem_printf("%s%s", merges[i][0], merges[i][1]);
		json_object_set_new(vocab, word, json_integer(256 + i));
	}
	json_object_set_new(vocab, "lone", json_integer(TINY_ADDED - 1));
	return vocab;
}

static json_t *merge_list(bool pairs)
{
	json_t *list = json_array();

	for (int i = 0; i < TINY_MERGES; i++)
		json_array_append_new(list, pairs ? json_pack("[ss]", merges[i][0], merges[i][1]) :
			json_sprintf("%s %s", merges[i][0], merges[i][1]));
	return list;
}

static json_t *parsed(const char *json, const char *otherwise)
{
	json_error_t problem;

	return json_loads(json ? json : otherwise, JSON_DECODE_ANY, &problem);
}

static json_t *usual_added(void)
{
	static const struct { const char *content; int special; } rows[] = {
		{ "<|im_start|>", 1 }, { "<|im_end|>", 1 }, { "<tool_call>", 0 }, { "</tool_call>", 0 }, { "    ", 0 },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < countof(rows); i++)
		json_array_append_new(list, json_pack("{sisssb}", "id", (int)(TINY_ADDED + i),
			"content", rows[i].content, "special", rows[i].special));
	return list;
}

char *tiny_tokenizer(const struct tiny_tokenizer *o)
{
	own_json *model = json_pack("{ssso*so*}", "type", "BPE", "vocab", vocabulary(), "merges", merge_list(o->pairs));
	own_json *extra = parsed(o->model, "{}");

	json_object_update(model, extra);
	own_json *file = json_pack("{sososososO}",
		"added_tokens", o->added ? parsed(o->added, NULL) : usual_added(),
		"normalizer", parsed(o->normalizer, "{\"type\":\"NFC\"}"),
		"pre_tokenizer", parsed(o->pre_tokenizer, QWEN_PRE_TOKENIZER),
		"decoder", parsed(o->decoder, "{\"type\":\"ByteLevel\"}"),
		"model", model);
	return json_dumps(file, JSON_INDENT(1));
}

bool tiny_tokenizer_save(const char *directory)
{
	struct error err = {0};
	own_mem char *path = path_join(directory, "tokenizer.json");
	own_mem char *text = tiny_tokenizer(&(struct tiny_tokenizer){0});

	return file_write(path, str_of(text), 0600, &err);
}
