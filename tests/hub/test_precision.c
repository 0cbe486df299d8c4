#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "hub/precision.h"
#include "support/test.h"

static char *root, *home;

static char *make(const char *folder, const char *file)
{
	own_mem char *full = path_join(root, folder), *path = path_join(full, file), *parent = mem_strdup(path);
	struct error err = {0};

	*strrchr(parent, '/') = '\0';
	assert_ok(path_make(parent, 0755, &err));
	assert_ok(file_write(path, (struct str)STR("x"), 0644, &err));
	return take(full);
}

static int begin(void **state)
{
	char name[] = "/tmp/shammah-precision-XXXXXX";

	(void)state;
	root = mem_strdup(mkdtemp(name));
	home = path_join(root, "home");
	return 0;
}

static int end(void **state)
{
	own_mem char *command = mem_printf("rm -rf %s", root);

	(void)state;
	free(take(root));
	free(take(home));
	return system(command);
}

TEST(a_choice_holds_for_every_commit_of_a_repository)
{
	own_mem char *one = make("hub/models--owner--name/snapshots/0123456789abcdef0123456789abcdef01234567",
		"onnx/model_q4.onnx");
	own_mem char *two = make("hub/models--owner--name/snapshots/89abcdef0123456789abcdef0123456701234567",
		"onnx/model_q4.onnx");
	own_mem char *other = make("hub/models--owner--other/snapshots/0123456789abcdef0123456789abcdef01234567",
		"onnx/model_q4.onnx");
	struct error err = {0};

	assert_null(precision_chosen(home, one));
	assert_ok(precision_choose(home, one, "q4", &err));
	own_mem char *first = precision_chosen(home, one), *second = precision_chosen(home, two);
	assert_string_equal(first, "q4");
	assert_string_equal(second, "q4");
	assert_null(precision_chosen(home, other));
	assert_ok(precision_choose(home, two, NULL, &err));
	assert_null(precision_chosen(home, one));
}

TEST(a_folder_goes_by_itself)
{
	own_mem char *mine = make("mine", "model_fp16.onnx"), *yours = make("yours", "model_fp16.onnx");
	struct error err = {0};

	assert_ok(precision_choose(home, mine, "fp16", &err));
	own_mem char *chosen = precision_chosen(home, mine);
	assert_string_equal(chosen, "fp16");
	assert_null(precision_chosen(home, yours));
}

TEST(what_is_not_there_is_not_chosen)
{
	own_mem char *mine = make("mine", "onnx/model_q4.onnx"), *graph = path_join(mine, "onnx/model_q4.onnx");
	struct error err = {0};

	assert_false(precision_choose(home, mine, "fp16", &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_ok(precision_choose(home, mine, "q4", &err));
	assert_int_equal(remove(graph), 0);
	assert_null(precision_chosen(home, mine));
}

TEST(a_damaged_file_counts_as_none_and_is_written_anew)
{
	own_mem char *mine = make("mine", "onnx/model_q4.onnx"), *made = make("home", "precisions.json");
	own_mem char *path = path_join(made, "precisions.json");
	struct error err = {0};

	static const char *const damaged[] = { "", "[1]", "{\"x\"", "null" };
	for (size_t i = 0; i < countof(damaged); i++) {
		assert_ok(file_write(path, str_of(damaged[i]), 0600, &err));
		assert_null(precision_chosen(home, mine));
		assert_ok(precision_choose(home, mine, "q4", &err));
		own_mem char *chosen = precision_chosen(home, mine);
		assert_string_equal(chosen, "q4");
	}
}

#define WITH_A_HOME(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_HOME(a_choice_holds_for_every_commit_of_a_repository),
		WITH_A_HOME(a_folder_goes_by_itself),
		WITH_A_HOME(what_is_not_there_is_not_chosen),
		WITH_A_HOME(a_damaged_file_counts_as_none_and_is_written_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
