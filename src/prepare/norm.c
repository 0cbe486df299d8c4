/*
 * x / sqrt(mean(x²) + eps) · weight, as one operator or written out.
 */
#include "prepare/match.h"

#include "prepare/numbers.h"

struct stream match_stream(const struct match *m, int32_t value)
{
	value = match_through(m, value);
	const struct onnx_node *n = onnx_maker(m->g, value);
	const struct onnx_constant *constant;
	int32_t other;

	if (match_is(n, "SkipSimplifiedLayerNormalization") && onnx_output(n, 3) == value)
		return (struct stream){ n, ONNX_NONE };
	if (match_is(n, "Add") && !match_constant_and(m, n, &constant, &other))
		return (struct stream){ n, ONNX_NONE };
	return (struct stream){ NULL, value };
}

/* ---- One operator ---- */

static bool is_operator(const struct onnx_node *n)
{
	return match_is(n, "SimplifiedLayerNormalization") || match_is(n, "RMSNormalization") ||
	       match_is(n, "SkipSimplifiedLayerNormalization");
}

static bool read_operator(const struct match *m, const struct onnx_node *n, struct norm *norm)
{
	bool adds = match_is(n, "SkipSimplifiedLayerNormalization");

	if (adds && onnx_input(n, 3) != ONNX_NONE)
		return match_unknown(m, onnx_output(n, 0), "a norm without bias");
	norm->weight = match_constant(m, onnx_input(n, adds ? 2 : 1));
	norm->eps = (double)onnx_attribute_float(n, "epsilon", 1e-5f);
	norm->input = adds ? ONNX_NONE : match_through(m, onnx_input(n, 0));
	norm->stream = adds ? (struct stream){ n, ONNX_NONE } : match_stream(m, norm->input);
	return norm->weight || match_unknown(m, onnx_output(n, 0), "a norm with constant weights");
}

/* ---- Written out ---- */

/* x², as a power or a product. */
static bool is_square(const struct match *m, const struct onnx_node *n, int32_t x)
{
	double power;

	if (match_is(n, "Pow"))
		return match_through(m, onnx_input(n, 0)) == x && match_number(m, onnx_input(n, 1), &power) &&
			power == 2;
	return match_is(n, "Mul") && match_through(m, onnx_input(n, 0)) == x && match_through(m, onnx_input(n, 1)) == x;
}

/* mean(x²) + eps */
static bool read_mean(const struct match *m, int32_t value, int32_t x, double *eps)
{
	const struct onnx_node *sum = match_maker(m, value), *mean;
	int32_t other;

	if (!match_is(sum, "Add") || !match_number_and(m, sum, eps, &other))
		return false;
	mean = match_maker(m, other);
	return match_is(mean, "ReduceMean") && is_square(m, match_maker(m, onnx_input(mean, 0)), x);
}

/* 1 / sqrt(y) in one of its forms; y. */
static bool read_inverse_root(const struct match *m, int32_t value, int32_t *y)
{
	const struct onnx_node *n = match_maker(m, value), *root;
	double one;

	if (match_is(n, "Pow") && match_number(m, onnx_input(n, 1), &one) && one == -0.5) {
		*y = onnx_input(n, 0);
		return true;
	}
	if (match_is(n, "Div") && match_number(m, onnx_input(n, 0), &one) && one == 1)
		root = match_maker(m, onnx_input(n, 1));
	else if (match_is(n, "Reciprocal"))
		root = match_maker(m, onnx_input(n, 0));
	else
		return false;
	*y = match_is(root, "Sqrt") ? onnx_input(root, 0) : ONNX_NONE;
	return *y != ONNX_NONE;
}

/* x / sqrt(mean(x²) + eps) */
static bool read_scaled(const struct match *m, int32_t value, int32_t *x, double *eps)
{
	const struct onnx_node *n = match_maker(m, value), *root;
	int32_t y;

	if (match_is(n, "Div")) {
		root = match_maker(m, onnx_input(n, 1));
		*x = match_through(m, onnx_input(n, 0));
		return match_is(root, "Sqrt") && read_mean(m, onnx_input(root, 0), *x, eps);
	}
	for (size_t i = 0; i < 2 && match_is(n, "Mul"); i++) {
		*x = match_through(m, onnx_input(n, 1 - i));
		if (read_inverse_root(m, onnx_input(n, i), &y))
			return read_mean(m, y, *x, eps);
	}
	return false;
}

static bool read_written_out(const struct match *m, int32_t value, struct norm *norm)
{
	const struct onnx_node *n = match_maker(m, value);
	int32_t scaled;

	if (!match_is(n, "Mul") || !match_constant_and(m, n, &norm->weight, &scaled) ||
	    !read_scaled(m, scaled, &norm->input, &norm->eps))
		return false;
	norm->stream = match_stream(m, norm->input);
	return true;
}

/* ---- Either ---- */

bool match_is_norm(const struct match *m, int32_t value)
{
	struct norm unused;

	return is_operator(match_maker(m, value)) || read_written_out(m, value, &unused);
}

bool match_norm(const struct match *m, int32_t value, struct norm *norm)
{
	const struct onnx_node *n = match_maker(m, value);

	*norm = (struct norm){ .input = ONNX_NONE };
	if (is_operator(n))
		return read_operator(m, n, norm);
	return read_written_out(m, value, norm) || match_unknown(m, value, "a norm");
}
