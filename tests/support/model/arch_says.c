/*
 * A graph that says given texts.
 *
 * The cache remembers each token's id (keys) and position (values), the same in
 * every layer, head and channel.  So the graph can see, for each of the S tokens,
 * which tokens stand before it: the distance to the last <|im_start|> tells how
 * far the answer has come, the number of "<|im_start|>assistant" which answer it
 * is.  Both index a table of next tokens.  Where there is no <|im_start|>, one is
 * supposed so far in front that the answer begins after the first token.
 */
#include "support/model/arch_says.h"

#include <string.h>

#define LOGIT 30.0f     /* of the token said; all others get 0 */

static const char *cast(struct builder *b, const char *x, enum element type)
{
	const char *y = build_node(b, "Cast", INPUTS(x));

	build_int(b, "to", type);
	return y;
}

static const char *unsqueeze(struct builder *b, const char *x, const int64_t *axes, size_t count)
{
	return build_node(b, "Unsqueeze", INPUTS(x, build_list_int(b, axes, count)));
}

/* int64 [B, S] goes into the cache of every layer; all of it, int64 [B, T], comes back. */
static const char *remember(struct arch *a, const char *x, const char *side)
{
	struct builder *b = a->b;
	const struct model_shape *s = a->shape;
	const char *all = NULL;

	x = unsqueeze(b, cast(b, x, ELEMENT_FLOAT), LIST(1, 3));
	x = build_node(b, "Expand", INPUTS(x,
		build_list_int(b, LIST(1, (int64_t)s->kv_heads, 1, (int64_t)s->head_dim))));
	for (size_t layer = 0; layer < s->layers; layer++) {
		build_node(b, "Concat", INPUTS(arch_past(a, layer, side), x));
		build_int(b, "axis", 2);
		all = build_rename_output(b, arch_present(a, layer, side));
	}
	all = build_node(b, "ReduceMax", INPUTS(all));
	build_ints(b, "axes", LIST(1, 3));
	build_int(b, "keepdims", 0);
	return cast(b, all, ELEMENT_INT64);
}

/* 1 where a token is `first` and its neighbour before it is one of `starts`; int64 [B, T]. */
static const char *follows(struct builder *b, const char *ids, const char *starts, int64_t first)
{
	const char *before = build_node(b, "Pad", INPUTS(cast(b, starts, ELEMENT_INT64),
		build_list_int(b, LIST(0, 1, 0, 0))));
	const char *is_first = build_node(b, "Equal", INPUTS(ids, build_scalar_int(b, first)));

	before = build_node(b, "Slice", INPUTS(before, build_list_int(b, LIST(0)), build_list_int(b, LIST(-1)),
		build_list_int(b, LIST(1))));
	return build_node(b, "Mul", INPUTS(before, cast(b, is_first, ELEMENT_INT64)));
}

/* For each token the greatest or the sum of `x` [B, T] over the tokens up to it: [B, S]. */
static const char *over_earlier(struct builder *b, const char *earlier, const char *x, const char *otherwise, bool sum)
{
	const char *all = build_node(b, "Where", INPUTS(earlier, unsqueeze(b, x, LIST(1)), otherwise)), *y;

	if (sum) {
		y = build_node(b, "ReduceSum", INPUTS(all, build_list_int(b, LIST(2))));
	} else {
		y = build_node(b, "ReduceMax", INPUTS(all));
		build_ints(b, "axes", LIST(2));
	}
	build_int(b, "keepdims", 0);
	return y;
}

static void fill_table(const void *user, size_t first, size_t count, void *out)
{
	memcpy(out, (const int64_t *)user + first, count * sizeof(int64_t));
}

/* Place in the table: which answer · width + how far. */
static const char *look_up(struct builder *b, const struct script *script, const char *turns, const char *distance)
{
	const char *table = build_tensor(b, ELEMENT_INT64, LIST((int64_t)(script->count * script->width)), fill_table,
		script->next, "script");
	const char *one = build_scalar_int(b, 1), *zero = build_scalar_int(b, 0);
	const char *row = build_node(b, "Max", INPUTS(build_node(b, "Sub", INPUTS(turns, one)), zero));

	row = build_node(b, "Min", INPUTS(row, build_scalar_int(b, (int64_t)script->count - 1)));
	row = build_node(b, "Mul", INPUTS(row, build_scalar_int(b, (int64_t)script->width)));
	distance = build_node(b, "Min", INPUTS(distance, build_scalar_int(b, (int64_t)script->width - 1)));
	return build_node(b, "Gather", INPUTS(table, build_node(b, "Add", INPUTS(row, distance))));
}

static void fill_logits(const void *user, size_t first, size_t count, void *out)
{
	(void)user;
	for (size_t i = 0; i < count; i++)
		((float *)out)[i] = first + i == 0 ? 0 : LOGIT;
}

static void write_logits(struct arch *a, const char *next)
{
	struct builder *b = a->b;

	if (a->shape->last_logits)
		next = arch_last_position(a, next);
	build_node(b, "OneHot", INPUTS(next, build_scalar_int(b, (int64_t)a->shape->vocab),
		build_tensor(b, ELEMENT_FLOAT, LIST(2), fill_logits, NULL, "off_and_on")));
	build_int(b, "axis", -1);
	build_rename_output(b, "logits");
}

void arch_write_says(struct builder *b, const struct model_shape *shape, const struct script *script)
{
	struct arch a = {
		.b = b, .shape = shape, .real = ELEMENT_FLOAT,
		.past_symbol = arch_plain.past_symbol, .total_symbol = arch_plain.total_symbol,
	};
	const char *none = build_scalar_int(b, -(int64_t)script->lead), *zero = build_scalar_int(b, 0);
	const char *now, *ids, *positions, *present, *starts, *places, *earlier, *distance, *turns;

	arch_declare(&a);
	build_scope(b, "/model");
	now = arch_positions(&a);
	ids = remember(&a, a.input_ids, "key");
	positions = remember(&a, now, "value");
	present = cast(b, a.attention_mask, ELEMENT_BOOL);
	starts = build_node(b, "Equal", INPUTS(ids, build_scalar_int(b, script->start)));
	starts = build_node(b, "And", INPUTS(present, starts));
	places = build_node(b, "Where", INPUTS(starts, positions, none));
	earlier = build_node(b, "LessOrEqual", INPUTS(unsqueeze(b, positions, LIST(1)), unsqueeze(b, now, LIST(2))));
	distance = build_node(b, "Sub", INPUTS(now, over_earlier(b, earlier, places, none, false)));
	turns = over_earlier(b, earlier, follows(b, ids, starts, script->next[0]), zero, true);
	write_logits(&a, look_up(b, script, turns, distance));
}
