#include "hub/names.h"

#include "base/mem.h"
#include "support/test.h"

static struct error err;

TEST(repositories_are_named_as_the_python_client_allows)
{
	static const char *const good[] = { "gpt2", "a/b", "Qwen/Qwen2.5-Coder-0.5B-Instruct", "onnx-community/x_y.z" };
	static const char *const bad[] = { "", "/", "a/", "/a", "a//b", "a/b/c", "a b", "../x", "a/..", "a/b.git",
		"a--b/c", "-a/b", "a/b-", "a/.b", "a/b.", "a/b\n", "a/b?x", "a/b#c", "models--a--b" };
	char *longest = mem_printf("a/%095d", 0);

	for (size_t i = 0; i < countof(good); i++)
		assert_ok(name_check_repo(good[i], &err));
	for (size_t i = 0; i < countof(bad); i++)
		if (name_check_repo(bad[i], &err))
			fail_msg("accepted: %s", bad[i]);
	assert_false(name_check_repo(longest, &err));
	longest[96] = '\0';
	assert_ok(name_check_repo(longest, &err));
	free(longest);
}

TEST(paths_stay_below_their_folder)
{
	static const char *const good[] = { "config.json", "onnx/model_q4.onnx", "a/b/c", "..a", "a..",
		".gitattributes", "h\xc3\xa9.txt", "with blank" };
	static const char *const bad[] = { "", "/", "/etc/passwd", "..", ".", "../x", "a/../b", "a/..", "a/./b", "a//b",
		"a/", "a\\b", "a\nb", "a\x7f", "\xff\xfe", "a\tb" };
	own_mem char *component = mem_printf("%0201d", 0);

	for (size_t i = 0; i < countof(good); i++)
		assert_ok(name_check_path(good[i], &err));
	for (size_t i = 0; i < countof(bad); i++)
		if (name_check_path(bad[i], &err))
			fail_msg("accepted: %s", bad[i]);
	assert_false(name_check_path(component, &err));
	assert_ok(name_check_path(component + 1, &err));
}

TEST(a_path_may_have_a_thousand_bytes_and_no_more)
{
	own_buf path = BUF_INIT(4096);

	while (path.len < 1022)
		buf_put(&path, "a/");
	buf_put(&path, "bb");
	assert_ok(name_check_path(path.data, &err));
	buf_put(&path, "b");
	assert_false(name_check_path(path.data, &err));
}

TEST(revisions_are_branches_tags_and_commits)
{
	assert_ok(name_check_revision("main", &err));
	assert_ok(name_check_revision("refs/pr/1", &err));
	assert_ok(name_check_revision("v1.0", &err));
	assert_false(name_check_revision("../main", &err));
	assert_false(name_check_revision("", &err));
	assert_true(name_is_commit("0123456789012345678901234567890123456789"));
	assert_false(name_is_commit("012345678901234567890123456789012345678"));
	assert_false(name_is_commit("0123456789012345678901234567890123456789/.."));
	assert_false(name_is_commit("0123456789A12345678901234567890123456789"));
}

TEST(hashes_are_harmless_file_names)
{
	assert_true(name_is_hash("0123456789012345678901234567890123456789"));
	assert_true(name_is_hash("5f3c-1a_B"));
	assert_false(name_is_hash(""));
	assert_false(name_is_hash("../x"));
	assert_false(name_is_hash("a.incomplete"));
	assert_false(name_is_hash("01234567890123456789012345678901234567890123456789012345678901234"));
}

TEST(quoting_leaves_letters_and_hides_the_rest)
{
	own_buf url = BUF_INIT(4096);

	assert_ok(name_quote(&url, "a b/c?d#%\xc3\xa9", true, &err));
	assert_string_equal(url.data, "a%20b/c%3Fd%23%25%C3%A9");
	buf_clear(&url);
	assert_ok(name_quote(&url, "refs/pr/1", false, &err));
	assert_string_equal(url.data, "refs%2Fpr%2F1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repositories_are_named_as_the_python_client_allows),
		cmocka_unit_test(paths_stay_below_their_folder),
		cmocka_unit_test(a_path_may_have_a_thousand_bytes_and_no_more),
		cmocka_unit_test(revisions_are_branches_tags_and_commits),
		cmocka_unit_test(hashes_are_harmless_file_names),
		cmocka_unit_test(quoting_leaves_letters_and_hides_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
