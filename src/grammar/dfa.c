/*
 * All builders are one exploration: states of the result are found by a key (a
 * set of states of an NFA, a pair, a state and a count), numbered as they are
 * found, and what cannot reach an accepting state is folded into DFA_DEAD last.
 */
#include "grammar/dfa.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "text/digest.h"

void dfa_destroy(struct dfa *d)
{
	if (!d)
		return;
	free(d->next);
	free(d->accepts);
	free(d);
}

/* ---- A growing automaton ---- */

/* Keys are runs of words in one array; a table finds them. */
struct growing {
	struct dfa *dfa;
	uint32_t room;
	uint32_t *words, *key_start;   /* [room + 1] */
	size_t word_room;
	uint32_t *slots;               /* open addressing: states; 0: empty */
	uint32_t slot_count, work;
	uint32_t *scratch;             /* the key at hand */
	size_t scratch_count, scratch_room;
};

static void growing_done(struct growing *g)
{
	dfa_destroy(g->dfa);
	free(g->words);
	free(g->key_start);
	free(g->slots);
	free(g->scratch);
}

static bool too_large(struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE, "needs too large an automaton; write it more simply");
}

static void make_room(struct growing *g, uint32_t states)
{
	if (states <= g->room)
		return;
	g->room = g->room ? 2 * g->room : 64;
	g->dfa->next = mem_resize(g->dfa->next, (size_t)g->room * g->dfa->classes, sizeof *g->dfa->next);
	g->dfa->accepts = mem_resize(g->dfa->accepts, g->room, sizeof *g->dfa->accepts);
	g->key_start = mem_resize(g->key_start, g->room + 1, sizeof *g->key_start);
}

static void growing_init(struct growing *g, uint32_t classes)
{
	*g = (struct growing){ .dfa = mem_zeroed(1, sizeof *g->dfa) };
	g->dfa->classes = classes;
	g->slot_count = 2 * DFA_STATES_MAX;
	g->slots = mem_zeroed(g->slot_count, sizeof *g->slots);
	make_room(g, 1);
	memset(g->dfa->next, 0, classes * sizeof *g->dfa->next);
	g->dfa->accepts[0] = false;
	g->key_start[0] = g->key_start[1] = 0;
	g->dfa->states = 1;
}

static void put_word(struct growing *g, uint32_t word)
{
	if (g->scratch_count == g->scratch_room) {
		g->scratch_room = g->scratch_room ? 2 * g->scratch_room : 64;
		g->scratch = mem_resize(g->scratch, g->scratch_room, sizeof *g->scratch);
	}
	g->scratch[g->scratch_count++] = word;
}

static const uint32_t *key_of(const struct growing *g, uint32_t state, size_t *count)
{
	*count = g->key_start[state + 1] - g->key_start[state];
	return g->words + g->key_start[state];
}

static bool add_state(struct growing *g, uint32_t *state, struct error *err)
{
	struct dfa *d = g->dfa;
	size_t begin = g->key_start[d->states], end = begin + g->scratch_count;

	if (d->states == DFA_STATES_MAX || (d->states + 1) * d->classes > DFA_CELLS_MAX || end > DFA_WORK_MAX)
		return too_large(err);
	make_room(g, d->states + 1);
	if (end > g->word_room) {
		g->word_room = 2 * end;
		g->words = mem_resize(g->words, g->word_room, sizeof *g->words);
	}
	memcpy(g->words + begin, g->scratch, g->scratch_count * sizeof *g->words);
	*state = d->states++;
	g->key_start[d->states] = (uint32_t)end;
	return true;
}

/* The state of the key in scratch, which is new the first time; *state is DFA_DEAD for an empty key. */
static bool find_state(struct growing *g, uint32_t *state, struct error *err)
{
	size_t bytes = g->scratch_count * sizeof *g->scratch, count;

	*state = DFA_DEAD;
	g->work += (uint32_t)g->scratch_count + 1;
	if (g->work > DFA_WORK_MAX)
		return too_large(err);
	if (!g->scratch_count)
		return true;
	uint32_t at = (uint32_t)(digest_short((const char *)g->scratch, bytes) >> 32) & (g->slot_count - 1);
	for (; g->slots[at]; at = (at + 1) & (g->slot_count - 1)) {
		const uint32_t *key = key_of(g, g->slots[at], &count);
		if (count == g->scratch_count && memcmp(key, g->scratch, bytes) == 0) {
			*state = g->slots[at];
			return true;
		}
	}
	if (!add_state(g, state, err))
		return false;
	g->slots[at] = *state;
	return true;
}

/* ---- States that cannot reach an accepting one ---- */

/* Where one can come from, for each state: sources[start[s] .. start[s + 1]). */
static void find_sources(const struct dfa *d, uint32_t *start, uint32_t *sources)
{
	size_t cells = (size_t)d->states * d->classes;

	for (size_t i = 0; i < cells; i++)
		start[d->next[i] + 1]++;
	for (uint32_t s = 0; s < d->states; s++)
		start[s + 1] += start[s];
	own_mem uint32_t *fill = mem_zeroed(d->states, sizeof *fill);
	memcpy(fill, start, d->states * sizeof *fill);
	for (size_t i = 0; i < cells; i++)
		sources[fill[d->next[i]]++] = (uint32_t)(i / d->classes);
}

static void fold_dead(struct dfa *d)
{
	own_mem uint32_t *start = mem_zeroed(d->states + 2, sizeof *start);
	own_mem uint32_t *sources = mem_zeroed((size_t)d->states * d->classes, sizeof *sources);
	own_mem uint32_t *todo = mem_zeroed(d->states, sizeof *todo);
	own_mem bool *live = mem_zeroed(d->states, sizeof *live);
	uint32_t count = 0;

	find_sources(d, start, sources);
	for (uint32_t s = 1; s < d->states; s++)
		if (d->accepts[s]) {
			live[s] = true;
			todo[count++] = s;
		}
	while (count) {
		uint32_t s = todo[--count];
		for (uint32_t i = start[s]; i < start[s + 1]; i++)
			if (sources[i] && !live[sources[i]]) {
				live[sources[i]] = true;
				todo[count++] = sources[i];
			}
	}
	for (size_t i = 0; i < (size_t)d->states * d->classes; i++)
		if (!live[d->next[i]])
			d->next[i] = DFA_DEAD;
}

static struct dfa *finish(struct growing *g)
{
	fold_dead(g->dfa);
	g->dfa->work = g->work;
	return take(g->dfa);
}

/* ---- From an NFA ---- */

struct closing {
	const struct nfa *nfa;
	uint32_t *mark, *todo;         /* [state_count] */
	uint32_t round;
};

/* Calls for every state that can be reached without a byte. */
static void close_over(struct closing *c, uint32_t *count, bool at_start, bool at_end)
{
	for (uint32_t i = 0; i < *count; i++)
		for (uint32_t e = c->nfa->first[c->todo[i]]; e; e = c->nfa->edges[e - 1].next) {
			const struct nfa_edge *edge = &c->nfa->edges[e - 1];
			bool open = edge->kind == NFA_JUMP || (edge->kind == NFA_IF_START && at_start) ||
				(edge->kind == NFA_IF_END && at_end);
			if (!open || c->mark[edge->to] == c->round)
				continue;
			c->mark[edge->to] = c->round;
			c->todo[(*count)++] = edge->to;
		}
}

static int by_number(const void *a, const void *b)
{
	uint32_t l = *(const uint32_t *)a, r = *(const uint32_t *)b;

	return (l > r) - (l < r);
}

static void keep_key(struct growing *g, struct closing *c, uint32_t count)
{
	qsort(c->todo, count, sizeof *c->todo, by_number);
	g->scratch_count = 0;
	for (uint32_t i = 0; i < count; i++)
		put_word(g, c->todo[i]);
}

static bool accepts_set(struct growing *g, struct closing *c, uint32_t state)
{
	size_t n;
	const uint32_t *key = key_of(g, state, &n);
	uint32_t count = (uint32_t)n;

	c->round++;
	for (uint32_t i = 0; i < count; i++)
		c->mark[c->todo[i] = key[i]] = c->round;
	close_over(c, &count, state == DFA_START, true);
	return c->mark[c->nfa->accept] == c->round;
}

/* The closed set behind a byte, into scratch. */
static void move_set(struct growing *g, struct closing *c, uint32_t state, uint8_t byte)
{
	size_t n;
	const uint32_t *key = key_of(g, state, &n);
	uint32_t count = 0;

	c->round++;
	for (size_t i = 0; i < n; i++)
		for (uint32_t e = c->nfa->first[key[i]]; e; e = c->nfa->edges[e - 1].next) {
			const struct nfa_edge *edge = &c->nfa->edges[e - 1];
			g->work++;
			bool takes = edge->kind == NFA_BYTES && byte >= edge->lo && byte <= edge->hi;
			if (!takes || c->mark[edge->to] == c->round)
				continue;
			c->mark[edge->to] = c->round;
			c->todo[count++] = edge->to;
		}
	close_over(c, &count, false, false);
	keep_key(g, c, count);
}

/* Bytes that no edge tells apart share a class; returns how many there are. */
static uint32_t classify(const struct nfa *n, uint8_t class_of[256])
{
	bool begins[257] = { true };
	uint32_t classes = 0;

	for (uint32_t i = 0; i < n->edge_count; i++)
		if (n->edges[i].kind == NFA_BYTES)
			begins[n->edges[i].lo] = begins[n->edges[i].hi + 1] = true;
	for (int b = 0; b < 256; b++) {
		classes += begins[b];
		class_of[b] = (uint8_t)(classes - 1);
	}
	return classes;
}

static bool explore_set(struct growing *g, struct closing *c, uint32_t state, struct error *err)
{
	struct dfa *d = g->dfa;

	for (int b = 0; b < 256; b++) {
		uint32_t to = DFA_DEAD;
		if (b && d->class_of[b] == d->class_of[b - 1])
			continue;
		move_set(g, c, state, (uint8_t)b);
		if (!find_state(g, &to, err))
			return false;
		d->next[state * d->classes + d->class_of[b]] = (uint16_t)to;
	}
	d->accepts[state] = accepts_set(g, c, state);
	return true;
}

struct dfa *dfa_build(const struct nfa *n, struct error *err)
{
	uint8_t class_of[256];
	struct growing g owns(growing_done);
	own_mem uint32_t *mark = mem_zeroed(n->state_count, sizeof *mark);
	own_mem uint32_t *todo = mem_zeroed(n->state_count, sizeof *todo);
	struct closing c = { n, mark, todo, 1 };
	uint32_t count = 1, start;

	growing_init(&g, classify(n, class_of));
	memcpy(g.dfa->class_of, class_of, sizeof class_of);
	if (n->full)
		return too_large(err), NULL;
	todo[0] = n->start;
	mark[n->start] = c.round;
	close_over(&c, &count, true, false);
	keep_key(&g, &c, count);
	if (!add_state(&g, &start, err))     /* not to be found again: the beginning is nowhere else */
		return NULL;
	for (uint32_t s = start; s < g.dfa->states; s++)
		if (!explore_set(&g, &c, s, err))
			return NULL;
	return finish(&g);
}

/* ---- From automata ---- */

static bool find_pair(struct growing *g, uint32_t a, uint32_t b, uint32_t *state, struct error *err)
{
	g->scratch_count = 0;
	if (a != DFA_DEAD) {
		put_word(g, a);
		put_word(g, b);
	}
	return find_state(g, state, err);
}

/* Classes of the result: pairs of classes. */
static uint32_t pair_classes(const struct dfa *a, const struct dfa *b, uint8_t class_of[256])
{
	uint32_t classes = 0;

	for (int i = 0; i < 256; i++) {
		int same = 0;
		while (same < i && (a->class_of[same] != a->class_of[i] || b->class_of[same] != b->class_of[i]))
			same++;
		class_of[i] = same < i ? class_of[same] : (uint8_t)classes++;
	}
	return classes;
}

struct dfa *dfa_both(const struct dfa *a, const struct dfa *b, bool without, struct error *err)
{
	uint8_t class_of[256] = {0};
	struct growing g owns(growing_done);
	uint32_t to;

	growing_init(&g, pair_classes(a, b, class_of));
	memcpy(g.dfa->class_of, class_of, sizeof class_of);
	if (!find_pair(&g, DFA_START, DFA_START, &to, err))
		return NULL;
	for (uint32_t s = DFA_START; s < g.dfa->states; s++) {
		size_t n;
		uint32_t left = key_of(&g, s, &n)[0], right = key_of(&g, s, &n)[1];
		for (int byte = 0; byte < 256; byte++) {
			uint32_t l = dfa_step(a, left, (uint8_t)byte), r = dfa_step(b, right, (uint8_t)byte);
			if (!find_pair(&g, without || r != DFA_DEAD ? l : DFA_DEAD, r, &to, err))
				return NULL;
			g.dfa->next[s * g.dfa->classes + class_of[byte]] = (uint16_t)to;
		}
		g.dfa->accepts[s] = a->accepts[left] && b->accepts[right] != without;
	}
	return finish(&g);
}

static bool begins_character(int byte) { return (byte & 0xC0) != 0x80; }

struct dfa *dfa_with_length(const struct dfa *a, uint32_t least, uint32_t most, struct error *err)
{
	struct growing g owns(growing_done);
	uint32_t to, last = most == UINT32_MAX ? least : most;   /* counting ends there */

	growing_init(&g, 256);
	for (int i = 0; i < 256; i++)
		g.dfa->class_of[i] = (uint8_t)i;
	if (last >= DFA_STATES_MAX)
		return too_large(err), NULL;
	if (!find_pair(&g, DFA_START, 0, &to, err))
		return NULL;
	for (uint32_t s = DFA_START; s < g.dfa->states; s++) {
		size_t n;
		uint32_t from = key_of(&g, s, &n)[0], count = key_of(&g, s, &n)[1];
		for (int byte = 0; byte < 256; byte++) {
			uint32_t more = count + begins_character(byte), next = dfa_step(a, from, (uint8_t)byte);
			if (more > last && most != UINT32_MAX)
				next = DFA_DEAD;
			if (!find_pair(&g, next, more < last ? more : last, &to, err))
				return NULL;
			g.dfa->next[s * 256 + (uint32_t)byte] = (uint16_t)to;
		}
		g.dfa->accepts[s] = a->accepts[from] && count >= least;
	}
	return finish(&g);
}

/* ---- Reading ---- */

uint32_t dfa_walk(const struct dfa *d, uint32_t state, struct str text)
{
	for (size_t i = 0; i < text.n && state != DFA_DEAD; i++)
		state = dfa_step(d, state, (uint8_t)text.p[i]);
	return state;
}

uint32_t dfa_character(const struct dfa *d, uint32_t state, uint32_t code_point)
{
	char bytes[4] = {0};
	size_t n = utf8_encode(code_point, bytes);

	return dfa_walk(d, state, (struct str){ bytes, n });
}

/*
 * Goes down the tree of UTF-8: a prefix of `done` bytes stands for a stretch of
 * characters, which is looked into only where it meets lo to hi.
 */
static bool any_below(const struct dfa *d, uint32_t state, uint32_t first, uint32_t bits, uint32_t lo, uint32_t hi)
{
	uint32_t last = first + (1u << bits) - 1;

	if (state == DFA_DEAD || last < lo || first > hi)
		return false;
	if (bits == 0)
		return true;
	for (uint32_t i = 0; i < 64; i++)
		if (any_below(d, dfa_step(d, state, (uint8_t)(0x80 | i)), first | i << (bits - 6), bits - 6, lo, hi))
			return true;
	return false;
}

bool dfa_any_character(const struct dfa *d, uint32_t state, uint32_t lo, uint32_t hi)
{
	for (uint32_t byte = 0; byte < 0xF5; byte++) {
		uint32_t to = dfa_step(d, state, (uint8_t)byte);
		uint32_t bits = byte < 0x80 ? 0 : byte < 0xE0 ? 6 : byte < 0xF0 ? 12 : 18;
		uint32_t own = byte < 0x80 ? byte : byte & (byte < 0xE0 ? 31 : byte < 0xF0 ? 15 : 7);
		if ((byte < 0x80 || byte >= 0xC2) && any_below(d, to, own << bits, bits, lo, hi))
			return true;
	}
	return false;
}

bool dfa_is_empty(const struct dfa *d)
{
	if (d->accepts[DFA_START])
		return false;
	for (uint32_t i = 0; i < d->classes; i++)
		if (d->next[DFA_START * d->classes + i] != DFA_DEAD)
			return false;
	return true;
}
