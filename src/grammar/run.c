#include "grammar/run.h"

#include "base/mem.h"

enum { MERGE_DEEP = 64, BUCKETS_FIRST = 256 };

void run_init(struct run *r, const struct machine *g)
{
	*r = (struct run){ .machine = g, .node_count = 1, .bucket_count = BUCKETS_FIRST };
	r->buckets = mem_zeroed(r->bucket_count, sizeof *r->buckets);
}

void run_done(struct run *r)
{
	free(r->places);
	free(r->nodes);
	free(r->buckets);
	free(r->todo);
	*r = (struct run){0};
}

/* ---- Stacks ---- */

static uint32_t bucket_of(const struct run *r, uint32_t to, uint32_t below, uint32_t beside)
{
	uint64_t h = (to * 0x9E3779B97F4A7C15u) ^ (below * 0xC2B2AE3D27D4EB4Fu) ^ (beside * 0x165667B19E3779F9u);

	return (uint32_t)((h * 0x9E3779B97F4A7C15u) >> 40) & (r->bucket_count - 1);
}

/* Newest first in every chain, so that the newest can be taken out again. */
static void put_in_table(struct run *r, uint32_t node)
{
	struct stack_node *n = &r->nodes[node];
	uint32_t *head = &r->buckets[bucket_of(r, n->to, n->below, n->beside)];

	n->chain = *head;
	*head = node;
}

static void grow_table(struct run *r)
{
	free(r->buckets);
	r->bucket_count *= 4;
	r->buckets = mem_zeroed(r->bucket_count, sizeof *r->buckets);
	for (uint32_t i = 1; i < r->node_count; i++)
		put_in_table(r, i);
}

static uint32_t stack_of(struct run *r, uint32_t to, uint32_t below, uint32_t beside)
{
	for (uint32_t i = r->buckets[bucket_of(r, to, below, beside)]; i; i = r->nodes[i].chain)
		if (r->nodes[i].to == to && r->nodes[i].below == below && r->nodes[i].beside == beside)
			return i;
	if (r->node_count >= r->node_room) {
		r->node_room = r->node_room ? 2 * r->node_room : 256;
		r->nodes = mem_resize(r->nodes, r->node_room, sizeof *r->nodes);
	}
	if (r->node_count >= 2 * r->bucket_count)
		grow_table(r);
	r->nodes[r->node_count] = (struct stack_node){ .to = to, .below = below, .beside = beside };
	put_in_table(r, r->node_count);
	return r->node_count++;
}

/* What returns to either; 0 when that would lead too deep. */
static uint32_t merge(struct run *r, uint32_t a, uint32_t b, int deep)
{
	if (a == b || !b)
		return a;
	if (!a)
		return b;
	if (deep == 0)
		return 0;
	struct stack_node x = r->nodes[a], y = r->nodes[b];
	if (x.to > y.to) {
		struct stack_node swap = x;
		x = y;
		y = swap;
		b = a;
	}
	uint32_t beside = merge(r, x.beside, x.to == y.to ? y.beside : b, deep - 1);
	if (!beside && (x.beside || x.to != y.to || y.beside))
		return 0;
	uint32_t below = x.to == y.to ? merge(r, x.below, y.below, deep - 1) : x.below;
	if (!below && x.below)
		return 0;
	return stack_of(r, x.to, below, beside);
}

void run_cut(struct run *r, struct run_mark mark)
{
	r->count = mark.count;
	for (; r->node_count > mark.node_count; r->node_count--) {
		const struct stack_node *n = &r->nodes[r->node_count - 1];
		r->buckets[bucket_of(r, n->to, n->below, n->beside)] = n->chain;
	}
}

/* ---- Sets ---- */

static void append(struct run *r, struct place p)
{
	if (r->count == r->room) {
		r->room = r->room ? 2 * r->room : 256;
		r->places = mem_resize(r->places, r->room, sizeof *r->places);
	}
	r->places[r->count++] = p;
}

static void remember(struct run *r, uint32_t place, uint32_t stack)
{
	if (r->todo_count == r->todo_room) {
		r->todo_room = r->todo_room ? 2 * r->todo_room : 64;
		r->todo = mem_resize(r->todo, r->todo_room, sizeof *r->todo);
	}
	r->todo[r->todo_count].place = place;
	r->todo[r->todo_count++].stack = stack;
}

static bool same_quoted(const struct quoted *a, const struct quoted *b)
{
	return a->at == b->at && a->need == b->need && a->left == b->left && a->escape == b->escape;
}

static bool needs_closing(const struct run *r, uint32_t state)
{
	return state != RUN_END && !r->machine->states[state].quiet;
}

/* Adds a place to the set being made, unless it is there. */
static void add(struct run *r, struct place p)
{
	for (uint32_t i = r->set; i < r->count; i++) {
		struct place *there = &r->places[i];
		if (there->state != p.state || !same_quoted(&there->quoted, &p.quoted))
			continue;
		uint32_t both = merge(r, there->stack, p.stack, MERGE_DEEP);
		if (both == there->stack)
			return;
		if (!both)
			continue;      /* too deep to be told: two places */
		there->stack = both;
		if (needs_closing(r, p.state))
			remember(r, i, p.stack);
		return;
	}
	append(r, p);
	if (needs_closing(r, p.state))
		remember(r, r->count - 1, p.stack);
}

static void add_state(struct run *r, uint32_t state, uint32_t stack)
{
	const struct state *s = &r->machine->states[state];
	struct place p = { .state = state, .stack = stack };

	if (s->string)
		p.quoted = quoted_begin(&r->machine->strings[s->string - 1]);
	add(r, p);
}

static void add_returns(struct run *r, uint32_t stack)
{
	while (stack) {
		struct stack_node n = r->nodes[stack];
		if (n.to == RUN_OUTSIDE)
			r->outside = true;
		else if (n.to == RUN_END)
			add(r, (struct place){ .state = RUN_END });
		else
			add_state(r, n.to, n.below);
		stack = n.beside;
	}
}

static void close_place(struct run *r, uint32_t state, uint32_t stack)
{
	const struct state *s = &r->machine->states[state];

	for (uint32_t i = s->first; i < s->first + s->count; i++) {
		const struct link *l = &r->machine->links[i];
		if (l->kind == LINK_JUMP)
			add_state(r, l->to, stack);
		else if (l->kind == LINK_CALL)
			add_state(r, l->start, stack_of(r, l->to, stack, 0));
	}
	if (s->returns)
		add_returns(r, stack);
}

/* Follows jumps, calls and returns to their ends, then drops places where nothing can be read. */
static struct set close_set(struct run *r)
{
	uint32_t kept = r->set;
	bool closed = r->todo_count > 0;

	for (uint32_t i = 0; i < r->todo_count; i++)
		close_place(r, r->places[r->todo[i].place].state, r->todo[i].stack);
	r->todo_count = 0;
	for (uint32_t i = r->set; closed && i < r->count; i++)
		if (r->places[i].state == RUN_END || r->machine->states[r->places[i].state].rests)
			r->places[kept++] = r->places[i];
	if (closed)
		r->count = kept;
	return (struct set){ r->set, r->count };
}

static void open_set(struct run *r)
{
	r->set = r->count;
	r->outside = false;
}

struct set run_begin(struct run *r)
{
	open_set(r);
	add_state(r, r->machine->start, stack_of(r, RUN_END, 0, 0));
	return close_set(r);
}

struct set run_begin_at(struct run *r, uint32_t state, const struct quoted *q)
{
	open_set(r);
	append(r, (struct place){ .state = state, .stack = stack_of(r, RUN_OUTSIDE, 0, 0), .quoted = *q });
	return (struct set){ r->set, r->count };
}

struct set run_return(struct run *r, uint32_t stack)
{
	open_set(r);
	add_returns(r, stack);
	return close_set(r);
}

/* ---- Steps ---- */

static void step_quoted(struct run *r, const struct place *p, const struct state *s, uint8_t byte)
{
	struct place next = *p;

	switch (quoted_step(&r->machine->strings[s->string - 1], &next.quoted, byte)) {
	case QUOTED_DEAD: break;
	case QUOTED_ON: add(r, next); break;
	case QUOTED_CLOSED: add_returns(r, p->stack); break;
	}
}

static void step_place(struct run *r, const struct place *p, uint8_t byte)
{
	const struct state *s = &r->machine->states[p->state];

	if (s->string) {
		step_quoted(r, p, s, byte);
		return;
	}
	for (uint32_t i = s->first; i < s->first + s->count; i++) {
		const struct link *l = &r->machine->links[i];
		if (l->kind == LINK_BYTES && byte >= l->lo && byte <= l->hi)
			add_state(r, l->to, p->stack);
	}
}

/* One place inside a string and no quote or escape: by far the most steps, and there is nothing to close over. */
static bool step_alone(struct run *r, struct set from, uint8_t byte)
{
	const struct place *p = &r->places[from.from];
	const struct state *s = from.to - from.from == 1 && p->state != RUN_END ? &r->machine->states[p->state] : NULL;

	if (!s || !s->string || p->quoted.escape || byte == '"' || byte == '\\')
		return false;
	struct place next = *p;
	if (quoted_step(&r->machine->strings[s->string - 1], &next.quoted, byte) == QUOTED_ON)
		append(r, next);
	return true;
}

struct set run_byte(struct run *r, struct set from, uint8_t byte)
{
	open_set(r);
	if (step_alone(r, from, byte))
		return (struct set){ r->set, r->count };
	for (uint32_t i = from.from; i < from.to; i++) {
		struct place p = r->places[i];
		if (p.state != RUN_END)
			step_place(r, &p, byte);
	}
	return close_set(r);
}

struct set run_token(struct run *r, struct set from, int32_t token)
{
	open_set(r);
	for (uint32_t i = from.from; i < from.to; i++) {
		struct place p = r->places[i];
		const struct state *s = p.state == RUN_END ? NULL : &r->machine->states[p.state];
		for (uint32_t k = 0; s && k < s->count; k++) {
			const struct link *l = &r->machine->links[s->first + k];
			if (l->kind == LINK_TOKEN && l->start == (uint32_t)token)
				add_state(r, l->to, p.stack);
		}
	}
	return close_set(r);
}

bool run_is_complete(const struct run *r, struct set at)
{
	for (uint32_t i = at.from; i < at.to; i++)
		if (r->places[i].state == RUN_END)
			return true;
	return false;
}
