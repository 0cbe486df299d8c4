/*
 * The vocabulary stays the JSON object it came in, whose members are found by
 * hashing; a piece that continues a word is looked up with its prefix before it.
 */
#include "text/wordpiece.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "text/bert_normalizer.h"
#include "text/unicode.h"

#define PREFIX_MAX 16u      /* bytes of continuing_subword_prefix */
#define WORD_MAX   1000     /* characters of a word, at most what a file may ask for */

struct wordpiece {
	json_t *vocabulary;
	size_t size;
	struct bert_normalizer normalizer;
	char prefix[PREFIX_MAX + 1];
	size_t word_max;            /* characters; longer words are unknown */
	int32_t unknown, first, last;
};

/* ---- From tokenizer.json ---- */

static bool is_type(const json_t *object, const char *type)
{
	const char *given = json_member_string(object, "type");

	return given && strcmp(given, type) == 0;
}

static bool refuse(const char *what, const json_t *object, struct error *err)
{
	const char *type = json_member_string(object, "type");

	return error_set(err, ERROR_INVALID, "tokenizer.json: %s of type %.40s is not supported", what,
		type ? type : "(none)");
}

static bool member_is(const json_t *object, const char *name, bool otherwise)
{
	const json_t *value = json_object_get(object, name);

	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static bool read_normalizer(struct wordpiece *w, const json_t *root, struct error *err)
{
	const json_t *n = json_object_get(root, "normalizer");

	if (!is_type(n, "BertNormalizer"))
		return refuse("a normalizer", n, err);
	w->normalizer.clean = member_is(n, "clean_text", true);
	w->normalizer.chinese = member_is(n, "handle_chinese_chars", true);
	w->normalizer.lowercase = member_is(n, "lowercase", true);
	w->normalizer.strip_accents = member_is(n, "strip_accents", w->normalizer.lowercase);
	return true;
}

/* Ids must be whole numbers within bounds; the largest tells the size. */
static bool read_vocabulary(struct wordpiece *w, json_t *vocabulary, struct error *err)
{
	const char *word;
	json_t *id;

	if (!json_is_object(vocabulary) || json_object_size(vocabulary) == 0)
		return error_set(err, ERROR_INVALID, "tokenizer.json: model.vocab must be an object that is not empty");
	json_object_foreach(vocabulary, word, id) {
		json_int_t n = json_integer_value(id);
		if (!json_is_integer(id) || n < 0 || n >= WORDPIECE_IDS_MAX)
			return error_set(err, ERROR_INVALID,
				"tokenizer.json: an id in model.vocab is no number below %d",
				WORDPIECE_IDS_MAX);
		w->size = (size_t)n >= w->size ? (size_t)n + 1 : w->size;
	}
	w->vocabulary = json_incref(vocabulary);
	return true;
}

static int32_t find(const struct wordpiece *w, const char *word, size_t n)
{
	const json_t *id = json_object_getn(w->vocabulary, word, n);

	return id ? (int32_t)json_integer_value(id) : -1;
}

static bool find_special(const struct wordpiece *w, const char *word, int32_t *id, struct error *err)
{
	*id = find(w, word, strlen(word));
	return *id >= 0 || error_set(err, ERROR_INVALID, "tokenizer.json: the vocabulary lacks %.40s", word);
}

static bool read_model(struct wordpiece *w, const json_t *root, struct error *err)
{
	const json_t *m = json_object_get(root, "model"), *most = json_object_get(m, "max_input_chars_per_word");
	const char *prefix = json_member_string(m, "continuing_subword_prefix"),
		*unknown = json_member_string(m, "unk_token");

	if (m && json_object_get(m, "type") ? !is_type(m, "WordPiece") : !prefix)
		return refuse("a model", m, err);
	prefix = prefix ? prefix : "##";
	if (strlen(prefix) > PREFIX_MAX)
		return error_set(err, ERROR_INVALID, "tokenizer.json: continuing_subword_prefix is over %u bytes",
			PREFIX_MAX);
	memcpy(w->prefix, prefix, strlen(prefix) + 1);
	w->word_max = 100;
	if (json_integer_value(most) > 0)
		w->word_max = json_integer_value(most) < WORD_MAX ? (size_t)json_integer_value(most) : WORD_MAX;
	return read_vocabulary(w, json_object_get(m, "vocab"), err) &&
		find_special(w, unknown ? unknown : "[UNK]", &w->unknown, err);
}

/* "[CLS]" in {"cls": ["[CLS]", 101]}, or in {"SpecialToken": {"id": "[CLS]"}} as the `at`-th step of a template. */
static const char *special_of(const json_t *p, const char *short_name, size_t at)
{
	const json_t *pair = json_object_get(p, short_name), *single = json_object_get(p, "single");

	if (pair)
		return json_string_value(json_array_get(pair, 0));
	return json_member_string(json_object_get(json_array_get(single, at), "SpecialToken"), "id");
}

/* Both ways of writing it put [CLS] before one text and [SEP] behind it. */
static bool read_frame(struct wordpiece *w, const json_t *root, struct error *err)
{
	const json_t *p = json_object_get(root, "post_processor"), *single = json_object_get(p, "single");

	if (!is_type(p, "BertProcessing") && !(is_type(p, "TemplateProcessing") && json_array_size(single) == 3))
		return refuse("a post_processor", p, err);
	const char *first = special_of(p, "cls", 0), *last = special_of(p, "sep", 2);
	if (!first || !last)
		return error_set(err, ERROR_INVALID, "tokenizer.json: post_processor is not [CLS], the text, [SEP]");
	return find_special(w, first, &w->first, err) && find_special(w, last, &w->last, err);
}

static struct wordpiece *build(const json_t *root, struct error *err)
{
	own_wordpiece *w = mem_zeroed(1, sizeof *w);
	const json_t *p = json_object_get(root, "pre_tokenizer");

	if (!is_type(p, "BertPreTokenizer"))
		return refuse("a pre_tokenizer", p, err), NULL;
	return read_normalizer(w, root, err) && read_model(w, root, err) && read_frame(w, root, err) ? take(w) : NULL;
}

struct wordpiece *wordpiece_parse(struct str json, struct error *err)
{
	own_json *root = json_parse(json, "tokenizer.json", err);

	return root ? build(root, err) : NULL;
}

struct wordpiece *wordpiece_open(const char *directory, struct error *err)
{
	own_mem char *path = path_join(directory, "tokenizer.json");
	own_json *root = json_parse_file(path, WORDPIECE_FILE_MAX, err);

	return root ? build(root, err) : NULL;
}

void wordpiece_destroy(struct wordpiece *w)
{
	if (!w)
		return;
	json_decref(w->vocabulary);
	free(w);
}

size_t wordpiece_size(const struct wordpiece *w) { return w->size; }
int32_t wordpiece_first(const struct wordpiece *w) { return w->first; }
int32_t wordpiece_last(const struct wordpiece *w) { return w->last; }

/* ---- Encoding ---- */

/* A word on its way: its bytes behind room for the prefix, so that any part of it can have that before it. */
struct word {
	char text[PREFIX_MAX + 4 * WORD_MAX];
	size_t n, characters;       /* bytes; more characters than fit are counted all the same */
};

static void add_character(const struct wordpiece *w, struct word *word, struct str character)
{
	if (++word->characters > w->word_max)
		return;
	memcpy(word->text + PREFIX_MAX + word->n, character.p, character.n);
	word->n += character.n;
}

/* The longest piece at `from`; its end in *end, -1 when there is none. */
static int32_t longest(const struct wordpiece *w, struct word *word, size_t from, size_t *end)
{
	size_t prefix = from ? strlen(w->prefix) : 0;
	char *start = word->text + PREFIX_MAX + from - prefix, covered[PREFIX_MAX];
	int32_t id = -1;

	memcpy(covered, start, prefix);
	memcpy(start, w->prefix, prefix);
	for (*end = word->n; *end > from; ) {
		id = find(w, start, prefix + *end - from);
		if (id >= 0)
			break;
		do
			--*end;
		while (*end > from && (word->text[PREFIX_MAX + *end] & 0xC0) == 0x80);
	}
	memcpy(start, covered, prefix);
	return id;
}

/* A word with a part that is in no piece is unknown as a whole. */
static bool add_word(const struct wordpiece *w, struct word *word, struct tokens *out, struct error *err)
{
	size_t before = out->count, n = word->n, end;
	bool known = word->characters <= w->word_max;

	for (size_t from = 0; known && from < n; from = end) {
		int32_t id = longest(w, word, from, &end);
		known = id >= 0;
		if (known && !tokens_add(out, &id, 1, err))
			return false;
	}
	word->n = word->characters = 0;
	if (known)
		return true;
	out->count = before;
	return tokens_add(out, &w->unknown, 1, err);
}

static bool add_words(const struct wordpiece *w, struct str text, struct tokens *out, struct error *err)
{
	struct word word = { .n = 0 };

	for (size_t at = 0, n; at < text.n; at += n) {
		uint32_t c;
		n = unicode_next(text.p + at, &c);
		bool punctuation = bert_is_punctuation(c), space = bert_is_space(c);
		if ((punctuation || space) && word.characters && !add_word(w, &word, out, err))
			return false;
		if (!space)
			add_character(w, &word, (struct str){ text.p + at, n });
		if (punctuation && !add_word(w, &word, out, err))
			return false;
	}
	return !word.characters || add_word(w, &word, out, err);
}

bool wordpiece_encode(const struct wordpiece *w, struct str text, struct tokens *out, struct error *err)
{
	own_buf normal = BUF_INIT(4 * (size_t)WORDPIECE_TEXT_MAX);
	size_t before = out->count;

	if (text.n > WORDPIECE_TEXT_MAX)
		return error_set(err, ERROR_TOO_LARGE, "a text of %zu bytes is over %u", text.n, WORDPIECE_TEXT_MAX);
	if (!utf8_valid(text.p, text.n))
		return error_set(err, ERROR_INVALID, "the text is not UTF-8");
	if (bert_normalize(&w->normalizer, text, &normal, err) && tokens_add(out, &w->first, 1, err) &&
	    add_words(w, buf_str(&normal), out, err) && tokens_add(out, &w->last, 1, err))
		return true;
	out->count = before;
	return false;
}
