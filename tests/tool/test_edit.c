/* Edit and Write: what they change, and what they refuse to. */
#include <errno.h>

#include "base/sys.h"
#include "calls.h"
#include "store/rewind.h"
#include "support/random.h"
#include "tool/edit_match.h"
#include "tool/seen.h"

#define EDIT "{s:s, s:s, s:s}"
#define EDIT_ALL "{s:s, s:s, s:s, s:b}"

static void read_it(const char *name) { assert_call("", "Read", "{s:s}", "file_path", name); }

#define assert_edit(words, name, from, to) \
	assert_call(words, "Edit", EDIT, "file_path", name, "old_string", from, "new_string", to)
#define assert_no_edit(words, name, from, to) \
	assert_fails(words, "Edit", EDIT, "file_path", name, "old_string", from, "new_string", to)

/* --- what is replaced -------------------------------------------------------------------------- */

/* Every place of `what` in plain texts, the simple way; how many. */
static size_t slow_replace(struct str text, struct str what, struct str with, bool all, struct buf *out)
{
	size_t places = 0, i = 0;
	struct error err = {0};

	for (size_t k = 0; !all && k + what.n <= text.n; k++)
		places += memcmp(text.p + k, what.p, what.n) == 0;
	if (!all && places != 1)
		return places;
	while (i < text.n) {
		bool here = i + what.n <= text.n && memcmp(text.p + i, what.p, what.n) == 0;
		assert_ok(buf_add(out, here ? with.p : text.p + i, here ? with.n : 1, &err));
		if (here && all)
			places++;
		bool whole = here && !with.n && (i == 0 || text.p[i - 1] == '\n') && what.p[what.n - 1] != '\n';
		i += here ? what.n : 1;
		bool again = i + what.n <= text.n && memcmp(text.p + i, what.p, what.n) == 0;
		if (whole && i < text.n && text.p[i] == '\n' && !(all && again))
			i++;
	}
	return places;
}

static void random_plain(uint64_t *dice, uint32_t most, bool returns, struct buf *out)
{
	static const char *const some[] = { "a", "b", "\n", "ab", "\xc3\xa9", "\xc3\xa8" };

	for (uint32_t n = random_below(dice, most); n; n--) {
		const char *piece = some[random_below(dice, 6)];
		buf_put(out, returns && piece[0] == '\n' ? "\r\n" : piece);
	}
}

TEST(random_edits_are_what_a_slow_twin_makes_of_them)
{
	uint64_t dice = 11;
	size_t changed = 0;

	for (int round = 0; round < 60000; round++) {
		own_buf text = BUF_INIT(1 << 16), from = BUF_INIT(1 << 16), to = BUF_INIT(1 << 16),
			made = BUF_INIT(1 << 16),
			expected = BUF_INIT(1 << 16), plain_text = BUF_INIT(1 << 16), plain_made = BUF_INIT(1 << 16);
		struct error err = {0};
		struct edit_result r;
		bool returns = round & 1;
		random_plain(&dice, 30, returns, &text);
		random_plain(&dice, 5, false, &from);
		random_plain(&dice, 5, false, &to);
		if (!from.len || !text.len)
			continue;
		const struct edit e = { buf_str(&from), buf_str(&to), random_below(&dice, 2) };
		assert_ok(edit_apply(buf_str(&text), &e, &r, &made, &err));
		assert_ok(edit_plain(buf_str(&text), false, &plain_text, &err));
		size_t places = slow_replace(buf_str(&plain_text), e.old_text, e.new_text, e.all, &expected);
		assert_int_equal(r.count, places > 1 && !e.all ? 2 : places);
		if (r.count != 1 && !(r.count && e.all)) {
			assert_int_equal(made.len, 0);
			continue;
		}
		changed++;
		assert_ok(edit_plain(buf_str(&made), false, &plain_made, &err));
		assert_string_equal(plain_made.data, expected.data);
		/* Where all lines end in one way before, they do so afterwards. */
		if (returns && strchr(text.data, '\r'))
			for (size_t i = 0; i < made.len; i++)
				assert_true(made.data[i] != '\n' || (i && made.data[i - 1] == '\r'));
		if (!returns)
			assert_null(strchr(made.data, '\r'));
	}
	assert_true(changed > 5000);
}

TEST(one_place_is_replaced_and_shown)
{
	put_file("a.c", "int a;\nint b;\nint c;\n");
	read_it("a.c");
	assert_edit("a.c was changed. It is now:\n     1\tint a;\n     2\tlong b;\n     3\tint c;\n", "a.c", "int b;",
		"long b;");
	assert_file("a.c", (struct str)STR("int a;\nlong b;\nint c;\n"));
	const json_t *hunk = json_array_get(json_object_get(call_made.details, "structuredPatch"), 0);
	assert_string_equal(json_string_value(json_array_get(json_object_get(hunk, "lines"), 1)), "-int b;");
	/* What it wrote it has seen. */
	assert_edit("changed", "a.c", "long b;", "char b;");
}

TEST(a_text_in_two_places_needs_more_lines_or_replace_all)
{
	put_file("a", "x = 1\ny\nx = 1\n");
	read_it("a");
	assert_no_edit("more than one place: lines 1 and 3 of a; nothing was changed", "a", "x = 1", "x = 2");
	assert_file("a", (struct str)STR("x = 1\ny\nx = 1\n"));
	assert_call("changed at 2 places", "Edit", EDIT_ALL, "file_path", "a", "old_string", "x = 1", "new_string",
		"x = 2",
		"replace_all", 1);
	assert_file("a", (struct str)STR("x = 2\ny\nx = 2\n"));
	put_file("b", "aaa\n");
	read_it("b");
	assert_no_edit("more than one place", "b", "aa", "b");
}

TEST(a_text_that_is_not_there_is_answered_with_what_comes_near)
{
	put_file("a", "def f(x):\n    return x + 1\n\ndef g(y):\n    return y\n");
	read_it("a");
	assert_no_edit("Lines 1 to 2 differ from it in white space only:\n"
		"     1\tdef f(x):\n     2\t    return x + 1\n", "a",
		"def f(x):\n\treturn x + 1", "z");
	assert_no_edit("Its first 1 line is at line 4, but then old_string has\n"
		"      \t    return z\nwhere the file has\n"
		"     5\t    return y\n", "a", "def g(y):\n    return z\n", "z");
	assert_no_edit("The line most like its first one is\n     2\t    return x + 1\n", "a", "return x + 12", "z");
	assert_no_edit("No line is like", "a", "0000", "z");
	assert_no_edit("begin with the number that Read puts", "a", "     1\tdef f(x):", "z");
	assert_no_edit("Its first 2 lines are at line 4, but then old_string has\n"
		"      \tmore\nwhere the file has\nits end", "a",
		"def g(y):\n    return y\nmore", "z");
	assert_int_equal(call_error.kind, ERROR_NONE);
}

TEST(line_ends_marks_and_encodings_stay)
{
	put_file("crlf", "one\r\ntwo\r\nthree");
	read_it("crlf");
	assert_edit("", "crlf", "one\ntwo\n", "1\n1.5\ntwo\n");
	assert_file("crlf", (struct str)STR("1\r\n1.5\r\ntwo\r\nthree"));
	assert_edit("", "crlf", "three", "three\nfour");
	assert_file("crlf", (struct str)STR("1\r\n1.5\r\ntwo\r\nthree\r\nfour"));
	put_file("mixed", "a\r\nb\nc\r\nd\n");
	read_it("mixed");
	assert_edit("", "mixed", "b\nc\nd", "b\nX\nc\nd");
	assert_file("mixed", (struct str)STR("a\r\nb\nX\r\nc\r\nd\n"));
	put_file("mark", "\xef\xbb\xbf" "a\n");
	read_it("mark");
	assert_edit("", "mark", "a", "\xe2\x82\xac");
	assert_file("mark", (struct str)STR("\xef\xbb\xbf\xe2\x82\xac\n"));
	put_bytes("wide", (struct str)STR("\xff\xfe" "a\0\r\0\n\0"));
	read_it("wide");
	assert_edit("", "wide", "a\n", "\xf0\x9f\x98\x80\nb\n");
	assert_file("wide", (struct str)STR("\xff\xfe=\xd8\x00\xde\r\0\n\0" "b\0\r\0\n\0"));
	put_file("latin", "caf\xe9\n");
	read_it("latin");
	assert_no_edit("no character U+2192", "latin", "caf\xc3\xa9", "\xe2\x86\x92");
	assert_edit("", "latin", "caf\xc3\xa9", "th\xc3\xa9 \xe2\x82\xac");
	assert_file("latin", (struct str)STR("th\xe9 \x80\n"));
	put_file("damaged", "\xc3\xa9\xc3\xa9 \xff one\n");
	read_it("damaged");
	assert_edit("", "damaged", "one", "two");
	assert_file("damaged", (struct str)STR("\xc3\xa9\xc3\xa9 \xff two\n"));
	assert_no_edit("differ in line ends only", "crlf", "two\n", "two\r\n");
}

TEST(damaged_wide_text_and_binary_files_are_left_alone)
{
	put_bytes("lone", (struct str)STR("\xff\xfe" "a\0\x00\xd8" "b\0"));
	read_it("lone");
	assert_no_edit("damaged characters", "lone", "a", "b");
	put_bytes("bin", (struct str)STR("a\0b\1\2\3"));
	assert_no_edit("a binary file", "bin", "a", "b");
}

TEST(curly_quotes_are_found_by_straight_ones_and_stay)
{
	put_file("q", "say \xe2\x80\x9chello\xe2\x80\x9d now\nit\xe2\x80\x99s x\n");
	read_it("q");
	assert_edit("curly quotes", "q", "say \"hello\" now", "say \"hello\" later");
	assert_file("q", (struct str)STR("say \xe2\x80\x9chello\xe2\x80\x9d later\nit\xe2\x80\x99s x\n"));
	put_file("two", "\xe2\x80\x98" "a\xe2\x80\x99 \xe2\x80\x98" "a\xe2\x80\x99\n");
	read_it("two");
	assert_fails("curly quotes taken for straight ones", "Edit", EDIT_ALL, "file_path", "two", "old_string", "'a'",
		"new_string", "'b'", "replace_all", 1);
	assert_file("two", (struct str)STR("\xe2\x80\x98" "a\xe2\x80\x99 \xe2\x80\x98" "a\xe2\x80\x99\n"));
}

TEST(a_line_replaced_by_nothing_goes_with_its_end)
{
	put_file("a", "one\ntwo\nthree\n");
	read_it("a");
	assert_edit("", "a", "two", "");
	assert_file("a", (struct str)STR("one\nthree\n"));
	assert_edit("", "a", "ree", "");
	assert_file("a", (struct str)STR("one\nth\n"));
	put_file("blank", "\nfoo\nfoo\n");
	read_it("blank");
	assert_call("", "Edit", EDIT_ALL, "file_path", "blank", "old_string", "\nfoo", "new_string", "",
		"replace_all", 1);
	assert_file("blank", (struct str)STR("\n"));
}

/* --- when it is refused ------------------------------------------------------------------------ */

TEST(what_was_not_read_is_not_changed)
{
	put_file("a", "x\n");
	assert_no_edit("a has not been read yet", "a", "x", "y");
	assert_fails("exists and has not been read", "Write", "{s:s, s:s}", "file_path", "a", "content", "y\n");
	assert_file("a", (struct str)STR("x\n"));
	own_mem char *path = in_project("a");
	seen_note_shown(project.seen, path);
	assert_edit("changed", "a", "x", "y");
	assert_no_edit("does not exist", "none", "x", "y");
	assert_no_edit("are the same", "a", "y", "y");
	assert_fails("`old_string` is missing", "Edit", "{s:s, s:s}", "file_path", "a", "new_string", "y");
}

TEST(a_file_changed_meanwhile_is_edited_where_the_text_is_still_unique)
{
	put_file("a", "one\ntwo\n");
	read_it("a");
	put_file("a", "zero\none\ntwo\n");
	assert_fails("changed by somebody since it was read", "Write", "{s:s, s:s}", "file_path", "a", "content", "x");
	assert_fails("changed by somebody", "Edit", EDIT_ALL, "file_path", "a", "old_string", "one", "new_string", "1",
		"replace_all", 1);
	assert_edit("somebody had changed it since it was read, but old_string was still there, once", "a", "one", "1");
	assert_file("a", (struct str)STR("zero\n1\ntwo\n"));
	put_file("a", "1\n1\n");
	assert_no_edit("more than one place", "a", "1", "2");
}

/* Somebody writes the file when ours is written beside it. */
static ssize_t write_and_meddle(int fd, const void *bytes, size_t n)
{
	own_mem char *path = in_project("a");
	own_fd other = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	sys.write = write;
	assert_int_equal(write(other, "theirs\n", 7), 7);
	return write(fd, bytes, n);
}

TEST(a_file_changed_in_the_moment_of_writing_is_left_as_it_is)
{
	put_file("a", "one\n");
	read_it("a");
	sys.write = write_and_meddle;
	assert_no_edit("was changed meanwhile; nothing was written", "a", "one", "two");
	assert_file("a", (struct str)STR("one\ntheirs\n"));
}

TEST(an_empty_old_string_makes_a_file_and_overwrites_none)
{
	assert_edit("new/dir/f was made", "new/dir/f", "", "hello\n");
	assert_file("new/dir/f", (struct str)STR("hello\n"));
	assert_no_edit("but new/dir/f has content", "new/dir/f", "", "other");
	put_file("empty", "");
	assert_edit("empty was changed", "empty", "", "x\n");
	assert_file("empty", (struct str)STR("x\n"));
}

TEST(writing_makes_and_replaces_files_whole)
{
	struct stat st;
	own_mem char *path = in_project("d/f.sh");

	assert_call("d/f.sh was made: 2 lines.", "Write", "{s:s, s:s}", "file_path", "d/f.sh", "content", "a\nb\n");
	assert_int_equal(chmod(path, 0755), 0);
	read_it("d/f.sh");
	assert_call("written over: 1 lines added, 2 removed.", "Write", "{s:s, s:s}", "file_path", "d/f.sh",
		"content", "c\n");
	assert_file("d/f.sh", (struct str)STR("c\n"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	put_file("crlf", "a\r\nb\r\n");
	read_it("crlf");
	assert_call("end in CR LF, as before", "Write", "{s:s, s:s}", "file_path", "crlf", "content", "x\ny\n");
	assert_file("crlf", (struct str)STR("x\r\ny\r\n"));
	assert_fails("a folder", "Write", "{s:s, s:s}", "file_path", "d", "content", "x");
}

TEST(a_preview_tells_the_difference_and_changes_nothing)
{
	put_file("a", "one\n");
	read_it("a");
	const struct tool_kind *kind = tool_find(str_of("Edit"));
	own_json *input = json_pack(EDIT, "file_path", "a", "old_string", "one", "new_string", "two");
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};
	job.context = &project, job.cancel = &calls_cancel, job.input = input;
	assert_ok(kind->preview(&job, &err));
	assert_int_equal(json_integer_value(json_object_get(job.details, "linesAdded")), 1);
	assert_file("a", (struct str)STR("one\n"));
}

TEST(a_link_is_followed_as_it_was_judged_and_stays)
{
	own_mem char *link_path = in_project("link");
	struct stat st;

	put_file("target", "x\n");
	assert_int_equal(symlink("target", link_path), 0);
	read_it("link");
	assert_edit("link was changed", "link", "x", "y");
	assert_file("target", (struct str)STR("y\n"));
	assert_int_equal(lstat(link_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

TEST(other_names_of_a_file_are_told_to_keep_its_content)
{
	own_mem char *path = in_project("a"), *other = in_project("b");

	put_file("a", "x\n");
	assert_int_equal(link(path, other), 0);
	read_it("a");
	assert_edit("hard links, keep the old content", "a", "x", "y");
	assert_file("b", (struct str)STR("x\n"));
}

/* --- sizes and failures ---------------------------------------------------------------------------- */

TEST(files_of_any_size_are_edited)
{
	for (size_t size = 1; size <= (size_t)16 << 20; size *= 8) {
		own_mem char *text = mem_zeroed(size + 1, 1);
		memset(text, 'x', size);
		for (size_t i = 50; i + 1 < size; i += 50)
			text[i] = '\n';
		text[size - 1] = '!';
		put_file("f", text);
		read_it("f");
		assert_edit("changed", "f", "!", "?");
		text[size - 1] = '?';
		assert_file("f", (struct str){ text, size });
	}
}

static ssize_t no_room(int fd, const void *bytes, size_t n)
{
	(void)fd, (void)bytes, (void)n;
	errno = ENOSPC;
	return -1;
}

TEST(a_full_disk_leaves_the_old_file_and_no_other)
{
	put_file("a", "one\n");
	read_it("a");
	sys.write = no_room;
	assert_no_edit("No space left", "a", "one", "two");
	sys.write = write;
	assert_file("a", (struct str)STR("one\n"));
	assert_edit("changed", "a", "one", "two");
}

TEST(what_was_there_before_is_kept_for_rewind)
{
	struct rewind_sessions all;
	own_rewind_plan plan = {0};
	struct error err = {0};

	put_file("a", "one\n");
	read_it("a");
	project.turn = 3;
	assert_edit("changed", "a", "one", "two");
	assert_call("made", "Write", "{s:s, s:s}", "file_path", "b", "content", "x\n");
	own_mem char *folder = path_join(project.ours, "checkpoints");
	assert_ok(rewind_list(folder, project.root, &all, &err));
	assert_int_equal(all.count, 1);
	assert_ok(rewind_plan_make(&plan, folder, &all.at[0], 3, NULL, &err));
	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.files[0].what, REWIND_RESTORE);
	assert_int_equal(plan.files[1].what, REWIND_REMOVE);
	rewind_sessions_done(&all);
}

TEST(what_cannot_be_kept_is_not_changed)
{
	put_file("a", "one\n");
	read_it("a");
	put_file(".shammah-home", "a file where the folder should be\n");
	assert_no_edit("cannot be kept for `shammah rewind`, so nothing was changed", "a", "one", "two");
	assert_file("a", (struct str)STR("one\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_edits_are_what_a_slow_twin_makes_of_them),
		WITH_PROJECT(one_place_is_replaced_and_shown),
		WITH_PROJECT(a_text_in_two_places_needs_more_lines_or_replace_all),
		WITH_PROJECT(a_text_that_is_not_there_is_answered_with_what_comes_near),
		WITH_PROJECT(line_ends_marks_and_encodings_stay),
		WITH_PROJECT(damaged_wide_text_and_binary_files_are_left_alone),
		WITH_PROJECT(curly_quotes_are_found_by_straight_ones_and_stay),
		WITH_PROJECT(a_line_replaced_by_nothing_goes_with_its_end),
		WITH_PROJECT(what_was_not_read_is_not_changed),
		WITH_PROJECT(a_file_changed_meanwhile_is_edited_where_the_text_is_still_unique),
		WITH_PROJECT(a_file_changed_in_the_moment_of_writing_is_left_as_it_is),
		WITH_PROJECT(an_empty_old_string_makes_a_file_and_overwrites_none),
		WITH_PROJECT(writing_makes_and_replaces_files_whole),
		WITH_PROJECT(a_preview_tells_the_difference_and_changes_nothing),
		WITH_PROJECT(a_link_is_followed_as_it_was_judged_and_stays),
		WITH_PROJECT(other_names_of_a_file_are_told_to_keep_its_content),
		WITH_PROJECT(files_of_any_size_are_edited),
		WITH_PROJECT(what_was_there_before_is_kept_for_rewind),
		WITH_PROJECT(what_cannot_be_kept_is_not_changed),
		WITH_PROJECT(a_full_disk_leaves_the_old_file_and_no_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
