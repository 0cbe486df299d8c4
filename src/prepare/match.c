#include "prepare/match.h"

#include <math.h>

#include "base/mem.h"
#include "prepare/numbers.h"

enum { STEPS_MAX = 64, DEPTH_MAX = 24 };

struct str match_op(const struct onnx_node *n)
{
	if (n && (n->domain.n == 0 || str_is(n->domain, "com.microsoft")))
		return n->op;
	return (struct str){ "", 0 };
}

bool match_is(const struct onnx_node *n, const char *op)
{
	return str_is(match_op(n), op);
}

static bool is_one_of(const struct onnx_node *n, const char *const *ops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (match_is(n, ops[i]))
			return true;
	return false;
}

#define IS_ONE_OF(n, ...) is_one_of(n, (const char *const[]){ __VA_ARGS__ }, \
				    countof(((const char *const[]){ __VA_ARGS__ })))

/* ---- Values behind values ---- */

/* A node that hands on what it gets; exporters leave a Concat of one thing, too. */
static bool hands_on(const struct onnx_node *n)
{
	return IS_ONE_OF(n, "Cast", "Identity") || (match_is(n, "Concat") && n->input_count == 1);
}

int32_t match_through(const struct match *m, int32_t value)
{
	const struct onnx_node *n;

	while ((n = onnx_maker(m->g, value)) && hands_on(n))
		value = onnx_input(n, 0);
	return value;
}

int32_t match_through_shapes(const struct match *m, int32_t value)
{
	const struct onnx_node *n;

	while ((n = onnx_maker(m->g, value)) &&
	       (hands_on(n) || IS_ONE_OF(n, "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Expand", "Flatten")))
		value = onnx_input(n, 0);
	return value;
}

const struct onnx_node *match_maker(const struct match *m, int32_t value)
{
	return onnx_maker(m->g, match_through(m, value));
}

const struct onnx_constant *match_constant(const struct match *m, int32_t value)
{
	return onnx_constant(m->g, match_through(m, value));
}

/* ---- Numbers ---- */

static bool number_at(const struct match *m, int32_t value, double *number, unsigned depth);

/* The last of a shape's dimensions, cut out of it or all of it: the only one that graphs compute with and we know. */
static bool last_dimension(const struct match *m, const struct onnx_node *n, double *number)
{
	double index = (double)onnx_attribute_int(n, "start", 0);

	*number = m->head_dim;
	if (!match_is(n, "Shape")) {
		if (!match_number(m, onnx_input(n, 1), &index))
			return false;
		n = match_maker(m, onnx_input(n, 0));
	}
	while (match_is(n, "Gather")) {        /* an order of dimensions in between: ONNX Runtime moves Transposes */
		const struct onnx_constant *order = match_constant(m, onnx_input(n, 1));
		float place = 0;
		size_t count = order ? numbers_count(order) : 0;
		if (index < 0 ? -index > (double)count : index >= (double)count)
			return false;
		numbers_read(order, (size_t)(index < 0 ? index + (double)count : index), 1, &place);
		index = (double)place;
		n = match_maker(m, onnx_input(n, 0));
	}
	return match_is(n, "Shape") && m->head_dim > 0 && (index == -1 || index == 3);
}

static bool unary(struct str op, double a, double *number)
{
	*number = str_is(op, "Sqrt") ? sqrt(a) : str_is(op, "Reciprocal") ? 1 / a : str_is(op, "Neg") ? -a : a;
	return str_is(op, "Sqrt") || str_is(op, "Reciprocal") || str_is(op, "Neg") || str_is(op, "Unsqueeze") ||
	       str_is(op, "Squeeze") || str_is(op, "Reshape") || str_is(op, "Floor");
}

static bool binary(struct str op, double a, double b, double *number)
{
	*number = str_is(op, "Mul") ? a * b : str_is(op, "Div") ? a / b : str_is(op, "Pow") ? pow(a, b) :
		  str_is(op, "Add") ? a + b : a - b;
	return str_is(op, "Mul") || str_is(op, "Div") || str_is(op, "Pow") || str_is(op, "Add") || str_is(op, "Sub");
}

static bool compute(const struct match *m, const struct onnx_node *n, double *number, unsigned depth)
{
	struct str op = match_op(n);
	double a, b, unused;

	if (IS_ONE_OF(n, "Shape", "Slice", "Gather"))
		return last_dimension(m, n, number);
	if (IS_ONE_OF(n, "Mul", "Div", "Pow", "Add", "Sub"))
		return number_at(m, onnx_input(n, 0), &a, depth) && number_at(m, onnx_input(n, 1), &b, depth) &&
		       binary(op, a, b, number);
	return unary(op, 1, &unused) && number_at(m, onnx_input(n, 0), &a, depth) && unary(op, a, number);
}

static bool number_at(const struct match *m, int32_t value, double *number, unsigned depth)
{
	const struct onnx_constant *c = match_constant(m, value);
	const struct onnx_node *n = match_maker(m, value);

	if (c)
		return numbers_one(c, number);
	return n && depth < DEPTH_MAX && compute(m, n, number, depth + 1);
}

bool match_number(const struct match *m, int32_t value, double *number)
{
	return number_at(m, value, number, 0);
}

/* ---- One of two ---- */

bool match_number_and(const struct match *m, const struct onnx_node *n, double *number, int32_t *other)
{
	for (size_t i = 0; i < 2; i++) {
		if (!match_number(m, onnx_input(n, i), number))
			continue;
		*other = match_through(m, onnx_input(n, 1 - i));
		return true;
	}
	return false;
}

bool match_constant_and(const struct match *m, const struct onnx_node *n, const struct onnx_constant **constant,
	int32_t *other)
{
	for (size_t i = 0; i < 2; i++) {
		*constant = match_constant(m, onnx_input(n, i));
		if (!*constant)
			continue;
		*other = match_through(m, onnx_input(n, 1 - i));
		return true;
	}
	return false;
}

bool match_maker_and(const struct match *m, const struct onnx_node *n, const char *op, const struct onnx_node **maker,
	int32_t *other)
{
	for (size_t i = 0; i < 2; i++) {
		*maker = match_maker(m, onnx_input(n, i));
		if (!match_is(*maker, op))
			continue;
		*other = match_through(m, onnx_input(n, 1 - i));
		return true;
	}
	return false;
}

/* ---- Whole numbers only ---- */

static bool is_known_input(const struct onnx_flow *v)
{
	static const char *const names[] = { "input_ids", "attention_mask", "position_ids", "num_logits_to_keep" };

	for (size_t i = 0; i < countof(names); i++)
		if (str_is(v->name, names[i]))
			return true;
	return false;
}

/* Nodes are marked when they are put on the stack, so each is looked at once. */
static bool push_maker(const struct match *m, int32_t value, int32_t *stack, size_t *depth)
{
	const struct onnx_flow *v = &m->g->values[value];

	if (v->maker == ONNX_NONE)
		return v->constant != ONNX_NONE || is_known_input(v);
	if (!m->whole[v->maker]) {
		m->whole[v->maker] = 1;
		stack[(*depth)++] = v->maker;
	}
	return true;
}

static bool has_inner_graph(const struct onnx_node *n)
{
	return IS_ONE_OF(n, "If", "Loop", "Scan");
}

bool match_whole(const struct match *m, int32_t value)
{
	own_mem int32_t *stack = mem_zeroed(m->g->node_count + 1, sizeof *stack);
	size_t depth = 0;

	if (value == ONNX_NONE || !push_maker(m, value, stack, &depth))
		return match_unknown(m, value, "a mask or positions");
	while (depth) {
		const struct onnx_node *n = &m->g->nodes[stack[--depth]];
		if (match_op(n).n == 0 || has_inner_graph(n))
			return match_unknown(m, onnx_output(n, 0), "a mask or positions");
		for (size_t i = 0; i < n->input_count && !match_is(n, "Shape"); i++)
			if (n->inputs[i] != ONNX_NONE && !push_maker(m, n->inputs[i], stack, &depth))
				return match_unknown(m, n->inputs[i], "a mask or positions");
	}
	return true;
}

/* ---- Refusing ---- */

bool match_unknown(const struct match *m, int32_t value, const char *wanted)
{
	const struct onnx_node *n = value == ONNX_NONE ? NULL : match_maker(m, value);

	if (value == ONNX_NONE)
		return error_set(m->err, ERROR_INVALID, "the graph lacks %s where we look for it", wanted);
	if (!n)
		return error_set(m->err, ERROR_INVALID, "the graph has %.*s where we look for %s",
			STR_ARGS(m->g->values[match_through(m, value)].name), wanted);
	return error_set(m->err, ERROR_INVALID, "the graph has %.*s (%.*s), which we do not know where we look for %s",
		STR_ARGS(n->name.n ? n->name : m->g->values[match_through(m, value)].name), STR_ARGS(n->op), wanted);
}
