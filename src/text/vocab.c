/*
 * A slot that is empty ends every search, so vocab_view() insists on one in each
 * table.  It does not check that tables are in order: a block that lies there
 * gives wrong tokens, as a wrong tokenizer.json would, and nothing worse.
 */
#include "text/vocab.h"

#include <stddef.h>

#include "text/digest.h"
#include "text/regex.h"

const char vocab_magic[8] = "shamvoc";

/* A power of two that no table for `most` entries exceeds. */
static bool is_slots(uint32_t n, size_t most)
{
	return n >= 8 && !(n & (n - 1)) && n <= 4 * most;
}

static size_t joint_words(const struct vocab_head *h)
{
	return h->flags & VOCAB_CHARACTERS ? JOINT_WORDS : 0;
}

size_t vocab_size(const struct vocab_head *h)
{
	if (h->id_count > VOCAB_IDS_MAX || h->added_count > VOCAB_ADDED_MAX || h->split_count > VOCAB_SPLITS_MAX ||
	    h->merge_count > VOCAB_MERGES_MAX || h->text_size > VOCAB_FILE_MAX ||
	    !is_slots(h->word_slots, VOCAB_IDS_MAX) || !is_slots(h->pair_slots, VOCAB_MERGES_MAX))
		return 0;
	return sizeof *h + h->id_count * sizeof(struct vocab_token) + h->word_slots * sizeof(struct vocab_word) +
		h->pair_slots * (FILTER_BITS / 8 + sizeof(uint64_t)) + joint_words(h) * sizeof(uint64_t) +
		h->merge_count * sizeof(uint32_t) +
		h->added_count * sizeof(struct vocab_added) + h->split_count * sizeof(struct vocab_split) +
		h->text_size;
}

uint64_t vocab_digest(const void *block, size_t size)
{
	size_t skipped = offsetof(struct vocab_head, digest) + sizeof(uint64_t);

	return digest_long((const char *)block + skipped, size - skipped);
}

static void point(struct vocab *v, const void *block)
{
	v->head = block;
	v->tokens = (const void *)(v->head + 1);
	v->words = (const void *)(v->tokens + v->head->id_count);
	v->filter = (const void *)(v->words + v->head->word_slots);
	v->pairs = v->filter + v->head->pair_slots * FILTER_BITS / 64;
	v->joints = v->pairs + v->head->pair_slots;
	v->merged = (const void *)(v->joints + joint_words(v->head));
	v->added = (const void *)(v->merged + v->head->merge_count);
	v->splits = (const void *)(v->added + v->head->added_count);
	v->text = (const void *)(v->splits + v->head->split_count);
}

static bool in_text(const struct vocab *v, uint32_t start, uint32_t len)
{
	return start <= v->head->text_size && len <= v->head->text_size - start;
}

static bool is_id(const struct vocab *v, int64_t id) { return id >= 0 && id < v->head->id_count; }

/* An ordinary token of one byte. */
static bool is_byte(const struct vocab *v, int32_t id)
{
	return is_id(v, id) && v->tokens[id].len == 1 && !(v->tokens[id].flags & TOKEN_CONTROL);
}

static bool tokens_are_sound(const struct vocab *v)
{
	for (size_t i = 0; i < v->head->id_count; i++)
		if (!in_text(v, v->tokens[i].start, v->tokens[i].len))
			return false;
	for (size_t i = 0; i < 256; i++)
		if (!is_byte(v, v->head->byte_ids[i]) || !is_byte(v, v->head->first_ids[i % 128]))
			return false;
	return true;
}

static bool words_are_sound(const struct vocab *v)
{
	size_t empty = 0;

	for (size_t i = 0; i < v->head->word_slots; i++) {
		if (v->words[i].id == -1)
			empty++;
		else if (!is_id(v, v->words[i].id))
			return false;
	}
	return empty > 0;
}

/* Ids on the left and right need no check: nobody looks anything up by them. */
static bool merges_are_sound(const struct vocab *v)
{
	size_t empty = 0;

	for (size_t i = 0; i < v->head->pair_slots; i++) {
		if (v->pairs[i] == PAIR_EMPTY)
			empty++;
		else if ((v->pairs[i] & NO_RANK) >= v->head->merge_count)
			return false;
	}
	for (size_t i = 0; i < v->head->merge_count; i++)
		if (!is_id(v, v->merged[i]) || (v->tokens[v->merged[i]].flags & TOKEN_CONTROL))
			return false;
	return empty > 0;
}

static bool extras_are_sound(const struct vocab *v)
{
	for (size_t i = 0; i < v->head->added_count; i++) {
		const struct vocab_added *a = &v->added[i];
		if (!is_id(v, a->id) || a->len == 0 || a->len > VOCAB_ADDED_BYTES || !in_text(v, a->start, a->len))
			return false;
	}
	for (size_t i = 0; i < v->head->split_count; i++) {
		const struct vocab_split *s = &v->splits[i];
		if (s->len > REGEX_PATTERN_MAX || s->gaps > 1 || !in_text(v, s->start, s->len))
			return false;
	}
	return true;
}

bool vocab_view(struct vocab *v, const void *block, size_t size, struct error *err)
{
	const struct vocab_head *head = block;

	if (size < sizeof *head || memcmp(head->magic, vocab_magic, sizeof vocab_magic) ||
	    head->version != VOCAB_VERSION ||
	    head->size != size || vocab_size(head) != size)
		return error_set(err, ERROR_INVALID, "not a tokenizer block of version %u", VOCAB_VERSION);
	if (head->digest != vocab_digest(block, size))
		return error_set(err, ERROR_INVALID, "the tokenizer block is damaged");
	point(v, block);
	if (!tokens_are_sound(v) || !words_are_sound(v) || !merges_are_sound(v) || !extras_are_sound(v))
		return error_set(err, ERROR_INVALID, "the tokenizer block contradicts itself");
	return true;
}

int32_t vocab_word(const struct vocab *v, struct str bytes)
{
	uint64_t digest = digest_short(bytes.p, bytes.n);
	uint32_t mask = v->head->word_slots - 1;

	for (uint32_t at = (uint32_t)digest & mask; v->words[at].id != -1; at = (at + 1) & mask) {
		if (v->words[at].tag != digest >> 32)
			continue;
		const struct vocab_token *t = &v->tokens[v->words[at].id];
		if (str_equal(vocab_text(v, t->start, t->len), bytes))
			return v->words[at].id;
	}
	return -1;
}

const struct vocab_added *vocab_added(const struct vocab *v, struct str content)
{
	for (size_t i = 0; i < v->head->added_count; i++)
		if (str_equal(vocab_text(v, v->added[i].start, v->added[i].len), content))
			return &v->added[i];
	return NULL;
}
