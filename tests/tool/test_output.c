/* What is kept of a command's output, and how it is made readable. */
#include "tool/output.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/utf8.h"
#include "support/test.h"

#define TEXT_MAX (1 << 22)

static char folder[40];

static void init(struct output *o, size_t keep, bool whole)
{
	static unsigned count;
	struct error err = {0};
	own_mem char *path = mem_printf("%s/%u", folder, count++);

	assert_ok(output_init(o, keep, path, whole, &err));
}

static char *text_of(const struct output *o)
{
	own_buf out = BUF_INIT(TEXT_MAX);
	struct error err = {0};

	assert_ok(output_text(o, &out, &err));
	return buf_detach(&out, NULL);
}

static void expect(const char *bytes, size_t n, const char *text)
{
	for (size_t cut = 0; cut <= n; cut++) {          /* in two pieces, wherever they are cut */
		struct output o;
		init(&o, 4096, false);
		output_add(&o, (struct str){ bytes, cut });
		output_add(&o, (struct str){ bytes + cut, n - cut });
		output_end(&o);
		own_mem char *got = text_of(&o);
		if (strcmp(got, text) != 0)
			fail_msg("cut at %zu: '%s' is not '%s'", cut, got, text);
		output_done(&o);
	}
}
#define EXPECT(bytes, text) expect(bytes, sizeof(bytes) - 1, text)

TEST(escape_sequences_and_control_characters_are_left_out)
{
	EXPECT("a\033[1;31mred\033[0m b", "ared b");
	EXPECT("\033]0;title\007x\033]8;;http://a\033\\link\033]8;;\033\\y", "xlinky");
	EXPECT("\033(Bx\033=y\033Mz", "xyz");
	EXPECT("a\bb\0c\007d\te\n", "abcd\te\n");
	EXPECT("\033]never ends\nnext", "\nnext");
	EXPECT("\033[12\nx", "\nx");
	EXPECT("\033[\033[1mx", "x");
	EXPECT("\033Pdata\033\\x\033_app\033\\y", "xy");
}

TEST(a_line_that_is_written_over_is_what_it_is_at_last)
{
	EXPECT("10%\r50%\r100%\ndone", "100%\ndone");
	EXPECT("a\r\nb\r\n", "a\nb\n");
	EXPECT("abc\r", "abc");
	EXPECT("one\ntwo\rTWO", "one\nTWO");
}

TEST(bytes_that_are_no_utf8_become_replacement_characters)
{
	EXPECT("a\xff" "b", "a\xef\xbf\xbd" "b");
	EXPECT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	EXPECT("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
	EXPECT("\xe2\xc3\xa9", "\xef\xbf\xbd\xc3\xa9");
	EXPECT("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static uint32_t next(uint32_t *seed) { return *seed = *seed * 1664525u + 1013904223u, *seed >> 8; }

TEST(however_the_bytes_are_cut_the_same_comes_of_it_and_it_is_utf8)
{
	static const char alphabet[] = "ab\n\r\t\033[]0;m\\\xc3\xa9\xe2\x82\xac\xff\x07 z";
	uint32_t seed = 1;

	for (int round = 0; round < 300; round++) {
		size_t n = next(&seed) % 12000;
		own_mem char *bytes = mem_alloc(n + 1);
		struct output whole, cut;
		for (size_t i = 0; i < n; i++)
			bytes[i] = alphabet[next(&seed) % (sizeof alphabet - 1)];
		size_t keep = 2 + next(&seed) % 5000;
		init(&whole, keep, false);
		init(&cut, keep, false);
		output_add(&whole, (struct str){ bytes, n });
		for (size_t at = 0; at < n; ) {
			size_t piece = 1 + next(&seed) % 700;
			piece = piece < n - at ? piece : n - at;
			output_add(&cut, (struct str){ bytes + at, piece });
			at += piece;
		}
		output_end(&whole);
		output_end(&cut);
		own_mem char *a = text_of(&whole), *b = text_of(&cut);
		assert_true(utf8_valid(a, strlen(a)));
		assert_int_equal(whole.total, cut.total);
		if (whole.total <= keep) {
			assert_string_equal(a, b);
		} else {                         /* the files' names differ, and they hold all */
			struct error err = {0};
			size_t an, bn;
			own_mem char *fa = file_read(whole.path, TEXT_MAX, &an, &err);
			own_mem char *fb = file_read(cut.path, TEXT_MAX, &bn, &err);
			assert_true(fa && fb && an == bn && an == whole.total && memcmp(fa, fb, an) == 0);
			assert_true(utf8_valid(fa, an));
			assert_true(strncmp(a, fa, keep / 2 - utf8_incomplete_tail(fa, keep / 2)) == 0);
			const char *end = strstr(a, " ...]\n\n");
			assert_non_null(end);
			end += 7;
			assert_true(strlen(end) <= keep - keep / 2 && strlen(end) + 3 >= keep - keep / 2);
			assert_string_equal(end, fa + an - strlen(end));
		}
		output_done(&whole);
		output_done(&cut);
	}
}

TEST(beginning_and_end_are_kept_and_a_private_file_has_all)
{
	struct output o;
	struct error err = {0};
	struct stat st;
	size_t n;

	init(&o, 1000, false);
	for (int i = 0; i < 10000; i++) {
		own_mem char *line = mem_printf("line %d\n", i);
		output_add(&o, str_of(line));
	}
	output_end(&o);
	own_mem char *text = text_of(&o), *whole = file_read(o.path, TEXT_MAX, &n, &err);
	assert_true(strncmp(text, "line 0\nline 1\n", 14) == 0);
	assert_non_null(strstr(text, "bytes left out; all of it is in "));
	assert_non_null(strstr(text, o.path));
	assert_string_equal(text + strlen(text) - 10, "line 9999\n");
	assert_true(strlen(text) < 1200);
	assert_non_null(whole);
	assert_int_equal(n, o.total);
	assert_int_equal(stat(o.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	output_done(&o);
}

TEST(short_output_makes_no_file)
{
	struct output o;

	init(&o, 100, false);
	output_add(&o, (struct str)STR("short"));
	output_end(&o);
	assert_int_not_equal(access(o.path, F_OK), 0);
	output_done(&o);
}

TEST(the_file_has_a_ceiling_and_says_so)
{
	struct output o;
	struct stat st;

	init(&o, 100, false);
	o.file_max = 100001;
	for (int i = 0; i < 100000; i++)
		output_add(&o, (struct str)STR("\xe2\x82\xac"));
	output_end(&o);
	own_mem char *text = text_of(&o);
	assert_non_null(strstr(text, "holds the first 99999 bytes only: it may not get larger"));
	assert_int_equal(stat(o.path, &st), 0);
	assert_int_equal(st.st_size, 99999);
	output_done(&o);
}

static ssize_t no_space(int fd, const void *bytes, size_t n)
{
	(void)fd;
	(void)bytes;
	(void)n;
	errno = ENOSPC;
	return -1;
}

TEST(a_full_disk_costs_the_file_but_not_the_result)
{
	struct output o;

	init(&o, 100, false);
	sys.write = no_space;
	for (int i = 0; i < 100000; i++)
		output_add(&o, (struct str)STR("0123456789"));
	output_end(&o);
	sys.write = write;
	own_mem char *text = text_of(&o);
	assert_non_null(strstr(text, "they are nowhere: cannot write: No space left on device"));
	assert_true(str_ends(str_of(text), "0123456789"));
	output_done(&o);
}

TEST(what_has_come_since_can_be_read_while_it_comes)
{
	struct output o;
	struct error err = {0};
	own_buf out = BUF_INIT(TEXT_MAX);
	uint64_t at = 0;

	init(&o, 2, true);
	output_add(&o, (struct str)STR("one\n"));
	assert_ok(output_read(&o, &at, 1000, &out, &err));
	assert_string_equal(out.data, "one\n");
	output_add(&o, (struct str)STR("two\nthr"));
	buf_clear(&out);
	assert_ok(output_read(&o, &at, 1000, &out, &err));
	assert_string_equal(out.data, "two\n");
	output_add(&o, (struct str)STR("ee\xe2\x82\xac"));
	output_end(&o);
	buf_clear(&out);
	at = 0;
	assert_ok(output_read(&o, &at, 14, &out, &err));
	assert_string_equal(out.data, "one\ntwo\nthree");
	assert_int_equal(at, 13);
	at = 14;                                 /* within the last character */
	buf_clear(&out);
	assert_ok(output_read(&o, &at, 14, &out, &err));
	assert_string_equal(out.data, "");
	output_done(&o);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/shammah_output.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	own_mem char *line = mem_printf("rm -rf '%s'", folder);

	(void)state;
	return system(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escape_sequences_and_control_characters_are_left_out),
		cmocka_unit_test(a_line_that_is_written_over_is_what_it_is_at_last),
		cmocka_unit_test(bytes_that_are_no_utf8_become_replacement_characters),
		cmocka_unit_test(however_the_bytes_are_cut_the_same_comes_of_it_and_it_is_utf8),
		cmocka_unit_test(beginning_and_end_are_kept_and_a_private_file_has_all),
		cmocka_unit_test(short_output_makes_no_file),
		cmocka_unit_test(the_file_has_a_ceiling_and_says_so),
		cmocka_unit_test(a_full_disk_costs_the_file_but_not_the_result),
		cmocka_unit_test(what_has_come_since_can_be_read_while_it_comes),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
