#include "grammar/masks.h"

#include "base/mem.h"

enum { TAILS_FEW = 24 };               /* that are walked one by one */

/* ---- Kept analyses ---- */

static size_t analysis_bytes(const struct analysis *a, size_t vocabulary)
{
	size_t allowed = a->bits ? (vocabulary + 31) / 8 : a->token_count * sizeof *a->tokens;

	return sizeof *a + allowed + a->tail_count * sizeof *a->tails + 13 * (size_t)a->rest.nodes;
}

static void analysis_destroy(struct analysis *a)
{
	if (!a)
		return;
	free(a->bits);
	free(a->tokens);
	free(a->tails);
	trie_done(&a->rest);
	free(a);
}

static void analyses_clear(struct analyses *all)
{
	for (uint32_t i = 0; i < all->slot_count; i++)
		analysis_destroy(all->slots[i]);
	free(all->slots);
	*all = (struct analyses){0};
}

static uint32_t slot_of(const struct analyses *all, uint32_t state, const struct quoted *q)
{
	uint64_t h = state * 0x9E3779B97F4A7C15u;

	h = (h ^ q->at) * 0xC2B2AE3D27D4EB4Fu;
	h = (h ^ q->need) * 0x165667B19E3779F9u;
	h = (h ^ q->left) * 0x9E3779B97F4A7C15u;
	h = (h ^ q->escape) * 0xC2B2AE3D27D4EB4Fu;
	uint32_t at = (uint32_t)(h >> 40) & (all->slot_count - 1);
	while (all->slots[at] && (all->slots[at]->state != state || memcmp(&all->slots[at]->quoted, q, sizeof *q) != 0))
		at = (at + 1) & (all->slot_count - 1);
	return at;
}

static void analyses_grow(struct analyses *all)
{
	struct analyses more = *all;

	more.slot_count = all->slot_count ? 2 * all->slot_count : 64;
	more.slots = mem_zeroed(more.slot_count, sizeof(struct analysis *));
	for (uint32_t i = 0; i < all->slot_count; i++)
		if (all->slots[i])
			more.slots[slot_of(&more, all->slots[i]->state, &all->slots[i]->quoted)] = all->slots[i];
	free(all->slots);
	*all = more;
}

/* ---- Walking ---- */

struct walk {
	struct run *run;
	const struct trie *trie;
	struct set sets[TRIE_DEPTH_MAX + 1];
	uint32_t ends[TRIE_DEPTH_MAX + 1];

	/* What is found: bits when they are wanted, else tokens. */
	uint32_t *bits;
	int32_t *tokens;
	uint32_t token_count, token_room;
	bool looks_outside;            /* and then: */
	struct tail *tails;
	uint32_t tail_count, tail_room;
};

static void allow(struct walk *w, uint32_t node)
{
	const struct trie *t = w->trie;

	for (uint32_t i = t->first[node]; i < t->first[node + 1]; i++) {
		if (w->bits) {
			w->bits[t->tokens[i] / 32] |= 1u << t->tokens[i] % 32;
			continue;
		}
		if (w->token_count == w->token_room) {
			w->token_room = w->token_room ? 2 * w->token_room : 64;
			w->tokens = mem_resize(w->tokens, w->token_room, sizeof *w->tokens);
		}
		w->tokens[w->token_count++] = t->tokens[i];
	}
}

static void note_tail(struct walk *w, uint32_t node, uint32_t depth)
{
	if (w->tail_count == w->tail_room) {
		w->tail_room = w->tail_room ? 2 * w->tail_room : 16;
		w->tails = mem_resize(w->tails, w->tail_room, sizeof *w->tails);
	}
	w->tails[w->tail_count++] = (struct tail){ node, depth };
}

/* Walks the nodes from `node` to `end`, which are siblings with all below them, beginning with a set. */
static void walk_nodes(struct walk *w, uint32_t node, uint32_t end, struct set begin, uint32_t done)
{
	const struct trie *t = w->trie;
	struct run *r = w->run;
	uint32_t depth = 0;

	w->sets[0] = begin;
	w->ends[0] = end;
	while (node < end) {
		while (node >= w->ends[depth])
			depth--;
		r->count = w->sets[depth].to;
		struct set next = run_byte(r, w->sets[depth], t->byte[node]);
		bool inside = next.to > next.from, has_more = node + 1 < t->end[node];
		if (inside || r->outside)
			allow(w, node);
		if (r->outside && has_more && w->looks_outside)
			note_tail(w, node, done + depth + 1);
		if (inside && has_more) {
			w->sets[++depth] = next;
			w->ends[depth] = t->end[node];
			node++;
		} else {
			node = t->end[node];
		}
	}
}

/* ---- Inside strings ---- */

/* One plain byte of a string's contents; false when it leads nowhere. */
static bool step_plain(const struct string_kind *k, struct quoted *q, uint8_t byte)
{
	q->at = dfa_step(k->dfa, q->at, byte);
	if (q->at == DFA_DEAD)
		return false;
	if ((byte & 0xC0) == 0x80)
		return true;
	if (q->left == 0)
		return false;
	q->left -= q->left != MACHINE_NO_LIMIT;
	q->need -= q->need > 0;
	return true;
}

/*
 * Most of the vocabulary goes on inside a string, so this walk does without sets;
 * a quote or an escape, with all below it, is left to the general one.
 */
static void walk_string(struct walk *w, struct set begin)
{
	const struct trie *t = w->trie;
	struct run *r = w->run;
	const struct state *s = &r->machine->states[r->places[begin.from].state];
	const struct string_kind *k = &r->machine->strings[s->string - 1];
	struct quoted inside[TRIE_DEPTH_MAX + 1] = { r->places[begin.from].quoted };
	uint32_t ends[TRIE_DEPTH_MAX + 1] = { t->nodes }, depth = 0, node = 0;

	while (node < t->nodes) {
		while (node >= ends[depth])
			depth--;
		uint8_t byte = t->byte[node];
		if (byte == '"' || byte == '\\') {
			r->places[begin.from].quoted = inside[depth];
			walk_nodes(w, node, t->end[node], begin, depth);
		}
		inside[depth + 1] = inside[depth];
		if (byte < 0x20 || byte == '"' || byte == '\\' || !step_plain(k, &inside[depth + 1], byte)) {
			node = t->end[node];
			continue;
		}
		allow(w, node);
		ends[++depth] = t->end[node++];
	}
}

/* ---- Making an analysis ---- */

/* What stands behind the places where it goes on outside, as one trie. */
static void merge_tails(const struct vocabulary_trie *v, const struct walk *w, struct trie *rest)
{
	const struct trie *t = &v->trie;
	size_t count = 0, room = 0;

	for (uint32_t i = 0; i < w->tail_count; i++)
		room += t->first[t->end[w->tails[i].node]] - t->first[w->tails[i].node + 1];
	own_mem struct trie_entry *entries = mem_zeroed(room + 1, sizeof *entries);
	for (uint32_t i = 0; i < w->tail_count; i++) {
		uint32_t node = w->tails[i].node;
		for (uint32_t k = t->first[node + 1]; k < t->first[t->end[node]]; k++)
			entries[count++] = (struct trie_entry){
				str_from(tokenizer_bytes(v->tokenizer, t->tokens[k]), w->tails[i].depth), t->tokens[k],
			};
	}
	trie_init(rest, entries, count);
}

static void keep_tokens(struct analysis *a, struct walk *w, size_t vocabulary)
{
	size_t words = (vocabulary + 31) / 32;

	if (w->token_count < words / 4) {
		a->tokens = take(w->tokens);
		a->token_count = w->token_count;
		return;
	}
	a->bits = mem_zeroed(words, sizeof *a->bits);
	for (uint32_t i = 0; i < w->token_count; i++)
		a->bits[w->tokens[i] / 32] |= 1u << w->tokens[i] % 32;
}

/* Follows the whole vocabulary from a place on its own. */
static struct analysis *analyse(const struct vocabulary_trie *v, struct run *r, uint32_t state, const struct quoted *q)
{
	struct analysis *a = mem_zeroed(1, sizeof *a);
	struct run_mark mark = run_mark(r);
	struct walk w = { .run = r, .trie = &v->trie, .looks_outside = true };

	a->state = state;
	a->quoted = *q;
	if (r->machine->states[state].string && !q->escape)
		walk_string(&w, run_begin_at(r, state, q));
	else
		walk_nodes(&w, 0, v->trie.nodes, run_begin_at(r, state, q), 0);
	run_cut(r, mark);
	keep_tokens(a, &w, v->size);
	a->merged = w.tail_count > TAILS_FEW;
	if (a->merged) {
		merge_tails(v, &w, &a->rest);
	} else {
		a->tails = take(w.tails);
		a->tail_count = w.tail_count;
	}
	free(w.tokens);
	free(w.tails);
	return a;
}

static const struct analysis *find(struct analyses *all, const struct vocabulary_trie *v, struct run *r, uint32_t state,
	const struct quoted *q)
{
	if (all->bytes > MASKS_BYTES_MAX)
		analyses_clear(all);
	if (2 * (all->count + 1) > all->slot_count)
		analyses_grow(all);
	uint32_t at = slot_of(all, state, q);
	if (!all->slots[at]) {
		all->slots[at] = analyse(v, r, state, q);
		all->count++;
		all->bytes += analysis_bytes(all->slots[at], v->size);
	}
	return all->slots[at];
}

/* Counts that no token can reach are all alike. */
static struct quoted normal(const struct vocabulary_trie *v, struct quoted q)
{
	if (q.left >= v->trie.depth)
		q.left = MACHINE_NO_LIMIT;
	if (q.need > v->trie.depth)
		q.need = v->trie.depth + 1;
	return q;
}

/* Of a string that may hold anything: the same for all grammars. */
static const struct analysis *find_string(struct vocabulary_trie *v, const struct quoted *q)
{
	struct run r owns(run_done);

	run_init(&r, &v->machine);
	return find(&v->strings, v, &r, v->inside, q);
}

static const struct analysis *find_place(struct masks *m, struct run *r, const struct place *p)
{
	const struct state *s = &m->machine->states[p->state];
	struct quoted q = normal(m->vocabulary, p->quoted);

	if (s->string && m->machine->strings[s->string - 1].any)
		return find_string(m->vocabulary, &q);
	return find(&m->own, m->vocabulary, r, p->state, &q);
}

/* ---- Using one ---- */

static void add_allowed(const struct analysis *a, size_t words, uint32_t *bits)
{
	for (size_t i = 0; a->bits && i < words; i++)
		bits[i] |= a->bits[i];
	for (uint32_t i = 0; i < a->token_count; i++)
		bits[a->tokens[i] / 32] |= 1u << a->tokens[i] % 32;
}

static void add_outside(const struct masks *m, const struct analysis *a, struct run *r, uint32_t stack, uint32_t *bits)
{
	const struct trie *t = &m->vocabulary->trie;
	struct run_mark mark = run_mark(r);
	struct set begin = run_return(r, stack);
	struct walk w = { .run = r, .trie = a->merged ? &a->rest : t, .bits = bits };

	if (begin.to > begin.from && a->merged)
		walk_nodes(&w, 0, a->rest.nodes, begin, 0);
	for (uint32_t i = 0; begin.to > begin.from && i < a->tail_count; i++)
		walk_nodes(&w, a->tails[i].node + 1, t->end[a->tails[i].node], begin, a->tails[i].depth);
	run_cut(r, mark);
}

static void add_control(const struct masks *m, const struct state *s, uint32_t *bits)
{
	for (uint32_t i = s->first; i < s->first + s->count; i++)
		if (m->machine->links[i].kind == LINK_TOKEN)
			bits[m->machine->links[i].start / 32] |= 1u << m->machine->links[i].start % 32;
}

void masks_add(struct masks *m, struct run *r, uint32_t place, uint32_t *bits)
{
	struct place p = r->places[place];

	if (p.state == RUN_END)
		return;
	add_control(m, &m->machine->states[p.state], bits);
	const struct analysis *a = find_place(m, r, &p);
	add_allowed(a, (m->vocabulary->size + 31) / 32, bits);
	if (a->merged || a->tail_count)
		add_outside(m, a, r, p.stack, bits);
}

/* ---- Life ---- */

void masks_init(struct masks *m, struct vocabulary_trie *v, const struct machine *g)
{
	*m = (struct masks){ .vocabulary = v, .machine = g };
}

void masks_done(struct masks *m)
{
	analyses_clear(&m->own);
}

struct vocabulary_trie *vocabulary_trie_create(const struct tokenizer *tokenizer)
{
	struct vocabulary_trie *v = mem_zeroed(1, sizeof *v);
	struct string_kind any = { .most = MACHINE_NO_LIMIT };

	v->tokenizer = tokenizer;
	v->size = tokenizer_size(tokenizer);
	trie_of_tokenizer(&v->trie, tokenizer);
	machine_init(&v->machine);
	any.dfa = v->machine.automata[0];
	v->machine.start = machine_string(&v->machine, &any);
	(void)machine_finish(&v->machine);
	v->inside = v->machine.links[v->machine.states[v->machine.start].first].to;
	return v;
}

void vocabulary_trie_destroy(struct vocabulary_trie *v)
{
	if (!v)
		return;
	analyses_clear(&v->strings);
	machine_done(&v->machine);
	trie_done(&v->trie);
	free(v);
}
