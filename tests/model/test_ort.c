#include "model/ort.h"

#include "support/test.h"

static char *kept;

static int keep_environment(void **state)
{
	const char *wanted = getenv("SHAMMAH_ONNXRUNTIME");

	(void)state;
	kept = wanted ? strdup(wanted) : NULL;
	return 0;
}

static int restore_environment(void **state)
{
	(void)state;
	if (kept)
		setenv("SHAMMAH_ONNXRUNTIME", kept, 1);
	free(kept);
	return 0;
}

TEST(the_library_is_told_to_send_nothing_before_it_is_opened)
{
	const char *told = getenv("ORT_DISABLE_TELEMETRY");

	assert_non_null(told);
	assert_string_equal(told, "1");
}

TEST(the_library_is_found_and_may_be_opened_again_and_again)
{
	struct error err = {0};
	struct ort a, b;

	assert_ok(ort_open(&a, NULL, &err));
	assert_ok(ort_open(&b, NULL, &err));
	ort_done(&a);
	ort_done(&b);
	assert_ok(ort_open(&a, NULL, &err));
	assert_int_equal(strncmp(a.version, "1.", 2), 0);
	ort_done(&a);
}

TEST(the_usual_places_are_searched_when_the_environment_names_none)
{
	struct error err = {0};
	struct ort o;

	if (kept)
		assert_ok(unsetenv("SHAMMAH_ONNXRUNTIME") == 0);
	assert_ok(ort_open(&o, (const char *const[]){ "no/such/library.so", FAKE_ORT, NULL }, &err));
	ort_done(&o);
}

TEST(a_missing_library_is_an_error_that_says_how_to_get_it)
{
	struct error err = {0};
	struct ort o;

	setenv("SHAMMAH_ONNXRUNTIME", "no/such/library.so", 1);
	assert_false(ort_open(&o, NULL, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "no/such/library.so"));
	assert_non_null(strstr(err.text, "scripts/setup"));
}

TEST(a_library_that_is_too_old_is_named_with_its_version)
{
	struct error err = {0};
	struct ort o;

	setenv("SHAMMAH_ONNXRUNTIME", FAKE_ORT, 1);
	assert_false(ort_open(&o, NULL, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(strstr(err.text, "ONNX Runtime 1.14.1"));
	assert_non_null(strstr(err.text, "too old"));
}

TEST(a_library_that_is_something_else_is_refused)
{
	struct error err = {0};
	struct ort o;

	setenv("SHAMMAH_ONNXRUNTIME", "libm.so.6", 1);
	assert_false(ort_open(&o, NULL, &err));
	assert_non_null(strstr(err.text, "is not ONNX Runtime"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_library_is_told_to_send_nothing_before_it_is_opened),
		cmocka_unit_test(the_library_is_found_and_may_be_opened_again_and_again),
		cmocka_unit_test_setup_teardown(the_usual_places_are_searched_when_the_environment_names_none,
			keep_environment, restore_environment),
		cmocka_unit_test_setup_teardown(
			a_missing_library_is_an_error_that_says_how_to_get_it, keep_environment, restore_environment),
		cmocka_unit_test_setup_teardown(
			a_library_that_is_too_old_is_named_with_its_version, keep_environment, restore_environment),
		cmocka_unit_test_setup_teardown(
			a_library_that_is_something_else_is_refused, keep_environment, restore_environment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
