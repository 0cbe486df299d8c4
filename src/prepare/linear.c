/*
 * A product with weights has many forms.  Floats: MatMul, its weights perhaps
 * behind a Transpose; Gemm.  4 or 8 bits: com.microsoft MatMulNBits;
 * DequantizeLinear before a MatMul.  8 bits: what ONNX Runtime's quantize_dynamic
 * makes, MatMulInteger with a product of scales, or one of the operators that
 * fuse it.
 */
#include "base/mem.h"
#include "prepare/match.h"
#include "prepare/numbers.h"

/* ---- Floats, and codes that become floats ---- */

static bool is_turned(const struct onnx_node *n)
{
	struct onnx_attribute a;

	return match_is(n, "Transpose") && (!onnx_attribute(n, "perm", &a) ||
					    (a.int_count == 2 && a.ints[0] == 1 && a.ints[1] == 0));
}

/* How scales lie beside [rows][columns] codes of which `axis` is the one they vary along. */
static bool lay_out_scales(const struct match *m, const struct onnx_node *n, struct source *s,
	const struct onnx_tensor *t)
{
	int64_t axis = onnx_attribute_int(n, "axis", 1), block = onnx_attribute_int(n, "block_size", 0);
	const struct onnx_tensor *scales = &s->scales->tensor;

	axis = axis < 0 ? axis + t->rank : axis;
	s->blocks = 1;
	if (block > 0 && scales->rank == 2 && (axis == 0 || axis == 1)) {
		s->transposed = axis == 0;     /* blocks are always of inputs */
		s->block = (size_t)block;
		s->blocks = (size_t)scales->dims[axis];
		s->block_major = s->transposed;
		return true;
	}
	s->whole = numbers_count(s->scales) == 1;
	if (s->whole)
		return true;
	s->transposed = axis == 1;
	return scales->rank == 1 || match_unknown(m, onnx_output(n, 0), "weights");
}

/* `transposed` is how the caller means the codes, where scales do not say. */
static bool read_dequantize(const struct match *m, const struct onnx_node *n, bool transposed, struct source *s)
{
	*s = (struct source){
		.data = match_constant(m, onnx_input(n, 0)), .scales = match_constant(m, onnx_input(n, 1)),
		.zeros = match_constant(m, onnx_input(n, 2)), .transposed = transposed,
	};
	const struct onnx_tensor *t = s->data ? &s->data->tensor : NULL;
	if (!t || !s->scales || t->rank != 2 || (onnx_input(n, 2) != ONNX_NONE && !s->zeros))
		return match_unknown(m, onnx_output(n, 0), "weights");
	if (!lay_out_scales(m, n, s, t))
		return false;
	s->bits = onnx_type_bits(t->type);
	s->with_sign = t->type == ONNX_INT8 || t->type == ONNX_INT4;
	s->outputs = (size_t)t->dims[s->transposed];
	s->inputs = (size_t)t->dims[!s->transposed];
	if (s->transposed != transposed)
		return match_unknown(m, onnx_output(n, 0), "weights with scales of the outputs");
	return source_check_codes(s, t->name, m->err);
}

/* A matrix that a product takes; `transposed` when it is [inputs][outputs] there. */
static bool read_weights(const struct match *m, int32_t value, bool transposed, struct source *s)
{
	const struct onnx_node *n = match_maker(m, value);

	if (is_turned(n)) {
		transposed = !transposed;
		value = onnx_input(n, 0);
		n = match_maker(m, value);
	}
	const struct onnx_constant *c = match_constant(m, value);
	if (c)
		return source_floats(s, c, transposed, c->tensor.name, m->err);
	if (match_is(n, "DequantizeLinear"))
		return read_dequantize(m, n, transposed, s);
	return match_unknown(m, value, "weights");
}

/* ---- MatMulNBits ---- */

static bool is_no_order(const struct match *m, int32_t value)
{
	return value == ONNX_NONE || match_unknown(m, value, "weights in their own order");
}

static bool read_nbits(const struct match *m, const struct onnx_node *n, struct product *p)
{
	struct source *s = &p->weights;
	int64_t bits = onnx_attribute_int(n, "bits", 4), block = onnx_attribute_int(n, "block_size", 0);
	int64_t inputs = onnx_attribute_int(n, "K", 0), outputs = onnx_attribute_int(n, "N", 0);

	*s = (struct source){
		.data = match_constant(m, onnx_input(n, 1)), .scales = match_constant(m, onnx_input(n, 2)),
		.zeros = match_constant(m, onnx_input(n, 3)),
	};
	if (!s->data || !s->scales || (onnx_input(n, 3) != ONNX_NONE && !s->zeros) || (bits != 4 && bits != 8) ||
	    block < 1 || block > 1 << 16 || inputs < 1 || inputs > SOURCE_INPUTS_MAX || outputs < 1 ||
	    outputs > SOURCE_OUTPUTS_MAX)
		return match_unknown(m, onnx_output(n, 0), "weights of 4 or 8 bits");
	s->bits = (unsigned)bits;
	s->middle = 1 << (bits - 1);
	s->block = (size_t)block;
	s->outputs = (size_t)outputs;
	s->inputs = (size_t)inputs;
	s->blocks = (s->inputs + s->block - 1) / s->block;
	s->packed_zeros = s->zeros && s->zeros->tensor.type == ONNX_UINT8;
	p->input = onnx_input(n, 0);
	p->bias = match_constant(m, onnx_input(n, 5));
	return is_no_order(m, onnx_input(n, 4)) && (onnx_input(n, 5) == ONNX_NONE || p->bias ||
		match_unknown(m, onnx_input(n, 5), "a bias")) && source_check_codes(s, s->data->tensor.name, m->err);
}

/* ---- 8 bits with rounded activations ---- */

/* Codes [inputs][outputs] with scales of the whole or of the outputs. */
static bool read_bytes(const struct match *m, int32_t codes, int32_t scales, int32_t zeros, struct source *s)
{
	*s = (struct source){
		.data = match_constant(m, codes), .scales = match_constant(m, scales),
		.zeros = match_constant(m, zeros), .transposed = true, .bits = 8, .blocks = 1,
	};
	const struct onnx_tensor *t = s->data ? &s->data->tensor : NULL;
	if (!t || !s->scales || t->rank != 2 || onnx_type_bits(t->type) != 8 || (zeros != ONNX_NONE && !s->zeros))
		return match_unknown(m, codes, "weights of 8 bits");
	s->with_sign = t->type == ONNX_INT8;
	s->inputs = (size_t)t->dims[0];
	s->outputs = (size_t)t->dims[1];
	s->whole = numbers_count(s->scales) == 1;
	return source_check_codes(s, t->name, m->err);
}

/* Mul(Cast(MatMulInteger(codes of x, w, …)), Mul(scale of x, scale of w)) */
static bool read_dynamic(const struct match *m, const struct onnx_node *n, struct product *p)
{
	const struct onnx_node *product, *rounded, *scale;
	const struct onnx_constant *weight_scale;
	int32_t scales, x_scale;

	if (!match_maker_and(m, n, "MatMulInteger", &product, &scales))
		return match_unknown(m, onnx_output(n, 0), "a product");
	scale = match_maker(m, scales);
	rounded = match_maker(m, onnx_input(product, 0));
	if (!match_is(scale, "Mul") || !match_constant_and(m, scale, &weight_scale, &x_scale) ||
	    !match_is(rounded, "DynamicQuantizeLinear") || onnx_maker(m->g, x_scale) != rounded)
		return match_unknown(m, onnx_output(product, 0), "a product of rounded activations");
	int32_t second = match_constant(m, onnx_input(scale, 0)) == weight_scale ? onnx_input(scale, 0) :
		onnx_input(scale, 1);
	p->input = onnx_input(rounded, 0);
	return read_bytes(m, onnx_input(product, 1), second, onnx_input(product, 3), &p->weights);
}

static bool read_bias(const struct match *m, int32_t value, struct product *p)
{
	p->bias = match_constant(m, value);
	return value == ONNX_NONE || p->bias || match_unknown(m, value, "a bias");
}

/* The operators that fuse it: A, B, scale of B, zero of B, bias; or A, B, scales, zeros, bias. */
static bool read_fused(const struct match *m, const struct onnx_node *n, struct product *p)
{
	if (match_is(n, "DynamicQuantizeMatMul")) {
		p->input = onnx_input(n, 0);
		return read_bytes(m, onnx_input(n, 1), onnx_input(n, 2), onnx_input(n, 3), &p->weights) &&
		       read_bias(m, onnx_input(n, 4), p);
	}
	const struct onnx_node *rounded = match_maker(m, onnx_input(n, 0));
	if (!match_is(rounded, "DynamicQuantizeLinear"))
		return match_unknown(m, onnx_input(n, 0), "rounded activations");
	p->input = onnx_input(rounded, 0);
	return read_bytes(m, onnx_input(n, 1), onnx_input(n, 3), onnx_input(n, 5), &p->weights) &&
	       read_bias(m, onnx_input(n, 6), p);
}

/* ---- All of them ---- */

static bool read_matmul(const struct match *m, const struct onnx_node *n, struct product *p)
{
	p->input = onnx_input(n, 0);
	return read_weights(m, onnx_input(n, 1), true, &p->weights);
}

static bool read_gemm(const struct match *m, const struct onnx_node *n, struct product *p)
{
	bool turned = onnx_attribute_int(n, "transB", 0) != 0;

	if (onnx_attribute_int(n, "transA", 0) != 0 || onnx_attribute_float(n, "alpha", 1) != 1 ||
	    onnx_attribute_float(n, "beta", 1) != 1)
		return match_unknown(m, onnx_output(n, 0), "a product");
	p->input = match_through_shapes(m, onnx_input(n, 0));
	return read_weights(m, onnx_input(n, 1), !turned, &p->weights) && read_bias(m, onnx_input(n, 2), p);
}

static const struct form {
	const char *op;
	bool (*read)(const struct match *m, const struct onnx_node *n, struct product *p);
} forms[] = {
	{ "MatMul", read_matmul },
	{ "MatMulNBits", read_nbits },
	{ "Gemm", read_gemm },
	{ "Mul", read_dynamic },
	{ "DynamicQuantizeMatMul", read_fused },
	{ "MatMulIntegerToFloat", read_fused },
};

static const struct form *form_of(const struct onnx_node *n)
{
	for (size_t i = 0; i < countof(forms); i++)
		if (match_is(n, forms[i].op))
			return &forms[i];
	return NULL;
}

/* ---- A part of the outputs ---- */

static bool is_last_axis(int64_t axis)
{
	return axis == -1 || axis == 2;
}

/* Slice(x, from, to, last axis) */
static bool read_slice(const struct match *m, const struct onnx_node *n, size_t *first, size_t *count)
{
	double from, to, axis, step = 1;

	if (!match_number(m, onnx_input(n, 1), &from) || !match_number(m, onnx_input(n, 2), &to) ||
	    !match_number(m, onnx_input(n, 3), &axis) || !is_last_axis((int64_t)axis) ||
	    (onnx_input(n, 4) != ONNX_NONE && (!match_number(m, onnx_input(n, 4), &step) || step != 1)) ||
	    !(from >= 0 && from < to))
		return match_unknown(m, onnx_output(n, 0), "a part of a product");
	*first = from < 1 << 24 ? (size_t)from : 1 << 24;
	*count = to < 1 << 25 ? (size_t)to - *first : SIZE_MAX;
	return true;
}

static bool read_split(const struct match *m, const struct onnx_node *n, int32_t value, size_t *first, size_t *count)
{
	const struct onnx_constant *sizes = match_constant(m, onnx_input(n, 1));
	float numbers[8] = {0};
	size_t parts = n->output_count;

	if (!is_last_axis(onnx_attribute_int(n, "axis", 0)) || parts > countof(numbers) ||
	    (sizes && numbers_count(sizes) != parts))
		return match_unknown(m, value, "a part of a product");
	if (sizes)
		numbers_read(sizes, 0, parts, numbers);
	*first = 0;
	*count = 0;          /* equal parts: known when the outputs are */
	for (size_t i = 0; i < parts && onnx_output(n, i) != value; i++)
		*first += sizes ? (size_t)numbers[i] : 1;
	for (size_t i = 0; i < parts && sizes; i++)
		if (onnx_output(n, i) == value)
			*count = (size_t)numbers[i];
	return true;
}

struct part {
	const struct onnx_node *split;         /* in equal parts; NULL: not */
	size_t first, count;                   /* count SIZE_MAX: to the end */
};

/* Steps over a Slice or Split, if `value` is made by one. */
static bool read_part(const struct match *m, int32_t *value, struct part *part)
{
	const struct onnx_node *n = match_maker(m, *value);
	int32_t from = match_through(m, *value);

	*part = (struct part){ .count = SIZE_MAX };
	if (match_is(n, "Slice")) {
		*value = onnx_input(n, 0);
		return read_slice(m, n, &part->first, &part->count);
	}
	if (match_is(n, "Split")) {
		*value = onnx_input(n, 0);
		if (!read_split(m, n, from, &part->first, &part->count))
			return false;
		part->split = part->count == 0 ? n : NULL;
	}
	return true;
}

static bool take_part(const struct match *m, int32_t value, struct part part, struct product *p)
{
	size_t all = p->weights.outputs;

	if (part.split) {
		part.count = all / part.split->output_count;
		part.first *= part.count;
	}
	if (part.count == SIZE_MAX && part.first <= all)
		part.count = all - part.first;
	if (part.first >= all || part.count == 0 || part.count > all - part.first)
		return match_unknown(m, value, "a part of a product that it has");
	p->first = part.first;
	p->outputs = part.count;
	return true;
}

/* Steps over Add(x, bias), if there is one. */
static bool read_added(const struct match *m, int32_t *value, const struct onnx_constant **bias)
{
	const struct onnx_node *n = match_maker(m, *value);

	*bias = NULL;
	return match_is(n, "Add") && match_constant_and(m, n, bias, value);
}

bool match_is_linear(const struct match *m, int32_t value)
{
	const struct onnx_constant *bias;
	const struct onnx_node *n, *product;
	int32_t other;

	(void)read_added(m, &value, &bias);
	n = match_maker(m, match_through_shapes(m, value));
	return form_of(n) && (!match_is(n, "Mul") || match_maker_and(m, n, "MatMulInteger", &product, &other));
}

static bool check_bias(const struct match *m, const struct product *p)
{
	size_t count = p->bias ? numbers_count(p->bias) : 0;
	int64_t type = p->bias ? p->bias->tensor.type : ONNX_FLOAT;

	if (!p->bias || (count >= p->bias_first + p->outputs && count <= p->weights.outputs &&
			 (type == ONNX_FLOAT || type == ONNX_FLOAT16 || type == ONNX_BFLOAT16)))
		return true;
	return error_set(m->err, ERROR_INVALID, "the graph's bias %.*s does not go with its weights",
		STR_ARGS(p->bias->tensor.name));
}

bool match_linear(const struct match *m, int32_t value, struct product *p)
{
	const struct onnx_constant *outer, *inner;
	int32_t at = value;
	struct part part;

	*p = (struct product){0};
	(void)read_added(m, &at, &outer);
	if (!read_part(m, &at, &part))
		return false;
	(void)read_added(m, &at, &inner);
	at = match_through_shapes(m, at);
	const struct form *form = form_of(match_maker(m, at));
	if (!form)
		return match_unknown(m, at, "a product with weights");
	if (!form->read(m, match_maker(m, at), p) || !take_part(m, value, part, p))
		return false;
	if ((outer != NULL) + (inner != NULL) + (p->bias != NULL) > 1)
		return match_unknown(m, value, "one bias");
	p->bias_first = outer ? 0 : p->first;
	p->bias = outer ? outer : inner ? inner : p->bias;
	return check_bias(m, p);
}

/* ---- Embeddings ---- */

/* Gather(table, ids) of rows, or of rows of codes that are scaled afterwards. */
static bool read_gather(const struct match *m, const struct onnx_node *n, struct source *s)
{
	if (onnx_attribute_int(n, "axis", 0) != 0)
		return match_unknown(m, onnx_output(n, 0), "an embedding");
	return read_weights(m, onnx_input(n, 0), false, s);
}

/* DequantizeLinear(Gather(codes, ids), scale, zero): one scale for all. */
static bool read_gathered_codes(const struct match *m, const struct onnx_node *n, const struct onnx_node *gather,
	struct source *s)
{
	*s = (struct source){
		.data = match_constant(m, onnx_input(gather, 0)), .scales = match_constant(m, onnx_input(n, 1)),
		.zeros = match_constant(m, onnx_input(n, 2)), .bits = 8, .blocks = 1, .whole = true,
	};
	const struct onnx_tensor *t = s->data ? &s->data->tensor : NULL;
	if (!t || !s->scales || t->rank != 2 || (onnx_input(n, 2) != ONNX_NONE && !s->zeros) ||
	    onnx_attribute_int(gather, "axis", 0) != 0)
		return match_unknown(m, onnx_output(gather, 0), "an embedding");
	s->with_sign = t->type == ONNX_INT8;
	s->outputs = (size_t)t->dims[0];
	s->inputs = (size_t)t->dims[1];
	return source_check_codes(s, t->name, m->err);
}

/* com.microsoft GatherBlockQuantized: codes, ids, scales, zeros; rows of 4-bit codes are bytes in some files. */
static bool read_gather_block(const struct match *m, const struct onnx_node *n, struct source *s)
{
	int64_t bits = onnx_attribute_int(n, "bits", 4), block = onnx_attribute_int(n, "block_size", 128);

	*s = (struct source){
		.data = onnx_constant(m->g, match_through_shapes(m, onnx_input(n, 0))),
		.scales = onnx_constant(m->g, match_through_shapes(m, onnx_input(n, 2))),
		.zeros = onnx_constant(m->g, match_through_shapes(m, onnx_input(n, 3))),
	};
	if (!s->data || !s->scales || (bits != 4 && bits != 8) || block < 16 || block > 1 << 16 ||
	    (onnx_input(n, 3) != ONNX_NONE && !s->zeros) || onnx_attribute_int(n, "gather_axis", 0) != 0 ||
	    s->data->tensor.rank < 2 || s->scales->tensor.rank < 1)
		return match_unknown(m, onnx_output(n, 0), "an embedding");
	const struct onnx_tensor *t = &s->data->tensor;
	s->bits = onnx_type_bits(t->type) == 4 ? 4 : (unsigned)bits;
	s->with_sign = t->type == ONNX_INT4 || t->type == ONNX_INT8;
	s->middle = s->with_sign ? 0 : 1 << (s->bits - 1);
	s->block = (size_t)block;
	s->outputs = (size_t)t->dims[0];
	s->inputs = s->outputs ? s->data->bytes.n * 8 / s->bits / s->outputs : 0;
	s->blocks = (s->inputs + s->block - 1) / s->block;
	s->packed_zeros = s->zeros && s->zeros->tensor.type == ONNX_UINT8 && s->bits == 4;
	return source_check_codes(s, t->name, m->err);
}

bool match_embedding(const struct match *m, int32_t value, struct source *s)
{
	const struct onnx_node *n = match_maker(m, value), *inner = n ? match_maker(m, onnx_input(n, 0)) : NULL;

	if (match_is(n, "DequantizeLinear") && match_is(inner, "Gather"))
		return match_whole(m, onnx_input(inner, 1)) && read_gathered_codes(m, n, inner, s);
	if (match_is(n, "Gather"))
		return match_whole(m, onnx_input(n, 1)) && read_gather(m, n, s);
	if (match_is(n, "GatherBlockQuantized"))
		return match_whole(m, onnx_input(n, 1)) && read_gather_block(m, n, s);
	return match_unknown(m, value, "an embedding");
}
