#include "grammar/nfa.h"

#include "base/mem.h"
#include "base/utf8.h"

void nfa_init(struct nfa *n)
{
	*n = (struct nfa){0};
	n->start = nfa_state(n);
	n->accept = nfa_state(n);
}

void nfa_done(struct nfa *n)
{
	free(n->first);
	free(n->edges);
	*n = (struct nfa){0};
}

uint32_t nfa_state(struct nfa *n)
{
	if (n->state_count == NFA_STATES_MAX) {
		n->full = true;
		return 0;
	}
	if (n->state_count == n->state_room) {
		n->state_room = n->state_room ? 2 * n->state_room : 64;
		n->first = mem_resize(n->first, n->state_room, sizeof *n->first);
	}
	n->first[n->state_count] = 0;
	return n->state_count++;
}

void nfa_edge(struct nfa *n, uint32_t from, enum nfa_kind kind, uint8_t lo, uint8_t hi, uint32_t to)
{
	if (n->edge_count == NFA_EDGES_MAX) {
		n->full = true;
		return;
	}
	if (n->edge_count == n->edge_room) {
		n->edge_room = n->edge_room ? 2 * n->edge_room : 128;
		n->edges = mem_resize(n->edges, n->edge_room, sizeof *n->edges);
	}
	n->edges[n->edge_count++] = (struct nfa_edge){ .to = to, .next = n->first[from], .kind = kind, .lo = lo,
		.hi = hi };
	n->first[from] = n->edge_count;
}

uint32_t nfa_text(struct nfa *n, uint32_t from, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t to = nfa_state(n);
		nfa_edge(n, from, NFA_BYTES, (uint8_t)bytes[i], (uint8_t)bytes[i], to);
		from = to;
	}
	return from;
}

/* Characters whose UTF-8 is `length` bytes long and whose bytes form a product of ranges. */
static void add_product(struct nfa *n, uint32_t from, uint32_t lo, uint32_t hi, uint32_t to)
{
	char low[4], high[4];
	size_t length = utf8_encode(lo, low);

	utf8_encode(hi, high);
	for (size_t i = 0; i < length; i++) {
		uint32_t next = i + 1 == length ? to : nfa_state(n);
		nfa_edge(n, from, NFA_BYTES, (uint8_t)low[i], (uint8_t)high[i], next);
		from = next;
	}
}

/* Cuts off what is no product: first where the last bytes do not go round. */
static void add_same_length(struct nfa *n, uint32_t from, uint32_t lo, uint32_t hi, size_t length, uint32_t to)
{
	for (size_t i = 1; i < length; i++) {
		uint32_t mask = (1u << 6 * i) - 1;
		if ((lo & ~mask) == (hi & ~mask))
			continue;
		if (lo & mask) {
			add_same_length(n, from, lo, lo | mask, length, to);
			lo = (lo | mask) + 1;
		}
		if (lo <= hi && (hi & mask) != mask && (lo & ~mask) != (hi & ~mask)) {
			add_same_length(n, from, hi & ~mask, hi, length, to);
			hi = (hi & ~mask) - 1;
		}
		if (lo > hi)
			return;
	}
	add_product(n, from, lo, hi, to);
}

void nfa_characters(struct nfa *n, uint32_t from, uint32_t lo, uint32_t hi, uint32_t to)
{
	static const struct { uint32_t lo, hi; size_t length; } parts[] = {
		{ 0, 0x7F, 1 }, { 0x80, 0x7FF, 2 }, { 0x800, 0xD7FF, 3 }, { 0xE000, 0xFFFF, 3 },
		{ 0x10000, 0x10FFFF, 4 },
	};

	for (size_t i = 0; i < countof(parts); i++) {
		uint32_t least = lo > parts[i].lo ? lo : parts[i].lo, most = hi < parts[i].hi ? hi : parts[i].hi;
		if (least <= most)
			add_same_length(n, from, least, most, parts[i].length, to);
	}
}
