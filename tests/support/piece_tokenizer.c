#include "support/piece_tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "support/random.h"

#define SPACE "\xE2\x96\x81"

static const char *const characters[] = {
	SPACE, "a", "b", "c", "x", "\n", "1", ".", "<", ">", "\xC3\xA9", "\xE6\x97\xA5", "\xF0\x9F\x98\x80",
};

/* Written in texts, too: not all have tokens. */
static const char *const others[] = {
	" ", "  ", "d", "\t", "\xC3\xBC", "\xE6\x9C\xAC", "</s>", "<x>", "<b>", "\n\n", "a b",
};

size_t piece_text(uint64_t *seed, char *out, size_t most)
{
	size_t n = 0;

	for (size_t i = random_below(seed, (uint32_t)most); i; i--) {
		bool known = random_below(seed, 3);
		const char *piece = known ? characters[random_below(seed, countof(characters))] :
			others[random_below(seed, countof(others))];
		memcpy(out + n, piece, strlen(piece));
		n += strlen(piece);
	}
	return n;
}

/* ---- Making one ---- */

static int32_t next_id(const json_t *vocab) { return (int32_t)json_object_size(vocab); }

static void add(json_t *vocab, const char *word)
{
	if (!json_object_get(vocab, word))
		json_object_set_new(vocab, word, json_integer(next_id(vocab)));
}

/* A word of the vocabulary that merges may take: none of the first 259. */
static const char *random_word(uint64_t *seed, json_t *vocab)
{
	uint32_t first = PIECES_BYTES + 256, size = (uint32_t)json_object_size(vocab);
	uint32_t wanted = first + random_below(seed, size - first);
	const char *word;
	json_t *id;

	json_object_foreach(vocab, word, id)
		if (json_integer_value(id) == wanted)
			return word;
	return NULL;
}

static json_t *add_merges(uint64_t *seed, json_t *vocab)
{
	json_t *merges = json_array();

	for (uint32_t i = random_below(seed, 60); i; i--) {
		own_mem char *left = mem_strdup(random_word(seed, vocab));
		own_mem char *right = mem_strdup(random_word(seed, vocab));
		own_mem char *both = mem_printf("%s%s", left, right);
		if (strlen(both) > 16)
			continue;
		add(vocab, both);
		/* Anywhere: a merge may go before those that make its halves. */
		json_array_insert_new(merges, random_below(seed, (uint32_t)json_array_size(merges) + 1),
			json_pack("[ss]", left, right));
	}
	return merges;
}

static bool chance(uint64_t *seed, uint32_t n) { return random_below(seed, n) == 0; }

static void add_added(uint64_t *seed, json_t *list, json_t *vocab, const char *content, bool special)
{
	const json_t *known = json_object_get(vocab, content);
	size_t behind = json_object_size(vocab) + json_array_size(list);

	json_array_append_new(list, json_pack("{sI ss sb sb sb sb sb}",
		"id", known ? json_integer_value(known) : (json_int_t)behind, "content", content, "special", special,
		"lstrip", chance(seed, 4), "rstrip", chance(seed, 3), "single_word", chance(seed, 6),
		"normalized", chance(seed, 4)));
}

/* What users may write and mean. */
static bool is_text(const char *added)
{
	return strcmp(added, "<b>") == 0 || strcmp(added, "\n\n") == 0 || strcmp(added, SPACE SPACE) == 0;
}

static json_t *make_added(uint64_t *seed, json_t *vocab)
{
	static const char *const more[] = { "<x>", "<b>", "\n\n", SPACE SPACE, "a b", "cc<" };
	json_t *list = json_array();

	add_added(seed, list, vocab, "<unk>", true);
	add_added(seed, list, vocab, "<s>", true);
	add_added(seed, list, vocab, "</s>", true);
	for (size_t i = 0; i < countof(more); i++)
		if (chance(seed, 2) && (!json_object_get(vocab, more[i]) || is_text(more[i])))
			add_added(seed, list, vocab, more[i], i == 0);
	return list;
}

static json_t *parsed(const char *text)
{
	json_error_t problem;

	return json_loads(text, JSON_DECODE_ANY, &problem);
}

#define REPLACE "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"" SPACE "\"}"
#define PREPEND "{\"type\":\"Prepend\",\"prepend\":\"" SPACE "\"}"
#define METASPACE(scheme, split) "{\"type\":\"Metaspace\",\"replacement\":\"" SPACE \
	"\",\"prepend_scheme\":\"" scheme "\",\"split\":" split "}"
#define BACK "{\"type\":\"Replace\",\"pattern\":{\"String\":\"" SPACE "\"},\"content\":\" \"}," \
	"{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}"
#define STRIP ",{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":0}"
#define SEQUENCE(name, steps) "{\"type\":\"Sequence\",\"" name "\":[" steps "]}"

static const struct {
	const char *normalizer, *pre_tokenizer, *decoder;
} kinds[PIECES_KINDS] = {
	[PIECES_GEMMA] = { REPLACE, "{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},"
		"\"behavior\":\"MergedWithPrevious\",\"invert\":false}", SEQUENCE("decoders", BACK) },
	[PIECES_LLAMA] = { SEQUENCE("normalizers", PREPEND "," REPLACE), "null", SEQUENCE("decoders", BACK STRIP) },
	[PIECES_ALWAYS] = { "null", METASPACE("always", "true"), SEQUENCE("decoders", BACK STRIP) },
	[PIECES_FIRST] = { "null", METASPACE("first", "false"), SEQUENCE("decoders", BACK STRIP) },
	[PIECES_DECODED] = { "null", METASPACE("always", "true"),
		SEQUENCE("decoders", "{\"type\":\"ByteFallback\"}," METASPACE("always", "true")) },
};

json_t *piece_tokenizer(uint64_t *seed, enum piece_kind kind)
{
	json_t *vocab = json_object();

	add(vocab, "<unk>");
	add(vocab, "<s>");
	add(vocab, "</s>");
	for (unsigned byte = 0; byte < 256; byte++) {
		own_mem char *name = mem_printf("<0x%02X>", byte);
		add(vocab, name);
	}
	add(vocab, SPACE);
	for (size_t i = 1; i < countof(characters); i++)
		if (random_below(seed, 8))
			add(vocab, characters[i]);
	json_t *merges = add_merges(seed, vocab);
	json_t *model = json_pack("{ss sb sb sb ss so so}", "type", "BPE", "byte_fallback", 1, "fuse_unk", 1,
		"ignore_merges", chance(seed, 4), "unk_token", "<unk>", "vocab", vocab, "merges", merges);
	return json_pack("{ss so so so so so}", "version", "1.0", "added_tokens", make_added(seed, vocab), "normalizer",
		parsed(kinds[kind].normalizer), "pre_tokenizer", parsed(kinds[kind].pre_tokenizer), "decoder",
		parsed(kinds[kind].decoder), "model", model);
}

/* ---- Reading one, slowly ---- */

struct reading {
	const json_t *file, *vocab, *merges, *added;
	bool control;
	struct str text;              /* all of it, raw */
	struct tokens *out;
};

static bool is(const json_t *object, const char *key, const char *value)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && strcmp(text, value) == 0;
}

static bool flag(const json_t *object, const char *key) { return json_is_true(json_object_get(object, key)); }

static bool is_control(const json_t *added)
{
	return flag(added, "special") || !is_text(json_string_value(json_object_get(added, "content")));
}

static void emit(struct reading *r, json_int_t id)
{
	int32_t token = (int32_t)id;
	struct error err = {0};

	if (!tokens_add(r->out, &token, 1, &err))
		abort();
}

/* The rank of a merge: the last place where it stands; -1: nowhere. */
static long rank_of(const struct reading *r, const char *left, const char *right)
{
	const json_t *pair;
	long rank = -1;
	size_t i;

	json_array_foreach(r->merges, i, pair)
		if (strcmp(json_string_value(json_array_get(pair, 0)), left) == 0 &&
		    strcmp(json_string_value(json_array_get(pair, 1)), right) == 0)
			rank = (long)i;
	return rank;
}

/* The first of the pairs with the lowest rank; -1: none merges. */
static long lowest(const struct reading *r, char *const *symbols, size_t n)
{
	long best = -1, rank, at = -1;

	for (size_t i = 0; i + 1 < n; i++) {
		rank = rank_of(r, symbols[i], symbols[i + 1]);
		if (rank >= 0 && (best < 0 || rank < best))
			best = rank, at = (long)i;
	}
	return at;
}

static size_t length(const char *p)
{
	unsigned char c = (unsigned char)*p;

	return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

/* Characters, or their bytes by name; may an added token be one?  Only where they are looked for. */
static size_t symbols_of(const struct reading *r, struct str word, char **symbols)
{
	size_t n = 0;

	for (size_t i = 0, len; i < word.n; i += len) {
		len = length(word.p + i);
		own_mem char *character = mem_printf("%.*s", (int)len, word.p + i);
		if (json_object_get(r->vocab, character)) {
			symbols[n++] = take(character);
			continue;
		}
		for (size_t k = 0; k < len; k++)
			symbols[n++] = mem_printf("<0x%02X>", (unsigned char)word.p[i + k]);
	}
	return n;
}

/* A word that is in the vocabulary as it is, unless it is a control token. */
static const json_t *whole_word(const struct reading *r, struct str word)
{
	own_mem char *text = mem_printf("%.*s", (int)word.n, word.p);
	const json_t *token;
	size_t i;

	json_array_foreach(r->added, i, token)
		if (is(token, "content", text) && is_control(token))
			return NULL;
	return json_object_get(r->vocab, text);
}

static void read_word(struct reading *r, struct str word)
{
	const json_t *whole = whole_word(r, word);
	own_mem char **symbols = mem_zeroed(word.n + 1, sizeof *symbols);

	if (flag(json_object_get(r->file, "model"), "ignore_merges") && whole) {
		emit(r, json_integer_value(whole));
		return;
	}
	size_t n = symbols_of(r, word, symbols);
	for (long at; (at = lowest(r, symbols, n)) >= 0; n--) {
		char *both = mem_printf("%s%s", symbols[at], symbols[at + 1]);
		free(symbols[at]);
		free(symbols[at + 1]);
		symbols[at] = both;
		memmove(&symbols[at + 1], &symbols[at + 2], (n - (size_t)at - 2) * sizeof *symbols);
	}
	for (size_t i = 0; i < n; i++) {
		emit(r, json_integer_value(json_object_get(r->vocab, symbols[i])));
		free(symbols[i]);
	}
}

/* `text` with every `from` a `to`. */
static char *replaced(struct str text, const char *from, const char *to)
{
	own_buf out = BUF_INIT(1 << 16);

	for (size_t i = 0; i < text.n; ) {
		bool found = str_starts(str_from(text, i), str_of(from));
		buf_putf(&out, "%.*s", found ? (int)strlen(to) : 1, found ? to : text.p + i);
		i += found ? strlen(from) : 1;
	}
	return mem_strdup(out.len ? out.data : "");
}

static char *prepended(char *text)
{
	own_mem char *old = text;

	return mem_printf(SPACE "%s", old);
}

static void pre_tokenize(struct reading *r, struct str piece, bool first)
{
	const json_t *step = json_object_get(r->file, "pre_tokenizer");

	if (!is(step, "type", "Metaspace")) {
		read_word(r, piece);
		return;
	}
	char *spaced = replaced(piece, " ", SPACE);
	if (strncmp(spaced, SPACE, strlen(SPACE)) &&
	    (is(step, "prepend_scheme", "always") || (is(step, "prepend_scheme", "first") && first)))
		spaced = prepended(spaced);
	own_mem char *text = spaced;
	for (const char *at = text, *end; *at; at = end) {
		end = flag(step, "split") ? strstr(at + 1, SPACE) : NULL;
		end = end ? end : at + strlen(at);
		read_word(r, (struct str){ at, (size_t)(end - at) });
	}
}

static char *normalized(const struct reading *r, struct str text)
{
	const json_t *n = json_object_get(r->file, "normalizer");

	if (json_is_null(n) || !text.n)
		return mem_printf("%.*s", (int)text.n, text.p ? text.p : "");
	char *spaced = replaced(text, " ", SPACE);
	return is(n, "type", "Sequence") ? prepended(spaced) : spaced;
}

/* Of this test's characters: letters and digits. */
static bool is_word(const char *p)
{
	unsigned char c = (unsigned char)*p;

	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == 0xC3 || c == 0xE6;
}

static bool is_white(char c) { return c == ' ' || c == '\n' || c == '\t'; }

static bool touched(struct str text, size_t start, size_t end)
{
	size_t before = start;

	while (before && (text.p[--before] & 0xC0) == 0x80)
		;
	return (start && is_word(text.p + before)) || (end < text.n && is_word(text.p + end));
}

/* The longest added token at `at`, and its end. */
static const json_t *added_at(const struct reading *r, struct str text, bool in_normalized, size_t at, size_t *end)
{
	const json_t *token, *found = NULL;
	size_t i, longest = 0;

	json_array_foreach(r->added, i, token) {
		struct str content = json_member_str(token, "content");
		own_mem char *wanted = in_normalized ? normalized(r, content) : mem_strdup(content.p);
		if (flag(token, "normalized") == in_normalized && (r->control || !is_control(token)) &&
		    strlen(wanted) > longest && str_starts(str_from(text, at), str_of(wanted)))
			found = token, longest = strlen(wanted);
	}
	*end = at + longest;
	return found;
}

static void cut(struct reading *r, struct str text, bool in_normalized, bool first);

static void piece(struct reading *r, struct str text, bool in_normalized, bool first)
{
	if (!text.n)
		return;
	if (in_normalized) {
		pre_tokenize(r, text, first);
		return;
	}
	own_mem char *normal = normalized(r, text);
	cut(r, str_of(normal), true, first);
}

/* Cuts at added tokens; `first`: the text begins where all of it does. */
static void cut(struct reading *r, struct str text, bool in_normalized, bool first)
{
	size_t done = 0, end;

	for (size_t at = 0; at < text.n; ) {
		const json_t *token = added_at(r, text, in_normalized, at, &end);
		size_t start = at;
		at = token ? end : at + 1;
		if (!token || (flag(token, "single_word") && touched(text, start, end)))
			continue;
		if (flag(token, "lstrip") && start < done)
			start = done;
		while (flag(token, "lstrip") && start > done && is_white(text.p[start - 1]))
			start--;
		while (flag(token, "rstrip") && end < text.n && is_white(text.p[end]))
			end++;
		if (start >= end)
			continue;
		piece(r, (struct str){ text.p + done, start > done ? start - done : 0 }, in_normalized, first && !done);
		emit(r, json_integer_value(json_object_get(token, "id")));
		done = end;
	}
	piece(r, str_from(text, done), in_normalized, first && !done);
}

void piece_encode(const json_t *tokenizer, struct str text, bool control, struct tokens *out)
{
	const json_t *model = json_object_get(tokenizer, "model");
	struct reading r = { tokenizer, json_object_get(model, "vocab"), json_object_get(model, "merges"),
		json_object_get(tokenizer, "added_tokens"), control, text, out };

	cut(&r, text, false, true);
}

static const char *content_of(const json_t *tokenizer, int32_t wanted)
{
	json_t *id, *token, *vocab = json_object_get(json_object_get(tokenizer, "model"), "vocab");
	const char *word;
	size_t i;

	json_array_foreach(json_object_get(tokenizer, "added_tokens"), i, token)
		if (json_integer_value(json_object_get(token, "id")) == wanted)
			return json_string_value(json_object_get(token, "content"));
	json_object_foreach(vocab, word, id)
		if (json_integer_value(id) == wanted)
			return word;
	return "";
}

void piece_decode(const json_t *tokenizer, const int32_t *ids, size_t count, struct buf *out)
{
	const json_t *steps = json_object_get(json_object_get(tokenizer, "decoder"), "decoders");
	bool metaspace = json_array_size(steps) == 2, strip = json_array_size(steps) == 4;
	own_buf text = BUF_INIT(1 << 16);

	for (size_t i = 0; i < count; i++) {
		const char *content = content_of(tokenizer, ids[i]);
		unsigned byte;
		if (strlen(content) == 6 && sscanf(content, "<0x%02X>", &byte) == 1) {
			buf_putf(&text, "%c", (int)byte);
			continue;
		}
		own_mem char *spaced = replaced(str_of(content), SPACE, metaspace && !i ? "" : " ");
		buf_put(&text, spaced);
	}
	buf_put(out, strip && text.len && text.data[0] == ' ' ? text.data + 1 : text.len ? text.data : "");
}
