/*
 * Rows of one sequence that follow each other make a tile; its queries (rows by
 * heads of one group) share what is read of one head of keys and values.  A unit
 * of work is a tile and a head of keys, or where there are few of those, some
 * chunks of such: the chunks' results are then kept apart, and whoever finishes
 * the last unit puts all together in order.  Members take units from a counter,
 * so which member computes what is chance; what is computed is not.
 *
 * A long context is read from memory faster than it is computed with only if
 * reading never stops: scoring keys fetches the chunk's values into the cache,
 * weighing values fetches the keys of what this member will do next.
 *
 * Keys behind a row's position may be computed with (in vectors of 16 keys,
 * or because a later row needs them) but never get into its result: softmax and
 * the sum of values stop at each row's own end.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/attention_inside.h"

enum {
	TILE_QUERIES = 64,           /* at most, unless one row has more */
	MEMBER_UNITS = 4,            /* at least, where there are chunks enough */
	CHUNK_PAGES = ATTENTION_CHUNK / PAGE_TOKENS,
};

_Static_assert((int)TILE_QUERIES >= (int)ATTENTION_GROUP_MAX, "a row fits");

struct tile {
	uint32_t row, rows;
	uint32_t chunks, pieces;     /* pieces: units the chunks are divided into */
	size_t parts;                /* where its results lie apart, in floats; for head 0 */
	atomic_uint *left;           /* pieces not finished, by head */
};

struct unit {
	uint32_t tile, head, from, to;       /* chunks */
};

/* A query's result over some keys: values weighted by e^(score - top), and the sum of weights. */
struct result {
	float top, sum;
	float *values;
};

/* What one member computes with. */
struct scratch {
	_Alignas(64) float q[TILE_QUERIES][ATTENTION_STRIDE];         /* times the scale */
	float state[TILE_QUERIES][ATTENTION_STRIDE];     /* chunks so far */
	float scores[TILE_QUERIES][ATTENTION_STRIDE];    /* of one panel's queries */
	float values[TILE_QUERIES][ATTENTION_STRIDE];    /* of one chunk */
	float top[TILE_QUERIES], sum[TILE_QUERIES];
	size_t ticket;               /* first of the layer it is in */
};

struct attention {
	struct attention_shape shape;
	struct attention_place place;
	const struct attention_kernels *kernels;
	size_t group, dim, padded;   /* padded: dim up to a multiple of 32 */
	const struct attention_row *rows;
	struct tile *tiles;
	struct unit *units;
	size_t tile_count, tile_room, unit_count, unit_room;
	atomic_uint *left;           /* tiles by heads */
	size_t left_room;
	float *parts;
	size_t parts_room;
	struct scratch *scratch;
	size_t members, scratch_room;
	atomic_size_t next;          /* ticket; a layer takes unit_count + members */
};

struct attention *attention_create(const struct attention_shape *s)
{
	struct attention *a = mem_zeroed(1, sizeof *a);

	*a = (struct attention){
		.shape = *s,
		.place = attention_place(s),
		.group = s->heads / s->kv_heads,
		.dim = s->head_dim,
		.padded = (s->head_dim + 31) / 32 * 32,
	};
	return a;
}

void attention_destroy(struct attention *a)
{
	if (!a)
		return;
	free(a->tiles);
	free(a->units);
	free(a->left);
	free(a->parts);
	free(a->scratch);
	free(a);
}

size_t attention_bytes(const struct attention *a)
{
	return sizeof *a + a->tile_room * sizeof *a->tiles + a->unit_room * sizeof *a->units +
		a->left_room * sizeof *a->left + a->parts_room * sizeof *a->parts +
		a->scratch_room * sizeof *a->scratch;
}

/* ---- Dividing the work ---- */

/* Makes room for `count` without keeping what was there; aligned as vectors like it. */
static void *room(void *old, size_t *have, size_t count, size_t size)
{
	if (*have >= count)
		return old;
	*have = count + count / 2;
	free(old);
	void *fresh = aligned_alloc(64, (*have * size + 63) / 64 * 64);
	if (!fresh)
		mem_panic("out of memory");
	return fresh;
}

static bool continues(const struct attention_row *row)
{
	return row[0].pages == row[-1].pages && row[0].position == row[-1].position + 1;
}

static void make_tiles(struct attention *a, size_t count)
{
	const size_t most = a->group < TILE_QUERIES ? TILE_QUERIES / a->group : 1;

	a->tile_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct tile *last = &a->tiles[a->tile_count - 1];
		if (i == 0 || last->rows == most || !continues(&a->rows[i])) {
			last = &a->tiles[a->tile_count++];
			*last = (struct tile){ .row = (uint32_t)i };
		}
		last->rows++;
		last->chunks = (uint32_t)(a->rows[i].position / ATTENTION_CHUNK + 1);
	}
}

/* Floats of one query's result over one chunk: top, sum, values. */
static size_t part_size(const struct attention *a)
{
	return 16 + a->padded;
}

static size_t head_parts(const struct attention *a, const struct tile *t)
{
	return t->chunks * t->rows * a->group * part_size(a);
}

static uint32_t pieces_of(const struct attention *a, const struct tile *t)
{
	const size_t units = a->tile_count * a->shape.kv_heads;
	const size_t pieces = (MEMBER_UNITS * a->members + units - 1) / units;

	return pieces < t->chunks ? (uint32_t)pieces : t->chunks;
}

/* Where split tiles keep their results, and how many units there will be. */
static void make_parts(struct attention *a)
{
	size_t parts = 0, units = 0;

	a->left = room(a->left, &a->left_room, a->tile_count * a->shape.kv_heads, sizeof *a->left);
	for (size_t i = 0; i < a->tile_count; i++) {
		struct tile *t = &a->tiles[i];
		t->pieces = pieces_of(a, t);
		t->parts = parts;
		t->left = a->left + i * a->shape.kv_heads;
		for (size_t h = 0; h < a->shape.kv_heads; h++)
			atomic_store_explicit(&t->left[h], t->pieces, memory_order_relaxed);
		units += t->pieces * a->shape.kv_heads;
		if (t->pieces > 1)
			parts += head_parts(a, t) * a->shape.kv_heads;
	}
	a->parts = room(a->parts, &a->parts_room, parts, sizeof *a->parts);
	a->units = room(a->units, &a->unit_room, units, sizeof *a->units);
}

/* Later rows first: they have most keys, and small units at the end even out the members' times. */
static void make_units(struct attention *a)
{
	a->unit_count = 0;
	for (size_t i = a->tile_count; i-- > 0;) {
		const struct tile *t = &a->tiles[i];
		for (size_t h = 0; h < a->shape.kv_heads; h++)
			for (size_t n = 0; n < t->pieces; n++)
				a->units[a->unit_count++] = (struct unit){
					.tile = (uint32_t)i,
					.head = (uint32_t)h,
					.from = (uint32_t)(t->chunks * n / t->pieces),
					.to = (uint32_t)(t->chunks * (n + 1) / t->pieces),
				};
	}
}

void attention_plan(struct attention *a, const struct attention_row *rows, size_t count, size_t members)
{
	a->rows = rows;
	a->members = members;
	a->kernels = attention_kernels();
	a->tiles = room(a->tiles, &a->tile_room, count + 1, sizeof *a->tiles);
	a->scratch = room(a->scratch, &a->scratch_room, members, sizeof *a->scratch);
	for (size_t i = 0; i < members; i++)
		a->scratch[i].ticket = 0;
	atomic_store_explicit(&a->next, 0, memory_order_relaxed);
	make_tiles(a, count);
	make_parts(a);
	make_units(a);
}

/* ---- One chunk ---- */

/* What one unit works on. */
struct work {
	const struct attention *a;
	const struct tile *tile;
	const struct attention_row *rows;
	size_t head, queries, offset;    /* offset: of the layer and head within a page */
	size_t from, to;                 /* chunks */
	const struct work *next;         /* what this member does then, NULL for nothing */
	struct scratch *s;
};

/* How many keys of a chunk a query attends to. */
static size_t keys_of(const struct work *w, size_t query, size_t chunk)
{
	const size_t keys = w->rows[query / w->a->group].position + 1, before = chunk * ATTENTION_CHUNK;

	return keys <= before ? 0 : keys - before < ATTENTION_CHUNK ? keys - before : ATTENTION_CHUNK;
}

/* One head's keys and values in the chunk's n-th page. */
static const char *page_of(const struct work *w, size_t chunk, size_t n)
{
	return (const char *)w->rows[0].pages[chunk * CHUNK_PAGES + n] + w->offset;
}

/* Where the keys begin that are read after this chunk; beyond its pages, any place will do. */
static const char *keys_ahead(const struct work *w, size_t chunk, size_t n)
{
	const struct work *next = chunk + 1 < w->to || !w->next ? w : w->next;
	const size_t ahead = next == w ? chunk + 1 : next->from;
	const size_t page = ahead * CHUNK_PAGES + n;

	return page * PAGE_TOKENS <= next->rows[next->tile->rows - 1].position ?
		(const char *)next->rows[0].pages[page] + next->offset : page_of(w, chunk, n);
}

/* Of the page's tokens: of the keys, behind them of the values. */
static const float *scales_of(const struct work *w, size_t chunk, size_t n)
{
	const void *scales = page_of(w, chunk, n) + w->a->place.scales;

	return scales;
}

static void score(const struct work *w, size_t chunk, size_t first, size_t count, size_t keys)
{
	const struct attention *a = w->a;
	const size_t pages = (keys + PAGE_TOKENS - 1) / PAGE_TOKENS;

	for (size_t i = 0; i < pages; i++) {
		const char *page = page_of(w, chunk, i);
		a->kernels->panel[a->shape.type](&(struct panel){
			.out = w->s->scores[0] + i * PAGE_TOKENS,
			.a = w->s->q[first],
			.b = (const void *[]){ page },
			.next = (const void *[]){ page + a->place.values },
			.rows = count,
			.blocks = 1,
			.steps = a->dim,
			.fresh = true,
		});
		if (a->shape.type == KV_I8)
			a->kernels->multiply(w->s->scores[0] + i * PAGE_TOKENS, count, scales_of(w, chunk, i));
	}
}

/* Some queries of a panel, and keys that are next to each other. */
struct span {
	size_t query, at, count;         /* of the tile, of the panel */
	size_t from, to;                 /* keys of the chunk: within a page, or from a page's first */
};

/* Adds the values of keys, weighted. */
static void add_values(const struct work *w, size_t chunk, const struct span *p)
{
	const struct attention *a = w->a;
	const size_t first = p->from / PAGE_TOKENS, last = (p->to - 1) / PAGE_TOKENS;
	const size_t offset = p->from % PAGE_TOKENS * PAGE_TOKENS * a->place.element;
	const void *b[CHUNK_PAGES], *next[CHUNK_PAGES];

	for (size_t column = 0; column < a->padded; column += PAGE_TOKENS) {
		const size_t block = column / PAGE_TOKENS * a->place.block;
		for (size_t i = 0; i <= last - first; i++) {
			b[i] = page_of(w, chunk, first + i) + a->place.values + block + offset;
			next[i] = keys_ahead(w, chunk, first + i) + block;
		}
		a->kernels->panel[a->shape.type](&(struct panel){
			.out = w->s->values[p->query] + column,
			.a = w->s->scores[p->at] + p->from,
			.b = b,
			.next = next,
			.rows = p->count,
			.blocks = last - first + 1,
			.steps = p->to - (last == first ? p->from : last * PAGE_TOKENS),
		});
	}
}

static void weigh(const struct work *w, size_t chunk, struct span p)
{
	const size_t to = p.to, border = (p.from + PAGE_TOKENS - 1) / PAGE_TOKENS * PAGE_TOKENS;

	if (p.from < border && p.from < to) {
		p.to = border < to ? border : to;
		add_values(w, chunk, &p);
		p.from = p.to;
		p.to = to;
	}
	if (p.from < p.to)
		add_values(w, chunk, &p);
}

/* Scales of values go into the weights; behind a query's last key lies what nobody reads. */
static void scale_weights(const struct work *w, size_t chunk, size_t count, size_t keys)
{
	for (size_t i = 0; i * PAGE_TOKENS < keys; i++)
		w->a->kernels->multiply(w->s->scores[0] + i * PAGE_TOKENS, count, scales_of(w, chunk, i) + PAGE_TOKENS);
}

/*
 * One panel's queries over one chunk: top, sum and values of those that have
 * keys in it.  The first query has the fewest keys, the last the most.
 */
static void compute_panel(const struct work *w, size_t chunk, size_t first, size_t count)
{
	const size_t common = keys_of(w, first, chunk), most = keys_of(w, first + count - 1, chunk);
	struct scratch *s = w->s;

	if (most == 0)
		return;
	score(w, chunk, first, count, most);
	for (size_t i = 0; i < count; i++) {
		size_t keys = keys_of(w, first + i, chunk);
		if (keys)
			s->sum[first + i] = w->a->kernels->softmax(s->scores[i], keys, &s->top[first + i]);
		memset(s->values[first + i], 0, w->a->padded * sizeof(float));
	}
	if (w->a->shape.type == KV_I8)
		scale_weights(w, chunk, count, most);
	weigh(w, chunk, (struct span){ first, 0, count, 0, common });
	for (size_t i = 0; i < count; i++)
		weigh(w, chunk, (struct span){ first + i, i, 1, common, keys_of(w, first + i, chunk) });
}

/* ---- Putting chunks together ---- */

/* In the order of chunks; `total` is what came before, of no chunk where its sum is 0. */
static void join(const struct attention *a, struct result *total, const struct result *chunk)
{
	if (total->sum == 0) {
		memcpy(total->values, chunk->values, a->padded * sizeof(float));
		total->top = chunk->top;
		total->sum = chunk->sum;
		return;
	}
	const float top = fmaxf(total->top, chunk->top);
	const float keep = a->kernels->exponential(total->top - top), add = a->kernels->exponential(chunk->top - top);

	a->kernels->blend(total->values, keep, chunk->values, add, a->padded);
	total->sum = total->sum * keep + chunk->sum * add;
	total->top = top;
}

static void finish(const struct work *w, size_t query, const struct result *total)
{
	const size_t group = w->a->group, dim = w->a->dim;
	float *out = w->rows[query / group].out + (w->head * group + query % group) * dim;
	const float inverse = 1 / total->sum;

	for (size_t i = 0; i < dim; i++)
		out[i] = total->values[i] * inverse;
}

static float *part_of(const struct work *w, size_t chunk, size_t query)
{
	const struct attention *a = w->a;
	const size_t before = w->tile->parts + w->head * head_parts(a, w->tile);

	return a->parts + before + (chunk * w->queries + query) * part_size(a);
}

static void keep_parts(const struct work *w, size_t chunk)
{
	for (size_t i = 0; i < w->queries; i++) {
		float *part = part_of(w, chunk, i);
		if (!keys_of(w, i, chunk))
			continue;
		part[0] = w->s->top[i];
		part[1] = w->s->sum[i];
		memcpy(part + 16, w->s->values[i], w->a->padded * sizeof(float));
	}
}

static void join_parts(const struct work *w)
{
	for (size_t i = 0; i < w->queries; i++) {
		struct result total = { .values = w->s->state[0] };
		for (size_t c = 0; c < w->tile->chunks && keys_of(w, i, c); c++) {
			float *part = part_of(w, c, i);
			join(w->a, &total, &(struct result){ part[0], part[1], part + 16 });
		}
		finish(w, i, &total);
	}
}

/* ---- Units ---- */

static void compute_chunk(const struct work *w, size_t chunk)
{
	const size_t most = w->a->kernels->rows, panels = (w->queries + most - 1) / most;

	for (size_t i = 0; i < panels; i++) {
		size_t first = w->queries * i / panels;
		compute_panel(w, chunk, first, w->queries * (i + 1) / panels - first);
	}
}

static void compute_all(const struct work *w)
{
	struct result totals[TILE_QUERIES];

	for (size_t i = 0; i < w->queries; i++)
		totals[i] = (struct result){ .values = w->s->state[i] };
	for (size_t c = 0; c < w->tile->chunks; c++) {
		compute_chunk(w, c);
		for (size_t i = 0; i < w->queries; i++)
			if (keys_of(w, i, c))
				join(w->a, &totals[i], &(struct result){ w->s->top[i], w->s->sum[i], w->s->values[i] });
	}
	for (size_t i = 0; i < w->queries; i++)
		finish(w, i, &totals[i]);
}

static void compute_piece(const struct work *w)
{
	atomic_uint *left = &w->tile->left[w->head];

	for (size_t c = w->from; c < w->to; c++) {
		compute_chunk(w, c);
		keep_parts(w, c);
	}
	if (atomic_fetch_sub_explicit(left, 1, memory_order_acq_rel) != 1)
		return;
	join_parts(w);
	atomic_store_explicit(left, w->tile->pieces, memory_order_relaxed);     /* for the next layer */
}

static void take_queries(const struct work *w)
{
	const struct attention *a = w->a;

	for (size_t i = 0; i < w->queries; i++) {
		const float *q = w->rows[i / a->group].q + (w->head * a->group + i % a->group) * a->dim;
		for (size_t j = 0; j < a->dim; j++)
			w->s->q[i][j] = q[j] * a->shape.scale;
	}
}

static struct work work_of(struct attention *a, const struct unit *u, size_t layer, struct scratch *s)
{
	const struct tile *t = &a->tiles[u->tile];

	return (struct work){
		.a = a,
		.tile = t,
		.rows = a->rows + t->row,
		.head = u->head,
		.queries = t->rows * a->group,
		.offset = (layer * a->shape.kv_heads + u->head) * a->place.head,
		.from = u->from,
		.to = u->to,
		.s = s,
	};
}

static void compute(const struct work *w)
{
	take_queries(w);
	if (w->tile->pieces == 1)
		compute_all(w);
	else
		compute_piece(w);
}

/* Every member takes one ticket too many, so that a layer's first is known. */
static bool take_unit(struct attention *a, size_t layer, struct scratch *s, struct work *w)
{
	const size_t ticket = atomic_fetch_add_explicit(&a->next, 1, memory_order_relaxed) - s->ticket;

	if (ticket >= a->unit_count)
		return false;
	*w = work_of(a, &a->units[ticket], layer, s);
	return true;
}

void attention_run(struct attention *a, size_t layer, size_t member)
{
	struct scratch *s = &a->scratch[member];
	struct work now, next;

	for (bool more = take_unit(a, layer, s, &now); more; now = next) {
		more = take_unit(a, layer, s, &next);
		now.next = more ? &next : NULL;
		compute(&now);
	}
	s->ticket += a->unit_count + a->members;
}
