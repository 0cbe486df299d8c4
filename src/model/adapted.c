/*
 * What a row gets depends on its own numbers and its adapter's only: every sum
 * below is one row's, taken in one order, whoever takes it.
 */
#include "model/adapted.h"

#include "base/mem.h"
#include "kernel/vector.h"

enum { PARTS_MAX = 3 };

/* The projections that one matrix holds: one behind the other, or their groups of outputs in turns. */
static const struct slot {
	size_t count;
	enum adapter_projection parts[PARTS_MAX];
	bool in_turns;
} slots[DECODER_LAYER_MATRICES] = {
	[DECODER_QKV] = { 3, { ADAPTER_Q, ADAPTER_K, ADAPTER_V }, false },
	[DECODER_O] = { 1, { ADAPTER_O }, false },
	[DECODER_GATE_UP] = { 2, { ADAPTER_GATE, ADAPTER_UP }, true },
	[DECODER_DOWN] = { 1, { ADAPTER_DOWN }, false },
};

static size_t lesser(size_t a, size_t b) { return a < b ? a : b; }

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* ---- Before a run ---- */

static void find_spans(struct adapted *a, const struct decoder_row *rows, size_t count)
{
	struct adapted_span *last = NULL;

	a->span_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (rows[i].adapter && last && last->adapter == rows[i].adapter && last->first + last->count == i) {
			last->count++;
		} else if (rows[i].adapter) {
			if (a->span_count == a->span_room) {
				a->span_room = 2 * a->span_room + 8;
				a->spans = mem_resize(a->spans, a->span_room, sizeof *a->spans);
			}
			last = &a->spans[a->span_count++];
			*last = (struct adapted_span){ rows[i].adapter, i, 1 };
		}
	}
}

/* What the last run left is of no use. */
static bool make_memory(struct adapted *a, size_t bytes, struct error *err)
{
	size_t had = a->memory.len;

	if (bytes <= had)
		return true;
	mapped_done(&a->memory);
	return mapped_pages(&a->memory, larger(bytes, 2 * had), err);
}

bool adapted_plan(struct adapted *a, const struct decoder_row *rows, size_t count, struct error *err)
{
	size_t inner = 2 * (size_t)a->shape.intermediate, rank = 0;

	find_spans(a, rows, count);
	if (a->span_count == 0)
		return true;
	for (size_t i = 0; i < a->span_count; i++)
		rank = larger(rank, adapter_rank(a->spans[i].adapter));
	a->width = PARTS_MAX * rank;
	if (!make_memory(a, count * (inner + a->width) * sizeof(float), err))
		return false;
	void *memory = a->memory.data;
	a->gate_up = memory;
	a->mixed = a->gate_up + count * inner;
	return true;
}

void adapted_done(struct adapted *a)
{
	mapped_done(&a->memory);
	free(a->spans);
}

/* ---- One member's part ---- */

/* Some of the dot products of a row: those of the stacked ranks first to end - 1. */
static void shrink_row(const struct adapter *adapter, size_t layer, const struct slot *slot, const float *x, size_t inputs,
	float *out, struct matrix_part ranks)
{
	for (size_t k = 0, before = 0; k < slot->count; k++) {
		const struct adapter_part *part = adapter_part(adapter, layer, slot->parts[k]);
		size_t first = larger(ranks.first, before), end = lesser(ranks.end, before + part->rank);
		if (first < end)
			vector_shrink(out + first, part->a + (first - before) * inputs, end - first, x, inputs, part->scale);
		before += part->rank;
	}
}

static size_t stacked_ranks(const struct adapter *adapter, size_t layer, const struct slot *slot)
{
	size_t ranks = 0;

	for (size_t k = 0; k < slot->count; k++)
		ranks += adapter_part(adapter, layer, slot->parts[k])->rank;
	return ranks;
}

static struct matrix_part share(size_t count, unsigned member, unsigned members)
{
	return (struct matrix_part){ count * member / members, count * (member + 1) / members };
}

/* Many rows are divided by rows, so that each is read once; few by dot products, so that there is work for all. */
void adapted_shrink(const struct adapted *a, size_t layer, enum decoder_matrix which, const float *x, unsigned member,
	unsigned members)
{
	const struct slot *slot = &slots[which];
	size_t inputs = decoder_inputs(&a->shape, which);

	for (size_t i = 0; i < a->span_count; i++) {
		const struct adapted_span *s = &a->spans[i];
		struct matrix_part rows = { 0, s->count }, ranks = { 0, stacked_ranks(s->adapter, layer, slot) };
		if (s->count >= members)
			rows = share(s->count, member, members);
		else
			ranks = share(ranks.end, member, members);
		for (size_t row = s->first + rows.first; row < s->first + rows.end; row++)
			shrink_row(s->adapter, layer, slot, x + row * inputs, inputs, a->mixed + row * a->width, ranks);
	}
}

/* How many of a projection's groups, the n-th being the matrix' group at + n · step, stand before `limit`. */
static size_t groups_before(size_t limit, size_t at, size_t step, size_t groups)
{
	return limit <= at ? 0 : lesser(groups, (limit - at + step - 1) / step);
}

/* Of one span: `out` is its first row. */
static void expand_span(const struct adapted *a, const struct adapted_span *s, size_t layer, const struct slot *slot,
	float *out, size_t stride, struct matrix_part mine)
{
	size_t step = slot->in_turns ? slot->count : 1;

	for (size_t k = 0, at = 0, before = 0; k < slot->count; k++) {
		const struct adapter_part *part = adapter_part(s->adapter, layer, slot->parts[k]);
		size_t groups = adapter_outputs(&a->shape, slot->parts[k]) / MATRIX_GROUP;
		size_t first = groups_before(mine.first, at, step, groups), end = groups_before(mine.end, at, step, groups);
		for (size_t row = 0; row < s->count && part->rank && first < end; row++)
			vector_expand(out + row * stride + (at + first * step) * MATRIX_GROUP, step * MATRIX_GROUP,
				part->b + first * part->rank * MATRIX_GROUP, end - first,
				a->mixed + (s->first + row) * a->width + before, part->rank);
		at += slot->in_turns ? 1 : groups;
		before += part->rank;
	}
}

void adapted_expand(const struct adapted *a, size_t layer, enum decoder_matrix which, float *out, size_t stride,
	unsigned member, unsigned members)
{
	struct matrix_part mine = matrix_part(decoder_outputs(&a->shape, which), member, members);

	for (size_t i = 0; i < a->span_count; i++)
		expand_span(a, &a->spans[i], layer, &slots[which], out + a->spans[i].first * stride, stride, mine);
}
