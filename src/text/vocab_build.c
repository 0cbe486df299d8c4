/*
 * The tables are filled one after the other, each needing the ones before it:
 * tokens, then the words among them (an index by bytes), added tokens, merges.
 * At the end they are copied behind one another.
 */
#include "text/vocab_build.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "text/digest.h"
#include "text/normalize.h"
#include "text/pull.h"
#include "text/regex.h"
#include "text/spelling.h"
#include "text/vocab_source.h"

#define PROBES_MAX 1024   /* more can only be meant */

struct builder {
	struct vocab_head head;
	struct spelling spelling;
	struct buf text;
	struct vocab_token *tokens;
	size_t token_cap;
	struct vocab_word *words;
	uint64_t *list, *pairs, *filter;     /* pairs by rank, as a table, as bits */
	uint64_t joints[JOINT_WORDS];
	uint32_t *merged;
	size_t list_cap;
	struct vocab_added *added;
	struct vocab_split splits[VOCAB_SPLITS_MAX];
};

static void builder_done(struct builder *b)
{
	buf_done(&b->text);
	free(b->tokens);
	free(b->words);
	free(b->list);
	free(b->pairs);
	free(b->filter);
	free(b->merged);
	free(b->added);
}

static bool bad(struct error *err, const char *what)
{
	return error_set(err, ERROR_INVALID, "tokenizer.json: %s", what);
}

static bool bad_id(struct error *err, int64_t id, const char *what)
{
	return error_set(err, ERROR_INVALID, "tokenizer.json: id %lld %s", (long long)id, what);
}

/* The least power of two that leaves a third of the slots empty. */
static uint32_t slots_for(size_t count)
{
	uint32_t slots = 16;

	while (slots < count + count / 2 + 1)
		slots *= 2;
	return slots;
}

static bool token_at(struct builder *b, int64_t id, struct vocab_token **token, struct error *err)
{
	if (id < 0 || id >= VOCAB_IDS_MAX)
		return bad_id(err, id, "is out of range");
	if ((size_t)id >= b->token_cap) {
		size_t cap = b->token_cap ? b->token_cap : 1024;
		while (cap <= (size_t)id)
			cap *= 2;
		b->tokens = mem_resize(b->tokens, cap, sizeof *b->tokens);
		memset(b->tokens + b->token_cap, 0, (cap - b->token_cap) * sizeof *b->tokens);
		b->token_cap = cap;
	}
	if (id >= b->head.id_count)
		b->head.id_count = (uint32_t)id + 1;
	*token = &b->tokens[id];
	return true;
}

static bool set_token(struct builder *b, struct vocab_token *t, struct str bytes, unsigned flags, struct error *err)
{
	*t = (struct vocab_token){ (uint32_t)b->text.len, (uint16_t)bytes.n, (uint16_t)(flags | TOKEN_USED) };
	return buf_add_str(&b->text, bytes, err);
}

static bool add_token(struct builder *b, struct str written, int64_t id, struct error *err)
{
	char bytes[VOCAB_TOKEN_BYTES];
	struct vocab_token *t;
	size_t n;

	if (written.n > VOCAB_TOKEN_BYTES || !utf8_valid(written.p, written.n))
		return bad(err, "a token is too long or not UTF-8");
	if (!token_at(b, id, &t, err))
		return false;
	if (t->flags & TOKEN_USED)
		return bad_id(err, id, "is there twice");
	enum spelt spelt = spelling_read(&b->spelling, written, bytes, &n);
	if (spelt == SPELT_BYTE)
		b->head.byte_ids[(unsigned char)bytes[0]] = (int32_t)id;
	return set_token(b, t, (struct str){ bytes, n }, spelt == SPELT_WORD ? TOKEN_WORD : 0, err);
}

static bool read_tokens(struct builder *b, struct str json, struct error *err)
{
	own_pull p = PULL_INIT(json);
	struct str written;
	int64_t id;

	for (bool more = pull_enter(&p, '{'); more; more = pull_more(&p, '}'))
		if (pull_key(&p, &written) && pull_integer(&p, &id) && !add_token(b, written, id, err))
			return false;
	return !p.failed || pull_error(&p, "tokenizer.json: vocab", err);
}

static struct str token_text(const struct builder *b, const struct vocab_token *t)
{
	return (struct str){ b->text.data + t->start, t->len };
}

/* The slot that holds these bytes, or the empty one where they belong; NULL after too long a search. */
static struct vocab_word *word_slot(const struct builder *b, struct str bytes, uint64_t digest)
{
	uint32_t mask = b->head.word_slots - 1, at = (uint32_t)digest & mask;

	for (size_t probe = 0; probe < PROBES_MAX; probe++, at = (at + 1) & mask) {
		struct vocab_word *w = &b->words[at];
		if (w->id == -1 || (w->tag == digest >> 32 && str_equal(token_text(b, &b->tokens[w->id]), bytes)))
			return w;
	}
	return NULL;
}

static int32_t word_id(const struct builder *b, struct str bytes)
{
	const struct vocab_word *w = word_slot(b, bytes, digest_short(bytes.p, bytes.n));

	return w ? w->id : -1;
}

static bool index_words(struct builder *b, struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < b->head.id_count; i++)
		count += !!(b->tokens[i].flags & TOKEN_WORD);
	b->head.word_slots = slots_for(count);
	b->words = mem_alloc(b->head.word_slots * sizeof *b->words);
	memset(b->words, 0xFF, b->head.word_slots * sizeof *b->words);
	for (size_t i = 0; i < b->head.id_count; i++) {
		if (!(b->tokens[i].flags & TOKEN_WORD))
			continue;
		struct str bytes = token_text(b, &b->tokens[i]);
		uint64_t digest = digest_short(bytes.p, bytes.n);
		struct vocab_word *w = word_slot(b, bytes, digest);
		if (!w || w->id != -1)
			return bad_id(err, (int64_t)i, "spells a token that is there twice");
		*w = (struct vocab_word){ (uint32_t)(digest >> 32), (int32_t)i };
	}
	return true;
}

static bool is_ordinary(const struct builder *b, int32_t id)
{
	return id >= 0 && !(b->tokens[id].flags & TOKEN_CONTROL);
}

static bool index_bytes(struct builder *b, struct error *err)
{
	bool characters = b->spelling.characters;

	for (unsigned byte = 0; byte < 256; byte++) {
		char c = (char)byte;
		int32_t word = word_id(b, (struct str){ &c, 1 }), *id = &b->head.byte_ids[byte];
		if (!characters)
			*id = word;
		if (!is_ordinary(b, *id))
			return error_set(err, ERROR_INVALID,
				"tokenizer.json: no ordinary token for byte 0x%02x: not a %s tokenizer", byte,
				characters ? "SentencePiece" : "byte-level");
		if (byte < countof(b->head.first_ids))
			b->head.first_ids[byte] = is_ordinary(b, word) ? word : *id;
	}
	return true;
}

static unsigned added_flags(const json_t *token, struct str content)
{
	static const struct { const char *key; unsigned flag; } rows[] = {
		{ "special", TOKEN_SPECIAL | TOKEN_CONTROL }, { "lstrip", TOKEN_LSTRIP }, { "rstrip", TOKEN_RSTRIP },
		{ "single_word", TOKEN_SINGLE_WORD }, { "normalized", TOKEN_NORMALIZED },
	};
	unsigned flags = spelling_is_text(content) ? 0 : TOKEN_CONTROL;

	for (size_t i = 0; i < countof(rows); i++)
		if (json_is_true(json_object_get(token, rows[i].key)))
			flags |= rows[i].flag;
	return flags;
}

/* An added token may be one of the vocabulary's, if it has the same id there. */
static bool claim_token(struct builder *b, struct str content, int64_t id, unsigned flags, struct error *err)
{
	char bytes[VOCAB_ADDED_BYTES];
	struct vocab_token *t;
	size_t n;

	if (!token_at(b, id, &t, err))
		return false;
	bool word = spelling_read(&b->spelling, content, bytes, &n) == SPELT_WORD;
	struct str text = { bytes, n };
	int32_t known = word ? word_id(b, text) : -1;
	if ((known >= 0 && known != id) || ((t->flags & TOKEN_USED) && !str_equal(token_text(b, t), text)))
		return bad_id(err, id, "of an added token disagrees with the vocabulary");
	if (t->flags & (TOKEN_SPECIAL | TOKEN_CONTROL))
		return bad_id(err, id, "is added twice");
	if (!(t->flags & TOKEN_USED))
		return set_token(b, t, text, flags & (TOKEN_SPECIAL | TOKEN_CONTROL), err);
	t->flags |= (uint16_t)(flags & (TOKEN_SPECIAL | TOKEN_CONTROL));
	return true;
}

static bool add_added(struct builder *b, const json_t *token, struct error *err)
{
	const json_t *id = json_object_get(token, "id");
	struct str content = json_member_str(token, "content");
	own_buf normal = BUF_INIT(4 * VOCAB_ADDED_BYTES);

	if (!json_is_integer(id) || !content.p || content.n > VOCAB_ADDED_BYTES)
		return bad(err, "an added token has no id, or content that is no short text");
	if (!content.n)
		return true;
	unsigned flags = added_flags(token, content);
	if (!claim_token(b, content, json_integer_value(id), flags, err))
		return false;
	if (flags & TOKEN_NORMALIZED) {
		if (!normalize_add(b->head.flags, true, content, &normal, err))
			return false;
		content = buf_str(&normal);
	}
	b->added[b->head.added_count++] = (struct vocab_added){
		.start = (uint32_t)b->text.len, .len = (uint16_t)content.n, .flags = (uint16_t)flags,
		.id = (int32_t)json_integer_value(id),
	};
	return buf_add_str(&b->text, content, err);
}

struct sortable {
	struct vocab_added added;
	struct str content;
};

static int by_content(const void *a, const void *b)
{
	const struct sortable *x = a, *y = b;
	int normalized = (x->added.flags & TOKEN_NORMALIZED) - (y->added.flags & TOKEN_NORMALIZED);
	size_t shorter = x->content.n < y->content.n ? x->content.n : y->content.n;
	int order = memcmp(x->content.p, y->content.p, shorter);

	if (normalized || order)
		return normalized ? normalized : order;
	return (x->content.n > y->content.n) - (x->content.n < y->content.n);
}

static void sort_added(struct builder *b)
{
	own_mem struct sortable *all = mem_zeroed(b->head.added_count, sizeof *all);

	for (size_t i = 0; i < b->head.added_count; i++)
		all[i] = (struct sortable){ b->added[i], { b->text.data + b->added[i].start, b->added[i].len } };
	qsort(all, b->head.added_count, sizeof *all, by_content);
	for (size_t i = 0; i < b->head.added_count; i++)
		b->added[i] = all[i].added;
}

static bool read_added(struct builder *b, const json_t *list, struct error *err)
{
	const json_t *token;
	size_t i;

	if (json_array_size(list) > VOCAB_ADDED_MAX)
		return bad(err, "too many added tokens");
	b->added = mem_zeroed(json_array_size(list), sizeof *b->added);
	json_array_foreach(list, i, token)
		if (!add_added(b, token, err))
			return false;
	sort_added(b);
	return true;
}

/* The ids of two written words and of both in one; false when one is not in the vocabulary. */
static bool find_merge(const struct builder *b, struct str left, struct str right, int32_t ids[3])
{
	char bytes[VOCAB_TOKEN_BYTES];
	size_t n, m;

	if (left.n > sizeof bytes || right.n > sizeof bytes - left.n ||
	    spelling_read(&b->spelling, left, bytes, &n) != SPELT_WORD ||
	    spelling_read(&b->spelling, right, bytes + n, &m) != SPELT_WORD)
		return false;
	ids[0] = word_id(b, (struct str){ bytes, n });
	ids[1] = word_id(b, (struct str){ bytes + n, m });
	ids[2] = word_id(b, (struct str){ bytes, n + m });
	return ids[0] >= 0 && ids[1] >= 0 && ids[2] >= 0;
}

/* Notes which bytes follow one another in what a merge makes. */
static void join(struct builder *b, struct str made)
{
	bool cut = b->head.flags & VOCAB_CUT_SPACES;

	for (size_t i = 1; i < made.n; i++) {
		size_t bit = vocab_joint((unsigned char)made.p[i - 1], (unsigned char)made.p[i]);
		if (!cut || made.p[i] != ' ')
			b->joints[bit / 64] |= (uint64_t)1 << bit % 64;
	}
}

/* The merge of two written tokens. */
static bool add_merge(struct builder *b, struct str left, struct str right, struct error *err)
{
	size_t rank = b->head.merge_count;
	int32_t ids[3];

	if (!find_merge(b, left, right, ids) || (b->tokens[ids[2]].flags & TOKEN_CONTROL))
		return error_set(err, ERROR_INVALID,
			"tokenizer.json: merge %zu is not of ordinary tokens in the vocabulary", rank);
	if (rank == VOCAB_MERGES_MAX)
		return bad(err, "too many merges");
	if (rank == b->list_cap) {
		b->list_cap = b->list_cap ? b->list_cap * 2 : 1024;
		b->list = mem_resize(b->list, b->list_cap, sizeof *b->list);
		b->merged = mem_resize(b->merged, b->list_cap, sizeof *b->merged);
	}
	b->list[rank] = vocab_pair((uint32_t)ids[0], (uint32_t)ids[1]);
	b->merged[rank] = (uint32_t)ids[2];
	join(b, token_text(b, &b->tokens[ids[2]]));
	b->head.merge_count++;
	return true;
}

/* ["a", "b"]; the first half is copied, for the pull's string ends with the next one. */
static bool pull_pair(struct pull *p, struct buf *first, struct str *left, struct str *right)
{
	struct error ignored = {0};

	buf_clear(first);
	if (!pull_enter(p, '[') || !pull_string(p, left) || !buf_add_str(first, *left, &ignored) ||
	    !pull_more(p, ']') || !pull_string(p, right) || pull_more(p, ']'))
		return pull_fail(p);
	*left = buf_str(first);
	return true;
}

/* "a b" */
static bool pull_spaced(struct pull *p, struct str *left, struct str *right)
{
	struct str both;

	if (!pull_string(p, &both))
		return false;
	const char *space = both.n ? memchr(both.p, ' ', both.n) : NULL;
	if (!space)
		return pull_fail(p);
	*left = (struct str){ both.p, (size_t)(space - both.p) };
	*right = str_from(both, left->n + 1);
	return true;
}

static bool read_merges(struct builder *b, struct str json, struct error *err)
{
	own_pull p = PULL_INIT(json);
	own_buf first = BUF_INIT(VOCAB_TOKEN_BYTES);
	struct str left, right;

	for (bool more = pull_enter(&p, '['); more; more = pull_more(&p, ']')) {
		bool ok = pull_peek(&p) == '[' ? pull_pair(&p, &first, &left, &right) : pull_spaced(&p, &left, &right);
		if (ok && !add_merge(b, left, right, err))
			return false;
	}
	return !p.failed || pull_error(&p, "tokenizer.json: merges", err);
}

/* A pair that is there twice keeps its last rank, as in the reference. */
static bool index_merges(struct builder *b, struct error *err)
{
	uint32_t mask = (b->head.pair_slots = slots_for(b->head.merge_count)) - 1;

	b->pairs = mem_alloc(b->head.pair_slots * sizeof *b->pairs);
	b->filter = mem_zeroed(b->head.pair_slots * FILTER_BITS / 64, sizeof *b->filter);
	memset(b->pairs, 0xFF, b->head.pair_slots * sizeof *b->pairs);
	for (uint32_t rank = 0; rank < b->head.merge_count; rank++) {
		uint64_t pair = b->list[rank], digest = vocab_pair_digest(pair);
		uint32_t at = vocab_pair_slot(digest, mask + 1), bit = vocab_pair_bit(digest, mask + 1);
		size_t probe = 0;
		while (b->pairs[at] != PAIR_EMPTY && (b->pairs[at] ^ pair) > NO_RANK) {
			if (++probe == PROBES_MAX)
				return bad(err, "the merges are made to collide");
			at = (at + 1) & mask;
		}
		b->pairs[at] = pair | rank;
		b->filter[bit / 64] |= (uint64_t)1 << bit % 64;
	}
	return true;
}

static bool add_rules(struct builder *b, const struct vocab_rules *rules, struct error *err)
{
	b->head.flags = rules->flags;
	for (size_t i = 0; i < rules->cut_count; i++) {
		struct str pattern = str_of(rules->cuts[i].pattern);
		if (pattern.n > REGEX_PATTERN_MAX)
			return bad(err, "a split pattern is too long");
		b->splits[b->head.split_count++] = (struct vocab_split){ (uint32_t)b->text.len, (uint16_t)pattern.n,
			rules->cuts[i].drop_gaps };
		if (!buf_add_str(&b->text, pattern, err))
			return false;
	}
	return true;
}

static void append(char **at, const void *table, size_t size)
{
	if (size)
		memcpy(*at, table, size);
	*at += size;
}

/* Copies the tables behind one another in the order of struct vocab. */
static void *assemble(struct builder *b, struct str source, struct error *err)
{
	struct vocab_head *h = &b->head;

	memcpy(h->magic, vocab_magic, sizeof h->magic);
	h->version = VOCAB_VERSION;
	h->text_size = (uint32_t)b->text.len;
	h->source_size = source.n;
	h->source_digest = digest_long(source.p, source.n);
	h->size = vocab_size(h);
	if (!h->size)
		return bad(err, "larger than any tokenizer we know"), NULL;

	char *block = mem_alloc(h->size), *at = block;
	append(&at, h, sizeof *h);
	append(&at, b->tokens, h->id_count * sizeof *b->tokens);
	append(&at, b->words, h->word_slots * sizeof *b->words);
	append(&at, b->filter, h->pair_slots * FILTER_BITS / 8);
	append(&at, b->pairs, h->pair_slots * sizeof *b->pairs);
	append(&at, b->joints, h->flags & VOCAB_CHARACTERS ? sizeof b->joints : 0);
	append(&at, b->merged, h->merge_count * sizeof *b->merged);
	append(&at, b->added, h->added_count * sizeof *b->added);
	append(&at, b->splits, h->split_count * sizeof *b->splits);
	append(&at, b->text.data, b->text.len);
	((struct vocab_head *)block)->digest = vocab_digest(block, h->size);
	return block;
}

void *vocab_build(struct str text, struct error *err)
{
	own_vocab_source source = {0};
	own_vocab_rules rules = {0};
	owns(builder_done) struct builder b = { .text = BUF_INIT(VOCAB_FILE_MAX) };

	memset(b.head.byte_ids, 0xFF, sizeof b.head.byte_ids);
	if (!vocab_source_read(&source, text, err) || !vocab_rules_read(&rules, &source, err) ||
	    !add_rules(&b, &rules, err))
		return NULL;
	spelling_init(&b.spelling, b.head.flags & VOCAB_CHARACTERS);
	if (!read_tokens(&b, source.vocab, err) || !index_words(&b, err) ||
	    !read_added(&b, json_object_get(source.settings, "added_tokens"), err) || !index_bytes(&b, err) ||
	    !read_merges(&b, source.merges, err) || !index_merges(&b, err))
		return NULL;
	return assemble(&b, text, err);
}
