/*
 * Projections, embedding and head in each precision.  The fill functions turn a
 * place in the stored tensor into a place in the matrix: a MatMul's B is
 * [inputs, outputs], transposed; MatMulNBits keeps rows, 16 bytes a block, the
 * lower number in the lower half of a byte.
 */
#include <string.h>

#include "support/model/arch.h"
#include "support/model/half.h"

static void fill_transposed(const void *user, size_t first, size_t count, void *out)
{
	const struct stack *m = user;
	float *to = out;

	for (size_t i = first; i < first + count; i++)
		*to++ = stack_at(m, i % m->rows, i / m->rows);
}

static void fill_transposed_half(const void *user, size_t first, size_t count, void *out)
{
	const struct stack *m = user;
	uint16_t *to = out;

	for (size_t i = first; i < first + count; i++)
		*to++ = half_from(stack_at(m, i % m->rows, i / m->rows));
}

static void fill_rows(const void *user, size_t first, size_t count, void *out)
{
	const struct stack *m = user;
	float *to = out;

	for (size_t i = first; i < first + count; i++)
		*to++ = stack_at(m, i / m->cols, i % m->cols);
}

static void fill_rows_half(const void *user, size_t first, size_t count, void *out)
{
	const struct stack *m = user;
	uint16_t *to = out;

	for (size_t i = first; i < first + count; i++)
		*to++ = half_from(stack_at(m, i / m->cols, i % m->cols));
}

static void fill_q4(const void *user, size_t first, size_t count, void *out)
{
	const struct stack *m = user;
	size_t blocks = m->cols / Q4_BLOCK, bytes = Q4_BLOCK / 2;
	uint8_t *to = out;

	for (size_t i = first / bytes; i < (first + count) / bytes; i++) {
		struct q4_block q = q4_quantise(m, i / blocks, i % blocks);

		for (size_t k = 0; k < Q4_BLOCK; k += 2)
			*to++ = q.levels[k] | (uint8_t)(q.levels[k + 1] << 4);
	}
}

static void fill_q4_scales(const void *user, size_t first, size_t count, void *out)
{
	const struct stack *m = user;
	size_t blocks = m->cols / Q4_BLOCK;
	float *to = out;

	for (size_t i = first; i < first + count; i++)
		*to++ = q4_quantise(m, i / blocks, i % blocks).scale;
}

static void fill_q4_scales_half(const void *user, size_t first, size_t count, void *out)
{
	const struct stack *m = user;
	size_t blocks = m->cols / Q4_BLOCK;
	uint16_t *to = out;

	for (size_t i = first; i < first + count; i++)
		*to++ = half_from(q4_quantise(m, i / blocks, i % blocks).scale);
}

struct int8_matrix {
	const struct stack *m;
	float scale;
};

static void fill_int8_transposed(const void *user, size_t first, size_t count, void *out)
{
	const struct int8_matrix *w = user;
	int8_t *to = out;

	for (size_t i = first; i < first + count; i++)
		*to++ = int8_quantise(stack_at(w->m, i % w->m->rows, i / w->m->rows), w->scale);
}

static void fill_int8_rows(const void *user, size_t first, size_t count, void *out)
{
	const struct int8_matrix *w = user;
	int8_t *to = out;

	for (size_t i = first; i < first + count; i++)
		*to++ = int8_quantise(stack_at(w->m, i / w->m->cols, i % w->m->cols), w->scale);
}

static void fill_one_float(const void *user, size_t first, size_t count, void *out)
{
	(void)first;
	(void)count;
	*(float *)out = *(const float *)user;
}

static void fill_zero_int8(const void *user, size_t first, size_t count, void *out)
{
	(void)user;
	(void)first;
	(void)count;
	*(int8_t *)out = 0;
}

const char *arch_vector(struct arch *a, const struct stack *w, const char *name)
{
	bool half = a->real == ELEMENT_HALF;
	int64_t dims[] = { (int64_t)w->rows, (int64_t)w->cols };

	return build_tensor(a->b, a->real, dims, w->cols == 1 ? 1 : 2, half ? fill_rows_half : fill_rows, w,
		"%s", name);
}

static const char *linear_float(struct arch *a, const struct stack *w, const char *x, const char *name)
{
	bool half = a->real == ELEMENT_HALF;
	const char *weight = build_tensor(a->b, a->real, LIST((int64_t)w->cols, (int64_t)w->rows),
		half ? fill_transposed_half : fill_transposed, w, "%s.MatMul.weight", name);

	return build_node(a->b, "MatMul", INPUTS(x, weight));
}

static const char *linear_q4(struct arch *a, const struct stack *w, const char *x, const char *name)
{
	bool half = a->real == ELEMENT_HALF;
	int64_t rows = (int64_t)w->rows, blocks = (int64_t)w->cols / Q4_BLOCK;
	const char *levels = build_tensor(a->b, ELEMENT_UINT8, LIST(rows, blocks, Q4_BLOCK / 2), fill_q4, w,
		"%s.MatMul.weight_Q4", name);
	const char *scales = build_tensor(a->b, a->real, LIST(rows * blocks),
		half ? fill_q4_scales_half : fill_q4_scales, w, "%s.MatMul.weight_scales", name);
	const char *y = build_node(a->b, "MatMulNBits", INPUTS(x, levels, scales));

	build_int(a->b, "K", (int64_t)w->cols);
	build_int(a->b, "N", rows);
	build_int(a->b, "bits", 4);
	build_int(a->b, "block_size", Q4_BLOCK);
	if (a->shape->accuracy_level != 0)
		build_int(a->b, "accuracy_level", a->shape->accuracy_level);
	return y;
}

static const char *int8_weight(struct arch *a, const struct stack *m, bool transposed, const char *name,
	const char **scale, const char **zero_point)
{
	struct int8_matrix w = { m, int8_scale(m) };
	int64_t rows = (int64_t)m->rows, cols = (int64_t)m->cols;

	*scale = build_tensor(a->b, ELEMENT_FLOAT, NULL, 0, fill_one_float, &w.scale, "%s_scale", name);
	*zero_point = build_tensor(a->b, ELEMENT_INT8, NULL, 0, fill_zero_int8, NULL, "%s_zero_point", name);
	if (transposed)
		return build_tensor(a->b, ELEMENT_INT8, LIST(cols, rows), fill_int8_transposed, &w,
			"%s_quantized", name);
	return build_tensor(a->b, ELEMENT_INT8, LIST(rows, cols), fill_int8_rows, &w, "%s_quantized", name);
}

/* Q, K and V share one quantised input, as gate and up do. */
static void quantise_input(struct arch *a, const char *x)
{
	if (a->quantised_from && strcmp(a->quantised_from, x) == 0)
		return;
	a->quantised_from = x;
	a->quantised[0] = build_text(a->b, "%s_quantized", x);
	a->quantised[1] = build_text(a->b, "%s_scale", x);
	a->quantised[2] = build_text(a->b, "%s_zero_point", x);
	build_node_to(a->b, "DynamicQuantizeLinear", INPUTS(x),
		OUTPUTS(a->quantised[0], a->quantised[1], a->quantised[2]));
}

static const char *linear_int8(struct arch *a, const struct stack *w, const char *x, const char *name)
{
	const char *scale, *zero_point;
	const char *weight = int8_weight(a, w, true, build_text(a->b, "%s.MatMul.weight", name), &scale, &zero_point);
	const char *sum;

	quantise_input(a, x);
	sum = build_node(a->b, "MatMulInteger", INPUTS(a->quantised[0], weight, a->quantised[2], zero_point));
	sum = build_node(a->b, "Cast", INPUTS(sum));
	build_int(a->b, "to", ELEMENT_FLOAT);
	scale = build_node(a->b, "Mul", INPUTS(a->quantised[1], scale));
	return build_node(a->b, "Mul", INPUTS(sum, scale));
}

typedef const char *linear_fn(struct arch *a, const struct stack *w, const char *x, const char *name);

static linear_fn *const linears[PRECISION_COUNT] = {
	[PRECISION_FLOAT32] = linear_float, [PRECISION_FLOAT16] = linear_float, [PRECISION_INT8] = linear_int8,
	[PRECISION_Q4] = linear_q4, [PRECISION_Q4F16] = linear_q4,
};

const char *arch_dotted(struct arch *a, const char *scope)
{
	char *name = build_text(a->b, "%s", scope + 1);

	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '.';
	return name;
}

const char *arch_linear(struct arch *a, const struct stack *w, const char *x, const char *scope)
{
	build_scope(a->b, "%s", scope);
	return linears[a->shape->precision](a, w, x, arch_dotted(a, scope));
}

const char *arch_embedding(struct arch *a)
{
	struct stack table = stack_of(weight_embedding(a->shape));
	const char *name = "model.embed_tokens.weight", *scale, *zero_point, *rows;

	build_scope(a->b, "/model/embed_tokens");
	if (precision_of_embedding(a->shape) != PRECISION_INT8)
		return build_node(a->b, "Gather", INPUTS(arch_vector(a, &table, name), a->input_ids));
	rows = int8_weight(a, &table, false, name, &scale, &zero_point);
	rows = build_node(a->b, "Gather", INPUTS(rows, a->input_ids));
	return build_node(a->b, "DequantizeLinear", INPUTS(rows, scale, zero_point));
}

/* A tied head is the embedding itself, turned when the file is loaded. */
void arch_head(struct arch *a, const char *x)
{
	struct stack table = stack_of(weight_head(a->shape));
	const char *columns;

	if (a->shape->separate_head) {
		x = arch_linear(a, &table, x, "/lm_head");
	} else {
		build_scope(a->b, "/lm_head");
		columns = build_node(a->b, "Transpose", INPUTS("model.embed_tokens.weight"));
		build_ints(a->b, "perm", LIST(1, 0));
		x = build_node(a->b, "MatMul", INPUTS(x, columns));
	}
	arch_gemma_capped(a, x);
	build_rename_output(a->b, "logits");
}
