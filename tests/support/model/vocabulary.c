/*
 * Tokens are kept as bytes in one sorted array; spelling tries the longest piece
 * first and searches by halves.
 */
#include "support/model/vocabulary.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"

#define FILE_MAX    (64u << 20)
#define TOKEN_MAX   64         /* bytes; longer ones are not used for spelling */

struct entry {
	struct str bytes;      /* ours */
	int64_t id;
};

struct vocabulary {
	struct entry *entries;
	size_t count, size;
};

/* Printable Latin-1 stands for itself, the rest for U+0100 on, in order. */
uint32_t byte_character(uint8_t byte)
{
	uint32_t unprintable = 0;

	for (unsigned b = 0; b <= byte; b++) {
		bool printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;

		if (b == byte && printable)
			return byte;
		unprintable += !printable;
	}
	return 0x100 + unprintable - 1;
}

static int compare(const void *a, const void *b)
{
	const struct str *x = &((const struct entry *)a)->bytes, *y = &((const struct entry *)b)->bytes;
	int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return order ? order : (x->n > y->n) - (x->n < y->n);
}

static void add(struct vocabulary *v, char *bytes, size_t n, int64_t id)
{
	v->entries[v->count++] = (struct entry){ { bytes, n }, id };
	if ((size_t)id + 1 > v->size)
		v->size = (size_t)id + 1;
}

/* From characters of the table back to bytes; those outside it stay away. */
static void add_token(struct vocabulary *v, const char *characters, int64_t id, const int bytes_of[512])
{
	size_t n = strlen(characters), length = 0;
	own_mem char *bytes = mem_alloc(n + 1);

	for (size_t at = 0; at < n; ) {
		uint32_t character;

		at += utf8_decode(characters + at, n - at, &character);
		if (character >= 512 || bytes_of[character] < 0)
			return;
		bytes[length++] = (char)bytes_of[character];
	}
	add(v, take(bytes), length, id);
}

static void add_all(struct vocabulary *v, json_t *tokens, json_t *added)
{
	int bytes_of[512];
	const char *key;
	json_t *value;
	size_t i;

	memset(bytes_of, -1, sizeof bytes_of);
	for (int byte = 0; byte < 256; byte++)
		bytes_of[byte_character((uint8_t)byte)] = byte;
	v->entries = mem_zeroed(json_object_size(tokens) + json_array_size(added) + 1, sizeof *v->entries);
	json_object_foreach(tokens, key, value)
		add_token(v, key, json_integer_value(value), bytes_of);
	json_array_foreach(added, i, value) {
		const char *content = json_member_string(value, "content");

		if (content)
			add(v, mem_strdup(content), strlen(content), json_integer_value(json_object_get(value, "id")));
	}
	qsort(v->entries, v->count, sizeof *v->entries, compare);
}

struct vocabulary *vocabulary_load(const char *dir, struct error *err)
{
	own_mem char *path = path_join(dir, "tokenizer.json");
	own_json *file = json_parse_file(path, FILE_MAX, err);
	json_t *tokens = json_object_get(json_object_get(file, "model"), "vocab");
	struct vocabulary *v;

	if (!file)
		return NULL;
	if (!json_is_object(tokens)) {
		error_set(err, ERROR_INVALID, "%s has no model.vocab", path);
		return NULL;
	}
	v = mem_zeroed(1, sizeof *v);
	add_all(v, tokens, json_object_get(file, "added_tokens"));
	return v;
}

void vocabulary_destroy(struct vocabulary *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->count; i++)
		free((char *)v->entries[i].bytes.p);
	free(v->entries);
	free(v);
}

size_t vocabulary_size(const struct vocabulary *v)
{
	return v->size;
}

static const struct entry *find(const struct vocabulary *v, struct str bytes)
{
	const struct entry wanted = { .bytes = bytes };

	return bsearch(&wanted, v->entries, v->count, sizeof wanted, compare);
}

bool vocabulary_find(const struct vocabulary *v, const char *token, int64_t *id, struct error *err)
{
	const struct entry *entry = find(v, str_of(token));

	if (!entry)
		return error_set(err, ERROR_INVALID, "the tokenizer has no token %s", token);
	*id = entry->id;
	return true;
}

bool vocabulary_spell(const struct vocabulary *v, struct str text, int64_t *ids, size_t *count, struct error *err)
{
	*count = 0;
	while (text.n > 0) {
		size_t n = text.n < TOKEN_MAX ? text.n : TOKEN_MAX;
		const struct entry *entry = NULL;

		while (n > 0 && !(entry = find(v, (struct str){ text.p, n })))
			n--;
		if (!entry)
			return error_set(err, ERROR_INVALID, "the tokenizer has no token for byte %u",
				(uint8_t)*text.p);
		ids[(*count)++] = entry->id;
		text = str_from(text, n);
	}
	return true;
}
