#include "store/query_hash.h"

#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/home_folder.h"

static struct query_key load(void)
{
	struct query_key key;
	struct error err = { 0 };

	assert_ok(query_key_load(home_folder, &key, &err));
	return key;
}

TEST(a_key_is_made_once_and_stays)
{
	own_mem char *path = path_join(home_folder, "metrics.key");
	struct query_key one = load(), other = load();
	struct stat st;

	assert_string_equal(one.hex, other.hex);
	assert_int_equal(strlen(one.hex), 64);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

TEST(hashes_are_equal_for_equal_questions_and_keys_only)
{
	struct query_key key = load(), other = key;
	char one[SHA_HEX_MAX + 1], two[SHA_HEX_MAX + 1];

	other.hex[0] = other.hex[0] == '0' ? '1' : '0';
	query_hash(&key, str_of("a question"), one);
	query_hash(&key, str_of("a question"), two);
	assert_string_equal(one, two);
	query_hash(&key, str_of("a question "), two);
	assert_string_not_equal(one, two);
	query_hash(&other, str_of("a question"), two);
	assert_string_not_equal(one, two);
	assert_int_equal(strlen(one), 64);
}

TEST(what_is_no_key_is_told)
{
	own_mem char *path = path_join(home_folder, "metrics.key");
	struct query_key key;
	struct error err = { 0 };

	assert_ok(file_write(path, str_of("short"), 0600, &err));
	assert_false(query_key_load(home_folder, &key, &err));
	assert_non_null(strstr(err.text, "holds no key; delete it"));
	assert_null(strstr(err.text, "short"));
}

TEST(processes_that_make_it_at_once_get_one_key)
{
	int pipes[2];
	char keys[8][64];
	size_t got = 0;

	assert_int_equal(pipe(pipes), 0);
	for (int p = 0; p < 8; p++)
		if (fork() == 0) {
			struct query_key key;
			struct error err = { 0 };
			_exit(!query_key_load(home_folder, &key, &err) || write(pipes[1], key.hex, 64) != 64);
		}
	for (int p = 0; p < 8; p++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	while (got < sizeof keys)
		got += (size_t)read(pipes[0], (char *)keys + got, sizeof keys - got);
	for (int p = 1; p < 8; p++)
		assert_memory_equal(keys[p], keys[0], 64);
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(a_key_is_made_once_and_stays),
		home_test(hashes_are_equal_for_equal_questions_and_keys_only),
		home_test(what_is_no_key_is_told),
		home_test(processes_that_make_it_at_once_get_one_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
