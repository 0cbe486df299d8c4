/*
 * Words of ordinary length are merged in two small arrays: find the lowest rank,
 * merge, close the gap.  That is quadratic and yet fastest up to a few dozen
 * bytes.  Longer ones (text without spaces, or somebody's mischief) are a linked
 * list with a heap of (rank, place); an entry whose rank is no longer the one at
 * its place is stale and skipped.
 */
#include "text/bpe.h"

#include <stdlib.h>

#include "base/mem.h"
#include "text/unicode.h"

#define SHORT 48          /* bytes */
#define NOWHERE UINT32_MAX
#define KEEP 65536        /* symbols of room kept for the next word */

void bpe_done(struct bpe *b)
{
	free(b->ids);
	free(b->ranks);
	free(b->next);
	free(b->previous);
	free(b->heap);
	*b = (struct bpe){0};
}

static void reserve(struct bpe *b, size_t n)
{
	if (n <= b->cap)
		return;
	bpe_done(b);
	b->ids = mem_resize(NULL, n, sizeof *b->ids);
	b->ranks = mem_resize(NULL, n, sizeof *b->ranks);
	b->next = mem_resize(NULL, n, sizeof *b->next);
	b->previous = mem_resize(NULL, n, sizeof *b->previous);
	b->heap = mem_resize(NULL, 2 * n, sizeof *b->heap);
	b->cap = n;
}

/* What a character begins as: a token, or its bytes; how many. */
static size_t first_of_character(const struct vocab *v, struct str character, uint32_t *ids)
{
	int32_t id = vocab_word(v, character);

	if (id >= 0 && !(v->tokens[id].flags & TOKEN_CONTROL))
		return ids[0] = (uint32_t)id, 1;
	for (size_t i = 0; i < character.n; i++)
		ids[i] = (uint32_t)v->head->byte_ids[(unsigned char)character.p[i]];
	return character.n;
}

/* What the word begins as, at most a symbol a byte; how many. */
static size_t first_symbols(const struct vocab *v, struct str word, uint32_t *ids)
{
	bool characters = v->head->flags & VOCAB_CHARACTERS;
	size_t count = 0, len;
	uint32_t c;

	for (size_t i = 0; i < word.n; i += len) {
		unsigned char byte = (unsigned char)word.p[i];
		len = 1;
		if (!characters || byte < 0x80) {
			ids[count++] = (uint32_t)(characters ? v->head->first_ids[byte] : v->head->byte_ids[byte]);
			continue;
		}
		len = unicode_next(word.p + i, &c);
		count += first_of_character(v, (struct str){ word.p + i, len }, ids + count);
	}
	return count;
}

/* A symbol, and the rank of its merge with its right neighbour. */
struct symbol {
	uint32_t id, rank;
};

static void look_up(const struct vocab *v, struct symbol *s)
{
	s->rank = vocab_rank(v, s[0].id, s[1].id);
}

static size_t lowest(const struct symbol *s, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		best = s[i].rank < s[best].rank ? i : best;
	return best;
}

static bool encode_short(const struct vocab *v, struct str word, struct tokens *out, struct error *err)
{
	struct symbol s[SHORT];
	uint32_t ids[SHORT];
	size_t n = first_symbols(v, word, ids);

	for (size_t i = 0; i < n; i++)
		s[i].id = ids[i];
	for (size_t i = 0; i + 1 < n; i++)
		look_up(v, &s[i]);
	while (n > 1) {
		size_t i = lowest(s, n - 1);
		if (s[i].rank == NO_RANK)
			break;
		s[i].id = v->merged[s[i].rank];
		n--;
		for (size_t k = i + 1; k < n; k++)
			s[k] = s[k + 1];
		if (i > 0)
			look_up(v, &s[i - 1]);
		if (i + 1 < n)
			look_up(v, &s[i]);
	}
	for (size_t i = 0; i < n; i++)
		ids[i] = s[i].id;
	return tokens_add(out, (const int32_t *)ids, n, err);
}

static void heap_push(uint64_t *heap, size_t *count, uint64_t key)
{
	size_t at = (*count)++;

	for (; at && heap[(at - 1) / 2] > key; at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = key;
}

static uint64_t heap_pop(uint64_t *heap, size_t *count)
{
	uint64_t top = heap[0], last = heap[--*count];
	size_t at = 0;

	for (size_t child = 1; child < *count; child = 2 * at + 1) {
		if (child + 1 < *count && heap[child + 1] < heap[child])
			child++;
		if (heap[child] >= last)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = last;
	return top;
}

/* Works out the rank of the pair at `at` and queues it. */
static void consider(struct bpe *b, const struct vocab *v, uint32_t at, size_t *queued)
{
	b->ranks[at] = b->next[at] == NOWHERE ? NO_RANK : vocab_rank(v, b->ids[at], b->ids[b->next[at]]);
	if (b->ranks[at] != NO_RANK)
		heap_push(b->heap, queued, (uint64_t)b->ranks[at] << 32 | at);
}

/* Merges the symbol at `at` with its right neighbour. */
static void merge(struct bpe *b, const struct vocab *v, uint32_t at, size_t *queued)
{
	uint32_t gone = b->next[at];

	b->ids[at] = v->merged[b->ranks[at]];
	b->ranks[gone] = NO_RANK;
	b->next[at] = b->next[gone];
	if (b->next[at] != NOWHERE)
		b->previous[b->next[at]] = at;
	consider(b, v, at, queued);
	if (b->previous[at] != NOWHERE)
		consider(b, v, b->previous[at], queued);
}

static bool encode_long(struct bpe *b, const struct vocab *v, struct str word, struct tokens *out, struct error *err)
{
	size_t queued = 0;
	bool ok = true;

	reserve(b, word.n);
	size_t n = first_symbols(v, word, b->ids);
	for (uint32_t i = 0; i < n; i++) {
		b->next[i] = i + 1 < n ? i + 1 : NOWHERE;
		b->previous[i] = i ? i - 1 : NOWHERE;
	}
	for (uint32_t i = 0; i < n; i++)
		consider(b, v, i, &queued);
	while (queued) {
		uint64_t top = heap_pop(b->heap, &queued);
		if (b->ranks[(uint32_t)top] == top >> 32)
			merge(b, v, (uint32_t)top, &queued);
	}
	for (uint32_t at = 0; ok && at != NOWHERE; at = b->next[at])
		ok = tokens_add(out, (const int32_t *)&b->ids[at], 1, err);
	if (b->cap > KEEP)
		bpe_done(b);
	return ok;
}

bool bpe_encode(struct bpe *b, const struct vocab *v, struct str word, struct tokens *out, struct error *err)
{
	return word.n <= SHORT ? encode_short(v, word, out, err) : encode_long(b, v, word, out, err);
}
