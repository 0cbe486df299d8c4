#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/test.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/temp.h"

static const struct tool_kind sample = {
	.name = "Sample",
	.schema = "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},"
		"\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10},\"all\":{\"type\":\"boolean\"},"
		"\"mode\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]},"
		"\"list\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"object\","
		"\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}}},"
		"\"required\":[\"path\"],\"additionalProperties\":false}",
};

static void is_refused(const char *arguments, const char *words)
{
	struct error err = {0};
	own_json *input = tool_input_read(&sample, str_of(arguments), &err);

	assert_null(input);
	assert_int_equal(err.kind, ERROR_INVALID);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

TEST(says_which_argument_is_wrong_and_what_is_accepted)
{
	is_refused("{}", "Sample: the argument `path` is missing");
	is_refused("", "`path` is missing");
	is_refused("{\"path\":3}", "`path` must be of type string");
	is_refused("{\"path\":\"x\",\"limit\":\"many\"}", "`limit` must be of type integer");
	is_refused("{\"path\":\"x\",\"limit\":0}", "`limit` must be at least 1");
	is_refused("{\"path\":\"x\",\"limit\":11}", "`limit` must be at most 10");
	is_refused("{\"path\":\"x\",\"limit\":1.5}", "`limit` must be of type integer");
	is_refused("{\"path\":\"x\",\"mode\":\"c\"}", "`mode` must be one of: a b");
	is_refused("{\"path\":\"x\",\"list\":[]}", "`list` must have at least 1");
	is_refused("{\"path\":\"x\",\"list\":[{\"n\":1},{}]}", "`list[1].n` is missing");
	is_refused("{\"path\":\"x\",\"file\":1}", "`file` is not known");
	is_refused("{\"path\":", "Sample");
	is_refused("[1]", "Sample");
}

TEST(takes_numbers_and_booleans_in_quotes_as_they_are_meant)
{
	struct error err = {0};
	own_json *input = tool_input_read(&sample,
		str_of("{\"path\":\"x\",\"limit\":\"5\",\"all\":\"True\",\"mode\":null,"
		"\"list\":[{\"n\":\"7\"},{\"n\":8.0}]}"), &err);

	assert_non_null(input);
	assert_int_equal(tool_input_number(input, "limit", 0), 5);
	assert_true(tool_input_flag(input, "all", false));
	assert_null(json_object_get(input, "mode"));
	const json_t *list = json_object_get(input, "list");
	assert_int_equal(tool_input_number(json_array_get(list, 0), "n", 0), 7);
	assert_int_equal(tool_input_number(json_array_get(list, 1), "n", 0), 8);
	assert_int_equal(tool_input_number(input, "absent", 9), 9);
	assert_int_equal(tool_input_str(input, "absent").n, 0);
}

TEST(every_tool_has_a_schema_that_can_be_read)
{
	for (size_t i = 0; tool_kinds[i]; i++) {
		struct error err = {0};
		own_json *schema = json_parse_object(str_of(tool_kinds[i]->schema), "schema", &err);
		own_json *brief = json_parse_object(str_of(tool_kinds[i]->brief_schema ? tool_kinds[i]->brief_schema :
			tool_kinds[i]->schema), "brief schema", &err);
		if (!schema || !brief)
			fail_msg("%s: %s", tool_kinds[i]->name, err.text);
		assert_ptr_equal(tool_find(str_of(tool_kinds[i]->name)), tool_kinds[i]);
	}
	assert_null(tool_find(str_of("")));
	assert_null(tool_find(str_of("NoSuchTool")));
}

/* As a program that was killed would leave it: two days old, with a file in it. */
static char *left_behind(const char *folder, const char *name)
{
	const struct timespec then = { .tv_sec = time(NULL) - 2 * 24 * 3600 }, old[2] = { then, then };
	char *path = path_join(folder, name), *inside = path_join(path, "a");
	struct error err = {0};

	assert_int_equal(mkdir(path, 0700), 0);
	assert_ok(file_write(inside, str_of("x"), 0600, &err));
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	free(inside);
	return path;
}

TEST(folders_without_an_owner_are_swept_and_others_are_not)
{
	char folder[] = "/tmp/sweep.XXXXXX";
	struct error err = {0};
	struct tool_context c;

	assert_non_null(mkdtemp(folder));
	char *before = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
	setenv("TMPDIR", folder, 1);
	own_mem char *gone = left_behind(folder, "shammah-aaaaaa"), *held = left_behind(folder, "shammah-bbbbbb");
	own_mem char *other = left_behind(folder, "shammah-notes"), *fresh = left_behind(folder, "shammah-cccccc");
	own_fd lock = open(held, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_int_equal(utimensat(AT_FDCWD, fresh, NULL, 0), 0);
	assert_ok(tool_context_init(&c, ".", ".", NULL, NULL, &err));
	assert_false(path_is_directory(gone));
	assert_true(path_is_directory(held) && path_is_directory(other) && path_is_directory(fresh));
	tool_context_done(&c);
	setenv("TMPDIR", "/no/such/folder", 1);
	assert_false(tool_context_init(&c, ".", ".", NULL, NULL, &err));
	assert_non_null(strstr(err.text, "TMPDIR"));
	tool_context_done(&c);
	if (before)
		setenv("TMPDIR", before, 1);
	else
		unsetenv("TMPDIR");
	free(before);
	temp_remove(folder);
}

TEST(temporary_files_go_with_their_context)
{
	struct error err = {0};
	struct tool_context c;

	assert_ok(tool_context_init(&c, ".", ".", "/nowhere", NULL, &err));
	struct stat st;
	assert_int_equal(stat(c.temp, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	char *inside = path_join(c.temp, "a"), *temp = strdup(c.temp);
	assert_int_equal(mkdir(inside, 0700), 0);
	tool_context_done(&c);
	assert_false(path_is_directory(temp));
	free(inside);
	free(temp);
	assert_false(tool_context_init(&c, "/no/such/folder", ".", NULL, NULL, &err));
	tool_context_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_which_argument_is_wrong_and_what_is_accepted),
		cmocka_unit_test(takes_numbers_and_booleans_in_quotes_as_they_are_meant),
		cmocka_unit_test(every_tool_has_a_schema_that_can_be_read),
		cmocka_unit_test(folders_without_an_owner_are_swept_and_others_are_not),
		cmocka_unit_test(temporary_files_go_with_their_context),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
