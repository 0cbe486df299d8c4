#include "grammar/machine.h"

#include <assert.h>

#include "base/mem.h"

/* All strings of UTF-8 without U+0000. */
static struct dfa *all_strings(void)
{
	struct error err = {0};
	own_nfa n;

	nfa_init(&n);
	nfa_characters(&n, n.start, 1, 0x10FFFF, n.start);
	nfa_jump(&n, n.start, n.accept);
	struct dfa *d = dfa_build(&n, &err);
	assert(d);
	return d;
}

void machine_init(struct machine *g)
{
	*g = (struct machine){0};
	machine_keep(g, all_strings());
}

void machine_done(struct machine *g)
{
	for (uint32_t i = 0; i < g->automaton_count; i++)
		dfa_destroy(g->automata[i]);
	free(g->automata);
	free(g->states);
	free(g->links);
	free(g->strings);
	*g = (struct machine){0};
}

/* ---- Building ---- */

uint32_t machine_state(struct machine *g)
{
	if (g->state_count == MACHINE_STATES_MAX) {
		g->full = true;
		return 0;
	}
	if (g->state_count == g->state_room) {
		g->state_room = g->state_room ? 2 * g->state_room : 256;
		g->states = mem_resize(g->states, g->state_room, sizeof *g->states);
	}
	g->states[g->state_count] = (struct state){0};
	return g->state_count++;
}

static void add_link(struct machine *g, uint32_t from, struct link link)
{
	if (g->link_count == MACHINE_LINKS_MAX) {
		g->full = true;
		return;
	}
	if (g->link_count == g->link_room) {
		g->link_room = g->link_room ? 2 * g->link_room : 512;
		g->links = mem_resize(g->links, g->link_room, sizeof *g->links);
	}
	link.next = g->states[from].first;
	g->links[g->link_count++] = link;
	g->states[from].first = g->link_count;
	g->states[from].count++;
}

void machine_bytes(struct machine *g, uint32_t from, uint8_t lo, uint8_t hi, uint32_t to)
{
	add_link(g, from, (struct link){ .kind = LINK_BYTES, .lo = lo, .hi = hi, .to = to });
}

void machine_token(struct machine *g, uint32_t from, int32_t token, uint32_t to)
{
	add_link(g, from, (struct link){ .kind = LINK_TOKEN, .start = (uint32_t)token, .to = to });
}

void machine_jump(struct machine *g, uint32_t from, uint32_t to)
{
	add_link(g, from, (struct link){ .kind = LINK_JUMP, .to = to });
}

void machine_call(struct machine *g, uint32_t from, uint32_t start, uint32_t to)
{
	add_link(g, from, (struct link){ .kind = LINK_CALL, .start = start, .to = to });
}

static uint32_t follow(const struct machine *g, uint32_t from, uint8_t byte)
{
	for (uint32_t i = g->states[from].first; i; i = g->links[i - 1].next) {
		const struct link *l = &g->links[i - 1];
		if (l->kind == LINK_BYTES && l->lo == byte && l->hi == byte)
			return l->to;
	}
	return MACHINE_NONE;
}

uint32_t machine_text(struct machine *g, uint32_t from, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		uint32_t to = follow(g, from, (uint8_t)text.p[i]);
		if (to == MACHINE_NONE) {
			to = machine_state(g);
			machine_byte(g, from, text.p[i], to);
		}
		from = to;
	}
	return from;
}

uint32_t machine_automaton(struct machine *g, const struct dfa *d)
{
	uint32_t base = g->state_count;

	for (uint32_t s = DFA_START; s < d->states; s++)
		machine_state(g);
	if (g->full)
		return 0;
	for (uint32_t s = DFA_START; s < d->states; s++) {
		g->states[base + s - DFA_START].returns = d->accepts[s];
		for (uint32_t lo = 0, hi; lo < 256; lo = hi + 1) {
			uint32_t to = dfa_step(d, s, (uint8_t)lo);
			for (hi = lo; hi < 255 && dfa_step(d, s, (uint8_t)(hi + 1)) == to;)
				hi++;
			if (to != DFA_DEAD)
				machine_bytes(g, base + s - DFA_START, (uint8_t)lo, (uint8_t)hi, base + to - DFA_START);
		}
	}
	return base;
}

const struct dfa *machine_keep(struct machine *g, struct dfa *d)
{
	g->automata = mem_resize(g->automata, g->automaton_count + 1, sizeof *g->automata);
	return g->automata[g->automaton_count++] = d;
}

uint32_t machine_string(struct machine *g, const struct string_kind *kind)
{
	uint32_t start = machine_state(g), inside = machine_state(g);

	g->strings = mem_resize(g->strings, g->string_count + 1, sizeof *g->strings);
	g->strings[g->string_count] = *kind;
	g->strings[g->string_count].any = kind->dfa == g->automata[0];
	if (!dfa_is_empty(kind->dfa) && kind->least <= kind->most) {
		machine_byte(g, start, '"', inside);
		g->states[inside].string = g->string_count + 1;
	}
	g->string_count++;
	return start;
}

/* ---- What can be completed ---- */

static bool completes(const bool *good, const struct link *l)
{
	return good[l->to] && (l->kind != LINK_CALL || good[l->start]);
}

/* Without a byte; strings and tokens never are. */
static bool is_nullable(const bool *nullable, const struct link *l)
{
	return nullable[l->to] && (l->kind == LINK_JUMP || (l->kind == LINK_CALL && nullable[l->start]));
}

/* Which links lead to a state, as `to` or as what is called: links[first[s] .. first[s + 1]), with their owners. */
struct incoming {
	uint32_t *first, *links, *owner;
};

static void incoming_init(struct incoming *in, const struct machine *g)
{
	in->first = mem_zeroed(g->state_count + 2, sizeof *in->first);
	in->links = mem_zeroed(2 * (size_t)g->link_count + 1, sizeof *in->links);
	in->owner = mem_zeroed(g->link_count + 1, sizeof *in->owner);
	own_mem uint32_t *fill = mem_zeroed(g->state_count + 1, sizeof *fill);
	for (uint32_t s = 0; s < g->state_count; s++)
		for (uint32_t i = g->states[s].first; i; i = g->links[i - 1].next)
			in->owner[i - 1] = s;
	for (uint32_t i = 0; i < g->link_count; i++) {
		in->first[g->links[i].to + 1]++;
		if (g->links[i].kind == LINK_CALL)
			in->first[g->links[i].start + 1]++;
	}
	for (uint32_t s = 0; s < g->state_count; s++)
		in->first[s + 1] += in->first[s];
	for (uint32_t i = 0; i < g->link_count; i++) {
		const struct link *l = &g->links[i];
		in->links[in->first[l->to] + fill[l->to]++] = i;
		if (l->kind == LINK_CALL)
			in->links[in->first[l->start] + fill[l->start]++] = i;
	}
}

static void incoming_done(struct incoming *in)
{
	free(in->first);
	free(in->links);
	free(in->owner);
}

/* Marks the owners of all links that pass, beginning with the states that are marked. */
static void spread(const struct machine *g, const struct incoming *in, bool *marked,
	bool (*passes)(const bool *marked, const struct link *l))
{
	own_mem uint32_t *todo = mem_zeroed(g->state_count + 1, sizeof *todo);
	uint32_t count = 0;

	for (uint32_t s = 0; s < g->state_count; s++)
		if (marked[s])
			todo[count++] = s;
	while (count) {
		uint32_t s = todo[--count];
		for (uint32_t i = in->first[s]; i < in->first[s + 1]; i++) {
			uint32_t owner = in->owner[in->links[i]];
			if (marked[owner] || !passes(marked, &g->links[in->links[i]]))
				continue;
			marked[owner] = true;
			todo[count++] = owner;
		}
	}
}

static void find_good_and_nullable(const struct machine *g, bool *good, bool *nullable)
{
	struct incoming in owns(incoming_done);

	incoming_init(&in, g);
	for (uint32_t s = 0; s < g->state_count; s++) {
		nullable[s] = g->states[s].returns;
		good[s] = g->states[s].returns || g->states[s].string;
	}
	spread(g, &in, good, completes);
	spread(g, &in, nullable, is_nullable);
}

/* The links of a state side by side, in the order they were made, the good ones only. */
static void order_links(struct machine *g, const bool *good)
{
	struct link *ordered = mem_zeroed(g->link_count + 1, sizeof *ordered);
	uint32_t count = 0;

	for (uint32_t s = 0; s < g->state_count; s++) {
		struct state *state = &g->states[s];
		uint32_t first = count, end = count;
		for (uint32_t i = state->first; i; i = g->links[i - 1].next)
			if (completes(good, &g->links[i - 1]))
				ordered[end++] = g->links[i - 1];
		for (uint32_t a = first, b = end; a + 1 < b; a++, b--) {
			struct link swap = ordered[a];
			ordered[a] = ordered[b - 1];
			ordered[b - 1] = swap;
		}
		state->first = first;
		state->count = end - first;
		state->quiet = !state->returns;
		state->rests = state->string;
		for (uint32_t i = first; i < end; i++) {
			bool reads = ordered[i].kind == LINK_BYTES || ordered[i].kind == LINK_TOKEN;
			state->quiet &= reads;
			state->rests |= reads;
		}
		count = end;
	}
	free(g->links);
	g->links = ordered;
	g->link_count = g->link_room = count;
}

#define NOWHERE (MACHINE_NONE - 1)

/* The states reached from one without reading, the i-th of them or NOWHERE; MACHINE_NONE at the end. */
static uint32_t reached(const struct machine *g, const bool *nullable, uint32_t state, uint32_t i)
{
	if (i / 2 >= g->states[state].count)
		return MACHINE_NONE;
	const struct link *l = &g->links[g->states[state].first + i / 2];
	if (i % 2 == 0)
		return l->kind == LINK_JUMP ? l->to : l->kind == LINK_CALL ? l->start : NOWHERE;
	return l->kind == LINK_CALL && nullable[l->start] ? l->to : NOWHERE;
}

/* Looks for a circle of jumps and calls; depth first, without recursion. */
static bool goes_round(const struct machine *g, const bool *nullable)
{
	enum { NEW, OPEN, CLOSED };
	own_mem uint8_t *colour = mem_zeroed(g->state_count, 1);
	own_mem uint32_t *path = mem_zeroed(g->state_count, sizeof *path), *at = mem_zeroed(g->state_count, sizeof *at);

	for (uint32_t root = 0; root < g->state_count; root++) {
		uint32_t depth = 0;
		if (colour[root] != NEW)
			continue;
		colour[path[depth++] = root] = OPEN;
		while (depth) {
			uint32_t s = path[depth - 1], to = reached(g, nullable, s, at[s]++);
			if (to == MACHINE_NONE) {
				colour[s] = CLOSED;
				depth--;
			} else if (to != NOWHERE && colour[to] == OPEN) {
				return true;
			} else if (to != NOWHERE && colour[to] == NEW) {
				colour[path[depth++] = to] = OPEN;
			}
		}
	}
	return false;
}

enum machine_verdict machine_finish(struct machine *g)
{
	if (g->full)
		return MACHINE_FULL;
	own_mem bool *good = mem_zeroed(g->state_count, sizeof *good);
	own_mem bool *nullable = mem_zeroed(g->state_count, sizeof *nullable);
	find_good_and_nullable(g, good, nullable);
	order_links(g, good);
	if (!good[g->start])
		return MACHINE_EMPTY;
	return goes_round(g, nullable) ? MACHINE_ENDLESS : MACHINE_GOOD;
}
