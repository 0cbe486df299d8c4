#include "store/lines.h"

#include <errno.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "support/home_folder.h"
#include "support/random.h"

static char *path_in_home(void) { return path_join(home_folder, "lines.jsonl"); }

static void append(const char *path, const char *line)
{
	struct error err = { 0 };

	assert_ok(lines_append(path, str_of(line), &err));
}

static void write_raw(const char *path, struct str bytes)
{
	struct error err = { 0 };

	assert_ok(file_write(path, bytes, 0600, &err));
}

/* Lines joined by '|'; one that begins with '!' is damaged. */
static bool collect(void *user, struct str line)
{
	struct error err = { 0 };
	struct buf *out = user;

	if (line.p[0] == '!')
		return false;
	assert_ok(buf_addf(out, &err, "%.*s|", STR_ARGS(line)));
	return true;
}

static void expect_lines(const char *path, const char *text, size_t damaged)
{
	own_buf seen = BUF_INIT(1 << 20);
	struct error err = { 0 };
	size_t count = 0;

	assert_ok(lines_read(path, collect, &seen, &count, &err));
	assert_string_equal(seen.data, text);
	assert_int_equal(count, damaged);
}

TEST(what_is_appended_is_read_in_order)
{
	own_mem char *path = path_in_home();
	struct stat st;

	expect_lines(path, "", 0);
	append(path, "one");
	append(path, "two");
	expect_lines(path, "one|two|", 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

TEST(a_torn_line_is_ended_by_the_next_and_counted)
{
	own_mem char *path = path_in_home();

	write_raw(path, (struct str)STR("one\n!half"));
	append(path, "two");
	append(path, "three");
	expect_lines(path, "one|two|three|", 1);
	write_raw(path, (struct str)STR("one\n!half"));
	expect_lines(path, "one|", 1);
}

TEST(lines_have_a_ceiling)
{
	own_mem char *path = path_in_home(), *longest = mem_alloc(LINES_LINE_MAX + 1);
	struct error err = { 0 };

	memset(longest, 'a', LINES_LINE_MAX);
	longest[LINES_LINE_MAX] = '\0';
	assert_false(lines_append(path, str_of(longest), &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	longest[LINES_LINE_MAX - 1] = '\0';
	append(path, longest);
	append(path, "short");
	own_mem char *both = mem_printf("%s|short|", longest);
	expect_lines(path, both, 0);
}

TEST(a_line_that_is_too_long_is_passed_over_whole)
{
	own_mem char *path = path_in_home();
	own_buf text = BUF_INIT(1 << 20);

	buf_put(&text, "one\n");
	for (int i = 0; i < 200000; i++)
		buf_put(&text, "x");
	buf_put(&text, "\ntwo\n\n");
	write_raw(path, buf_str(&text));
	expect_lines(path, "one|two|", 1);
}

/* Property: however long the lines are, and wherever blocks end in them, all come back. */
TEST(lines_of_any_length_come_back)
{
	own_mem char *path = path_in_home();
	own_buf text = BUF_INIT(1 << 22), expected = BUF_INIT(1 << 22);
	uint64_t r = 7;

	for (int i = 0; i < 3000; i++) {
		size_t n = 1 + random_below(&r, random_below(&r, 10) ? 80 : LINES_LINE_MAX - 1);
		for (size_t k = 0; k < n; k++) {
			char c[2] = { (char)('a' + random_below(&r, 26)), '\0' };
			buf_put(&text, c);
			buf_put(&expected, c);
		}
		buf_put(&text, "\n");
		buf_put(&expected, "|");
	}
	write_raw(path, buf_str(&text));
	own_buf seen = BUF_INIT(1 << 22);
	struct error err = { 0 };
	size_t damaged = 0;
	assert_ok(lines_read(path, collect, &seen, &damaged, &err));
	assert_true(str_equal(buf_str(&seen), buf_str(&expected)));
	assert_int_equal(damaged, 0);
}

static bool count_line(void *user, struct str line)
{
	size_t *counts = user;

	if (line.n != 100 || line.p[0] < 'a' || line.p[0] > 'd')
		return false;
	for (size_t i = 1; i < line.n; i++)
		if (line.p[i] != line.p[0])
			return false;
	counts[line.p[0] - 'a']++;
	return true;
}

TEST(several_processes_do_not_mix_their_lines)
{
	own_mem char *path = path_in_home();
	size_t counts[4] = { 0 }, damaged = 0;
	struct error err = { 0 };

	for (int p = 0; p < 4; p++)
		if (fork() == 0) {
			char line[101];
			memset(line, 'a' + p, 100);
			line[100] = '\0';
			for (int i = 0; i < 500; i++)
				if (!lines_append(path, str_of(line), &err))
					_exit(1);
			_exit(0);
		}
	for (int p = 0; p < 4; p++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_ok(lines_read(path, count_line, counts, &damaged, &err));
	assert_int_equal(damaged, 0);
	for (int p = 0; p < 4; p++)
		assert_int_equal(counts[p], 500);
}

static ssize_t (*real_write)(int, const void *, size_t);

static ssize_t write_half(int fd, const void *src, size_t n) { return real_write(fd, src, n / 2); }

static ssize_t write_nothing(int fd, const void *src, size_t n)
{
	(void)fd;
	(void)src;
	(void)n;
	errno = ENOSPC;
	return -1;
}

TEST(a_disk_that_is_full_is_told_and_survived)
{
	own_mem char *path = path_in_home();
	struct error err = { 0 };

	append(path, "one");
	real_write = sys.write;
	sys.write = write_nothing;
	assert_false(lines_append(path, str_of("lost"), &err));
	assert_non_null(strstr(err.text, "lines.jsonl"));
	sys.write = write_half;
	assert_false(lines_append(path, str_of("!torn line"), &err));
	sys.write = real_write;
	append(path, "two");
	expect_lines(path, "one|two|", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(what_is_appended_is_read_in_order),
		home_test(a_torn_line_is_ended_by_the_next_and_counted),
		home_test(lines_have_a_ceiling),
		home_test(a_line_that_is_too_long_is_passed_over_whole),
		home_test(lines_of_any_length_come_back),
		home_test(several_processes_do_not_mix_their_lines),
		home_test(a_disk_that_is_full_is_told_and_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
