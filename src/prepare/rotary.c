#include "prepare/rotary.h"

#include <math.h>

#include "base/mem.h"
#include "prepare/numbers.h"

enum { DIMENSION_MAX = 1024 };

/* ---- Operators with tables ---- */

bool rotary_tables(const struct match *m, const struct onnx_node *n, size_t cosine_input, struct rotary *r)
{
	*r = (struct rotary){
		.cosine = match_constant(m, onnx_input(n, cosine_input)),
		.sine = match_constant(m, onnx_input(n, cosine_input + 1)), .magnitude = 1,
	};
	if (!r->cosine || !r->sine || r->cosine->tensor.rank < 2 || r->sine->tensor.rank < 2)
		return match_unknown(m, onnx_input(n, cosine_input), "tables of cosines");
	if (onnx_attribute_int(n, "interleaved", 0) != 0 || onnx_attribute_int(n, "rotary_interleaved", 0) != 0)
		return match_unknown(m, onnx_output(n, 0), "positions by halves");
	r->dimension = 2 * (size_t)r->cosine->tensor.dims[r->cosine->tensor.rank - 1];
	return true;
}

/* ---- Written out: the angles ---- */

/* Behind what only moves numbers. */
static int32_t behind_moves(const struct match *m, int32_t value, double *magnitude)
{
	for (;;) {
		value = match_through_shapes(m, value);
		const struct onnx_node *n = onnx_maker(m->g, value);
		double factor;
		int32_t other;

		if (match_is(n, "Concat") && n->input_count == 2 && n->inputs[0] == n->inputs[1])
			value = n->inputs[0];
		else if (magnitude && match_is(n, "Mul") && match_number_and(m, n, &factor, &other)) {
			*magnitude *= factor;
			value = other;
		} else {
			return value;
		}
	}
}

/* position · frequency, as a matrix product or an ordinary one. */
static bool read_angles(const struct match *m, int32_t value, struct rotary *r)
{
	value = behind_moves(m, value, NULL);
	const struct onnx_node *n = onnx_maker(m->g, value);

	if (!match_is(n, "MatMul") && !match_is(n, "Mul"))
		return match_unknown(m, value, "angles of positions");
	for (size_t i = 0; i < 2; i++) {
		r->frequencies = onnx_constant(m->g, match_through_shapes(m, onnx_input(n, i)));
		if (r->frequencies)
			return match_whole(m, onnx_input(n, 1 - i));
	}
	return match_unknown(m, value, "constant frequencies");
}

/* A row of a table, picked by positions; tables may be cut first. */
static const struct onnx_constant *table_behind(const struct match *m, const struct onnx_node *n)
{
	int32_t value = onnx_input(n, 0);

	if (!match_is(n, "Gather") || onnx_attribute_int(n, "axis", 0) != 0)
		return NULL;
	for (;;) {
		value = match_through_shapes(m, value);
		n = onnx_maker(m->g, value);
		if (!match_is(n, "Slice"))
			return onnx_constant(m->g, value);
		value = onnx_input(n, 0);
	}
}

/* What `function` (Cos or Sin) or a table gives; `table` is where that goes. */
static bool read_function(const struct match *m, int32_t value, const char *function, struct rotary *r,
	const struct onnx_constant **table)
{
	int32_t from = behind_moves(m, value, &r->magnitude);
	const struct onnx_node *n = onnx_maker(m->g, from);

	if (match_is(n, function))
		return read_angles(m, onnx_input(n, 0), r);
	*table = n ? table_behind(m, n) : NULL;
	return *table ? match_whole(m, onnx_input(n, 1)) : match_unknown(m, from, "cosines and sines of positions");
}

static bool read_both(const struct match *m, int32_t cosine, int32_t sine, struct rotary *r)
{
	struct rotary second = { .magnitude = 1 };

	*r = (struct rotary){ .magnitude = 1 };
	if (!read_function(m, cosine, "Cos", r, &r->cosine) || !read_function(m, sine, "Sin", &second, &r->sine))
		return false;
	return (r->frequencies == second.frequencies && r->magnitude == second.magnitude && !r->cosine == !r->sine) ||
	       match_unknown(m, sine, "sines of the same angles");
}

/* ---- Written out: the turning ---- */

static bool slice_is(const struct match *m, const struct onnx_node *n, int32_t x, double *from, double *to)
{
	double axis, step = 1;

	return match_is(n, "Slice") && match_through(m, onnx_input(n, 0)) == x &&
	       match_number(m, onnx_input(n, 1), from) && match_number(m, onnx_input(n, 2), to) &&
	       match_number(m, onnx_input(n, 3), &axis) && (axis == 3 || axis == -1) &&
	       (onnx_input(n, 4) == ONNX_NONE || (match_number(m, onnx_input(n, 4), &step) && step == 1));
}

/* Concat(-second half of x, first half of x) */
static bool is_turned(const struct match *m, const struct onnx_node *n, int32_t x)
{
	const struct onnx_node *neg = match_is(n, "Concat") && n->input_count == 2 ? match_maker(m, n->inputs[0]) :
		NULL;
	double start, middle, second, end;

	if (!match_is(neg, "Neg"))
		return false;
	const struct onnx_node *high = match_maker(m, onnx_input(neg, 0)), *low = match_maker(m, n->inputs[1]);
	if (match_is(high, "Split") && high == low)
		return match_through(m, onnx_input(high, 0)) == x && high->output_count == 2 &&
		       match_through(m, onnx_input(neg, 0)) == high->outputs[1];
	return slice_is(m, high, x, &second, &end) && slice_is(m, low, x, &start, &middle) && start == 0 &&
	       second == middle && middle > 0 && (end >= DIMENSION_MAX || end == 2 * middle);
}

struct turning {
	int32_t x, cosine, sine;
};

/* The two products of a sum: x · cosine and turned · sine, factors in any order. */
static bool read_products(const struct match *m, const struct onnx_node *plain, const struct onnx_node *turned,
	struct turning *t)
{
	for (size_t i = 0; i < 4; i++) {
		t->x = match_through(m, onnx_input(plain, i % 2));
		t->cosine = onnx_input(plain, 1 - i % 2);
		t->sine = onnx_input(turned, 1 - i / 2);
		if (is_turned(m, match_maker(m, onnx_input(turned, i / 2)), t->x))
			return true;
	}
	return false;
}

static bool read_sum(const struct match *m, const struct onnx_node *n, struct turning *t)
{
	const struct onnx_node *a = match_maker(m, onnx_input(n, 0)), *b = match_maker(m, onnx_input(n, 1));

	return match_is(n, "Add") && match_is(a, "Mul") && match_is(b, "Mul") &&
	       (read_products(m, a, b, t) || read_products(m, b, a, t));
}

/* Concat(turned part, rest): both cut from one value. */
static bool read_partly(const struct match *m, const struct onnx_node *n, struct turning *t, int32_t *x,
	size_t *dimension)
{
	double from, to, second, end;

	if (!match_is(n, "Concat") || n->input_count != 2 || !read_sum(m, match_maker(m, n->inputs[0]), t))
		return false;
	const struct onnx_node *part = onnx_maker(m->g, t->x), *rest = match_maker(m, n->inputs[1]);
	if (!match_is(part, "Slice"))
		return false;
	*x = match_through(m, onnx_input(part, 0));
	if (!slice_is(m, part, *x, &from, &to) || !slice_is(m, rest, *x, &second, &end) || from != 0 || second != to ||
	    to < 2 || to > DIMENSION_MAX)
		return false;
	*dimension = (size_t)to;
	return true;
}

bool rotary_is_written_out(const struct match *m, const struct onnx_node *n)
{
	struct turning t;
	size_t dimension;
	int32_t x;

	return read_sum(m, n, &t) || read_partly(m, n, &t, &x, &dimension);
}

bool rotary_read(const struct match *m, const struct onnx_node *n, struct rotary *r, int32_t *x)
{
	struct turning t;
	size_t dimension = 0;

	if (read_sum(m, n, &t))
		*x = t.x;
	else if (!read_partly(m, n, &t, x, &dimension))
		return match_unknown(m, onnx_output(n, 0), "turned heads");
	if (!read_both(m, t.cosine, t.sine, r))
		return false;
	r->dimension = dimension;
	return true;
}

bool rotary_equal(const struct rotary *a, const struct rotary *b)
{
	return a->cosine == b->cosine && a->sine == b->sine && a->frequencies == b->frequencies &&
	       a->magnitude == b->magnitude && a->dimension == b->dimension;
}

/* ---- Frequencies ---- */

struct table {
	const struct onnx_constant *cosine, *sine;
	size_t rows, width;
	double magnitude;
};

static double angle_at(const struct table *t, size_t row, size_t column)
{
	float c, s;

	numbers_read(t->cosine, row * t->width + column, 1, &c);
	numbers_read(t->sine, row * t->width + column, 1, &s);
	return atan2((double)s, (double)c);
}

/*
 * The angle of position 1 is known but for rounding; each doubling of the
 * position halves what the rounding makes of the frequency.  How often the
 * angle went round is known from the frequency so far.
 */
static double frequency_of(const struct table *t, size_t column)
{
	double frequency = angle_at(t, 1, column), turn = 2 * M_PI;

	for (size_t row = 2; row < t->rows && row <= 4096; row *= 2) {
		double predicted = frequency * (double)row, off = angle_at(t, row, column) - predicted;
		frequency += (off - turn * rint(off / turn)) / (double)row;
	}
	return frequency;
}

static bool read_tables(const struct match *m, const struct rotary *r, double *frequencies, double *magnitude)
{
	const struct onnx_tensor *c = &r->cosine->tensor;
	size_t count = numbers_count(r->cosine), half = r->dimension / 2;
	struct table t = { .cosine = r->cosine, .sine = r->sine, .width = (size_t)c->dims[c->rank - 1] };
	float zero;

	if (count == 0 || numbers_count(r->sine) != count || t.width == 0 || (t.width != half && t.width != 2 * half) ||
	    count / t.width < 2)
		return error_set(m->err, ERROR_INVALID, "the graph's table %.*s does not go with its heads",
			STR_ARGS(c->name));
	t.rows = count / t.width;
	numbers_read(r->cosine, 0, 1, &zero);
	*magnitude = (double)zero;             /* the cosine of nothing is 1 */
	for (size_t i = 0; i < half; i++)
		frequencies[i] = frequency_of(&t, i);
	return true;
}

bool rotary_frequencies(const struct match *m, const struct rotary *r, double *frequencies, double *magnitude)
{
	size_t half = r->dimension / 2;
	float number;

	*magnitude = 1;
	if (r->cosine) {
		if (!read_tables(m, r, frequencies, magnitude))
			return false;
	} else if (numbers_count(r->frequencies) != half || half > DIMENSION_MAX) {
		return error_set(m->err, ERROR_INVALID, "the graph's frequencies %.*s do not go with its heads",
			STR_ARGS(r->frequencies->tensor.name));
	}
	for (size_t i = 0; i < half && !r->cosine; i++) {
		numbers_read(r->frequencies, i, 1, &number);
		frequencies[i] = (double)number;
	}
	*magnitude *= r->magnitude;
	return true;
}
