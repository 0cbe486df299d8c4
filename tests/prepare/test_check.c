/*
 * Prepared files beside the graph they were made from, or say they were.
 */
#include "prepare/check.h"

#include "base/mem.h"
#include "support/bare_ort.h"
#include "support/prepared_model.h"
#include "support/test.h"

#define FOLDER "test_check.tmp"
#define PREPARED FOLDER "/prepared"

static const struct model_shape floats = { MODEL_TINY }, rounded = { MODEL_TINY, .precision = PRECISION_Q4 };

static const char *name_of(const struct model_shape *s)
{
	return s->precision == PRECISION_Q4 ? "q4" : "fp32";
}

/* The graph is of `shape`, the file of `written` as `wish` says. */
static bool passes(const struct model_shape *shape, const struct model_shape *written, const struct prepared_wish *wish,
	enum check_limit limit, struct check_result *result, struct error *why)
{
	struct error err = {0};
	const struct engine_options options = { .threads = 1, .precision = name_of(shape) };

	if (!bare_available())
		skip_because("no ONNX Runtime in $SHAMMAH_ONNXRUNTIME");
	assert_ok(model_write(FOLDER, shape, &err));
	assert_ok(prepared_write_model(PREPARED, written, wish, &err));
	own_check *c = check_create(FOLDER, &options, NULL, NULL, NULL, NULL, &err);
	if (!c)
		fail_msg("%s", err.text);
	return check_prepared(c, PREPARED, limit, result, why);
}

static void expect_refused(const struct model_shape *shape, const struct model_shape *written,
	const struct prepared_wish *wish, enum check_limit limit)
{
	struct check_result result;
	struct error err = {0};

	assert_false(passes(shape, written, wish, limit, &result, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(strstr(err.text, "differs from its graph"));
	assert_true(result.positions > 50);
}

TEST(a_file_of_the_same_weights_passes)
{
	struct prepared_wish wish = prepared_wish_of(&floats), small = prepared_wish_of(&rounded);
	struct check_result result;
	struct error err = {0};

	assert_ok(passes(&floats, &floats, &wish, CHECK_FLOATS, &result, &err));
	assert_true(result.deviation < 0.002 && result.worst < 0.005 && result.agreement == 1);
	assert_ok(passes(&rounded, &rounded, &small, CHECK_ROUNDED, &result, &err));
	assert_true(result.deviation < 0.05);
}

TEST(other_weights_are_refused)
{
	struct model_shape other = rounded;
	struct prepared_wish wish = prepared_wish_of(&rounded);

	other.seed = 77;
	expect_refused(&rounded, &other, &wish, CHECK_ROUNDED);
}

TEST(positions_that_turn_otherwise_are_refused)
{
	struct model_shape other = floats;
	struct prepared_wish wish = prepared_wish_of(&floats);

	other.rope_theta = 1e4;
	expect_refused(&floats, &other, &wish, CHECK_FLOATS);
}

TEST(what_rounding_may_move_floats_may_not)
{
	struct prepared_wish wish = prepared_wish_of(&floats);
	struct check_result result;
	struct error err = {0};

	wish.projections = WEIGHTS_I8;
	expect_refused(&floats, &floats, &wish, CHECK_FLOATS);
	assert_ok(passes(&floats, &floats, &wish, CHECK_ROUNDED, &result, &err));
	assert_true(result.deviation > 0.005);
}

TEST(a_head_made_smaller_is_held_to_less)
{
	struct prepared_wish wish = prepared_wish_of(&floats);
	struct check_result result;
	struct error err = {0};

	wish.projections = wish.head = WEIGHTS_I4;
	bool ok = passes(&floats, &floats, &wish, CHECK_SMALLER, &result, &err);
	assert_int_equal(ok, result.deviation <= 0.1);
	assert_true(result.deviation > 0.05);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_the_same_weights_passes),
		cmocka_unit_test(other_weights_are_refused),
		cmocka_unit_test(positions_that_turn_otherwise_are_refused),
		cmocka_unit_test(what_rounding_may_move_floats_may_not),
		cmocka_unit_test(a_head_made_smaller_is_held_to_less),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
