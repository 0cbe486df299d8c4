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
	size_t rank = 0;

	a->rows = rows;
	find_spans(a, rows, count);
	if (a->span_count == 0)
		return true;
	for (size_t i = 0; i < a->span_count; i++)
		rank = larger(rank, adapter_rank(a->spans[i].adapter));
	a->width = PARTS_MAX * rank;
	if (!make_memory(a, count * a->width * sizeof(float), err))
		return false;
	void *memory = a->memory.data;
	a->mixed = memory;
	return true;
}

void adapted_done(struct adapted *a)
{
	mapped_done(&a->memory);
	free(a->spans);
}

/* ---- A ---- */

struct range {
	size_t first, end;
};

/* Some of the dot products of a row: those of the stacked ranks first to end - 1. */
static void shrink_row(const struct adapter *adapter, size_t layer, const struct slot *slot, const float *x,
	size_t inputs, float *out, struct range ranks)
{
	for (size_t k = 0, before = 0; k < slot->count; k++) {
		const struct adapter_part *part = adapter_part(adapter, layer, slot->parts[k]);
		size_t first = larger(ranks.first, before), end = lesser(ranks.end, before + part->rank);
		if (first < end)
			vector_shrink(out + first, part->a + (first - before) * inputs, end - first, x, inputs,
				part->scale);
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

static struct range share(size_t count, unsigned member, unsigned members)
{
	return (struct range){ count * member / members, count * (member + 1) / members };
}

/* Many rows are divided by rows, so that each is read once; few by dot products, so that there is work for all. */
void adapted_shrink(const struct adapted *a, size_t layer, enum decoder_matrix which, const float *x, unsigned member,
	unsigned members)
{
	const struct slot *slot = &slots[which];
	size_t inputs = decoder_inputs(&a->shape, which);

	for (size_t i = 0; i < a->span_count; i++) {
		const struct adapted_span *s = &a->spans[i];
		struct range rows = { 0, s->count }, ranks = { 0, stacked_ranks(s->adapter, layer, slot) };
		if (s->count >= members)
			rows = share(s->count, member, members);
		else
			ranks = share(ranks.end, member, members);
		for (size_t row = s->first + rows.first; row < s->first + rows.end; row++)
			shrink_row(s->adapter, layer, slot, x + row * inputs, inputs, a->mixed + row * a->width, ranks);
	}
}

/* ---- B ---- */

/* Which of the slot's projections a group of outputs is of; makes `group` one of that projection's. */
static size_t find_part(const struct decoder_shape *s, const struct slot *slot, size_t *group)
{
	size_t k = 0, groups;

	if (slot->in_turns) {
		k = *group % slot->count;
		*group /= slot->count;
		return k;
	}
	while (*group >= (groups = adapter_outputs(s, slot->parts[k]) / MATRIX_GROUP)) {
		*group -= groups;
		k++;
	}
	return k;
}

void adapted_add(const void *user, size_t group, size_t first_row, size_t rows, float (*sums)[MATRIX_GROUP])
{
	const struct adapted_product *p = user;
	const struct adapted *a = p->adapted;
	const struct slot *slot = &slots[p->which];
	size_t k = find_part(&a->shape, slot, &group);

	for (size_t i = 0, n; i < rows; i += n) {
		const struct adapter *adapter = a->rows[first_row + i].adapter;
		size_t before = 0;
		for (n = 1; i + n < rows && a->rows[first_row + i + n].adapter == adapter; n++)
			;
		if (!adapter)
			continue;
		for (size_t j = 0; j < k; j++)
			before += adapter_part(adapter, p->layer, slot->parts[j])->rank;
		const struct adapter_part *part = adapter_part(adapter, p->layer, slot->parts[k]);
		if (part->rank)
			vector_expand(sums + i, part->b + group * part->rank * MATRIX_GROUP, part->rank,
				a->mixed + (first_row + i) * a->width + before, a->width, n);
	}
}
