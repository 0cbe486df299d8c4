#include "grammar/trie.h"

#include "base/mem.h"

static uint64_t head_of(struct str s)
{
	uint64_t head = 0;

	for (size_t i = 0; i < 8; i++)
		head = head << 8 | (i < s.n ? (uint8_t)s.p[i] : 0);
	return head;
}

struct sorted {
	uint64_t head;                 /* the first eight bytes: decides nearly always */
	struct trie_entry entry;
};

static int by_bytes(const void *a, const void *b)
{
	const struct sorted *l = a, *r = b;
	size_t shorter = l->entry.bytes.n < r->entry.bytes.n ? l->entry.bytes.n : r->entry.bytes.n;

	if (l->head != r->head)
		return l->head < r->head ? -1 : 1;
	int order = memcmp(l->entry.bytes.p, r->entry.bytes.p, shorter);
	if (order || l->entry.bytes.n != r->entry.bytes.n)
		return order ? order : l->entry.bytes.n < r->entry.bytes.n ? -1 : 1;
	return (l->entry.token > r->entry.token) - (l->entry.token < r->entry.token);
}

static size_t keep_sorted(struct sorted *sorted, const struct trie_entry *entries, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (entries[i].bytes.n && entries[i].bytes.n <= TRIE_DEPTH_MAX)
			sorted[kept++] = (struct sorted){ head_of(entries[i].bytes), entries[i] };
	qsort(sorted, kept, sizeof *sorted, by_bytes);
	return kept;
}

static size_t common(struct str a, struct str b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	return n;
}

static uint32_t count_nodes(const struct sorted *sorted, size_t count)
{
	struct str last = {0};
	uint32_t nodes = 0;

	for (size_t i = 0; i < count; i++) {
		nodes += (uint32_t)(sorted[i].entry.bytes.n - common(last, sorted[i].entry.bytes));
		last = sorted[i].entry.bytes;
	}
	return nodes;
}

/* `open` holds the nodes on the way to the last token. */
static void fill(struct trie *t, const struct sorted *sorted, size_t count)
{
	uint32_t open[TRIE_DEPTH_MAX] = {0}, node = 0;
	struct str last = {0};

	for (size_t i = 0; i < count; i++) {
		struct str bytes = sorted[i].entry.bytes;
		size_t shared = common(last, bytes);
		for (size_t d = last.n; d-- > shared;)
			t->end[open[d]] = node;
		for (size_t d = shared; d < bytes.n; d++) {
			t->byte[node] = (uint8_t)bytes.p[d];
			t->first[node] = (uint32_t)i;
			open[d] = node++;
		}
		t->tokens[i] = sorted[i].entry.token;
		if (bytes.n > t->depth)
			t->depth = (uint32_t)bytes.n;
		last = bytes;
		t->first[node] = (uint32_t)i + 1;
	}
	for (size_t d = last.n; d-- > 0;)
		t->end[open[d]] = node;
}

void trie_init(struct trie *t, const struct trie_entry *entries, size_t count)
{
	own_mem struct sorted *sorted = mem_zeroed(count + 1, sizeof *sorted);
	size_t kept = keep_sorted(sorted, entries, count);

	*t = (struct trie){ .nodes = count_nodes(sorted, kept) };
	t->byte = mem_zeroed(t->nodes + 1, sizeof *t->byte);
	t->end = mem_zeroed(t->nodes + 1, sizeof *t->end);
	t->first = mem_zeroed(t->nodes + 1, sizeof *t->first);
	t->tokens = mem_zeroed(kept + 1, sizeof *t->tokens);
	fill(t, sorted, kept);
}

void trie_done(struct trie *t)
{
	free(t->byte);
	free(t->end);
	free(t->first);
	free(t->tokens);
	*t = (struct trie){0};
}

void trie_of_tokenizer(struct trie *t, const struct tokenizer *tokenizer)
{
	size_t size = tokenizer_size(tokenizer), count = 0;
	own_mem struct trie_entry *entries = mem_zeroed(size + 1, sizeof *entries);

	for (size_t id = 0; id < size; id++)
		if (!tokenizer_is_control(tokenizer, (int32_t)id))
			entries[count++] = (struct trie_entry){ tokenizer_bytes(tokenizer, (int32_t)id), (int32_t)id };
	trie_init(t, entries, count);
}
