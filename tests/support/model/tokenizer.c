/*
 * The vocabulary: 256 bytes in the order of their characters, then one token a
 * merge, then Qwen2's special tokens.  Merges build each word of the list from
 * its front ("a s", "as s", …), so the first words are one token each; later
 * ones may be cut differently when an earlier merge gets in between.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "support/model/vocabulary.h"

#define FILE_MAX (1u << 20)

static const char *const words[] = {
	"assistant", "user", "system", "\n\n", "  ", "    ", " the", " and", " to", " of", " in", " is", " it",
	" you", " that", " for", " with", " this", " are", " be", " on", " not", " can", " have", " from", " or",
	" what", " file", " function", " return", " model", " answer", " question", " value", " name", "ing", "tion",
	"ment", "er", "ed", "ly", "The", "You", "tool", "call", "\": \"", "{\"", "\"}", "();", "0x", "==", "//", "``",
	"**", "er\n", " =", " (", "é", "ü", "—", "…", " how", " do", " does", " my", " your", " there", " one",
	" all", " use", " using", " run", " test", " write", " read", " line", " list", " code", " error", " string",
	" number", " will", " would", " should", " about", " when", " which", " help", " please", " hello", " by",
	" as", " at", " an", " if", " we", " was", " has", " more", " time", " command", " default", " path", " set",
	" key", " text", " token", " data", "est", "ent", "al", "or", "an", "in", "on",
};

static const struct {
	const char *content;
	bool special;
} added[] = {
	{ "<|endoftext|>", true }, { "<|im_start|>", true }, { "<|im_end|>", true }, { "<|object_ref_start|>", true },
	{ "<|object_ref_end|>", true }, { "<|box_start|>", true }, { "<|box_end|>", true }, { "<|quad_start|>", true },
	{ "<|quad_end|>", true }, { "<|vision_start|>", true }, { "<|vision_end|>", true }, { "<|vision_pad|>", true },
	{ "<|image_pad|>", true }, { "<|video_pad|>", true }, { "<tool_call>", false }, { "</tool_call>", false },
	{ "<|fim_prefix|>", false }, { "<|fim_middle|>", false }, { "<|fim_suffix|>", false }, { "<|fim_pad|>", false },
	{ "<|repo_name|>", false }, { "<|file_sep|>", false },
};

/* As in Qwen2's tokenizer.json. */
static const char pieces[] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
	"| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/* A short form of Qwen2.5's, recognised as that family by what it says. */
static const char template[] =
	"{% if messages[0].role != 'system' %}<|im_start|>system\n"
	"You are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n{% endif %}"
	"{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% for c in m.tool_calls or [] %}"
	"<tool_call>\n{{ c | tojson }}\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}"
	"{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

static int compare_characters(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void add_bytes(json_t *vocab)
{
	uint32_t characters[256];

	for (unsigned byte = 0; byte < 256; byte++)
		characters[byte] = byte_character((uint8_t)byte);
	qsort(characters, 256, sizeof *characters, compare_characters);
	for (int id = 0; id < 256; id++) {
		char token[5] = { 0 };

		utf8_encode(characters[id], token);
		json_object_set_new(vocab, token, json_integer(id));
	}
}

/* Joins `left` and the next byte's character unless that token exists; `left` becomes the joined one. */
static void add_merge(json_t *vocab, json_t *merges, char left[], uint8_t byte)
{
	char right[5] = { 0 }, merge[256];
	size_t n = strlen(left);

	utf8_encode(byte_character(byte), right);
	snprintf(merge, sizeof merge, "%s %s", left, right);
	memcpy(left + n, right, sizeof right);
	if (json_object_get(vocab, left))
		return;
	json_object_set_new(vocab, left, json_integer((json_int_t)json_object_size(vocab)));
	json_array_append_new(merges, json_string(merge));
}

static void add_word(json_t *vocab, json_t *merges, const char *word)
{
	char left[128] = { 0 };

	utf8_encode(byte_character((uint8_t)word[0]), left);
	for (const char *p = word + 1; *p; p++)
		add_merge(vocab, merges, left, (uint8_t)*p);
}

static json_t *added_token(size_t i)
{
	return json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "content", added[i].content, "single_word", 0, "lstrip", 0,
		"rstrip", 0, "normalized", 0, "special", (int)added[i].special);
}

static json_t *byte_level(void)
{
	return json_pack("{s:s, s:b, s:b, s:b}", "type", "ByteLevel", "add_prefix_space", 0, "trim_offsets", 0,
		"use_regex", 0);
}

static json_t *make_model(void)
{
	json_t *vocab = json_object(), *merges = json_array();

	add_bytes(vocab);
	for (size_t i = 0; i < countof(words); i++)
		add_word(vocab, merges, words[i]);
	return json_pack("{s:s, s:n, s:n, s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "type", "BPE", "dropout", "unk_token",
		"continuing_subword_prefix", "", "end_of_word_suffix", "", "fuse_unk", 0, "byte_fallback", 0,
		"ignore_merges", 0, "vocab", vocab, "merges", merges);
}

static json_t *make_tokenizer(json_t *model)
{
	json_t *tokens = json_array();
	json_int_t first = (json_int_t)json_object_size(json_object_get(model, "vocab"));

	for (size_t i = 0; i < countof(added); i++) {
		json_t *token = added_token(i);

		json_object_set_new(token, "id", json_integer(first + (json_int_t)i));
		json_array_append_new(tokens, token);
	}
	return json_pack("{s:s, s:n, s:n, s:o, s:{s:s}, s:{s:s, s:[{s:s, s:{s:s}, s:s, s:b}, o]}, s:o, s:o, s:O}",
		"version", "1.0", "truncation", "padding", "added_tokens", tokens, "normalizer", "type", "NFC",
		"pre_tokenizer", "type", "Sequence", "pretokenizers", "type", "Split", "pattern", "Regex", pieces,
		"behavior", "Isolated", "invert", 0, byte_level(), "post_processor", byte_level(),
		"decoder", byte_level(), "model", model);
}

static json_t *make_config(json_t *model)
{
	json_t *tokens = json_object();
	size_t first = json_object_size(json_object_get(model, "vocab"));

	for (size_t i = 0; i < countof(added); i++) {
		char id[24];

		snprintf(id, sizeof id, "%zu", first + i);
		json_object_set_new(tokens, id, added_token(i));
	}
	return json_pack("{s:b, s:b, s:o, s:n, s:s, s:b, s:s, s:s, s:i, s:s, s:b, s:s, s:n}", "add_bos_token", 0,
		"add_prefix_space", 0, "added_tokens_decoder", tokens, "bos_token", "chat_template", template,
		"clean_up_tokenization_spaces", 0, "eos_token", "<|im_end|>", "errors", "replace",
		"model_max_length", 131072, "pad_token", "<|endoftext|>", "split_special_tokens", 0,
		"tokenizer_class", "Qwen2Tokenizer", "unk_token");
}

static bool write_json(const char *dir, const char *name, const json_t *value, struct error *err)
{
	own_mem char *path = path_join(dir, name);
	own_buf text = BUF_INIT(FILE_MAX);

	return json_write(&text, value, err) && file_write(path, buf_str(&text), 0644, err);
}

bool vocabulary_write(const char *dir, struct error *err)
{
	own_json *model = make_model();
	own_json *tokenizer = make_tokenizer(model);
	own_json *config = make_config(model);

	return write_json(dir, "tokenizer.json", tokenizer, err) &&
		write_json(dir, "tokenizer_config.json", config, err);
}

bool vocabulary_link(const char *dir, const char *from, struct error *err)
{
	static const char *const names[] = { "tokenizer.json", "tokenizer_config.json" };
	own_mem char *real = realpath(from, NULL);

	if (!real)
		return error_errno(err, "cannot find %s", from);
	for (size_t i = 0; i < countof(names); i++) {
		own_mem char *target = path_join(real, names[i]), *link = path_join(dir, names[i]);

		if (!path_is_file(target))
			return error_set(err, ERROR_NOT_FOUND, "%s does not exist", target);
		if ((unlink(link) != 0 && errno != ENOENT) || symlink(target, link) != 0)
			return error_errno(err, "cannot link %s", link);
	}
	return true;
}
