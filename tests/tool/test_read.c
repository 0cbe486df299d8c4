/* Read: what a model sees of a file, whatever the file holds. */
#include "calls.h"
#include "support/random.h"
#include "tool/seen.h"

#define LINES 10000

static void assert_view(const char *expected)
{
	if (strcmp(call_made.text.data, expected) != 0)
		fail_msg("\"%s\" is not \"%s\"", call_made.text.data, expected);
}

static int64_t detail(const char *name)
{
	return json_integer_value(json_object_get(json_object_get(call_made.details, "file"), name));
}

TEST(lines_come_with_their_numbers)
{
	put_file("a.txt", "one\n\ttwo\n\nfour");
	assert_call("", "Read", "{s:s}", "file_path", "a.txt");
	assert_view("     1\tone\n     2\t\ttwo\n     3\t\n     4\tfour\n");
	assert_int_equal(detail("totalLines"), 4);
	own_mem char *path = in_project("a.txt");
	assert_call("four", "Read", "{s:s}", "file_path", path);
}

TEST(a_part_is_told_to_be_one_and_how_to_go_on)
{
	own_buf text = BUF_INIT(1 << 20);

	for (int i = 1; i <= LINES; i++)
		buf_putf(&text, "line %d\n", i);
	put_bytes("big", buf_str(&text));
	assert_call("[PARTIAL view: lines 1 to 2000 of 10000. Go on with offset 2001", "Read", "{s:s}", "file_path",
		"big");
	assert_int_equal(detail("numLines"), 2000);
	assert_call("  9999\tline 9999\n 10000\tline 10000\n[PARTIAL view: lines 9999 to 10000 of 10000.]", "Read",
		"{s:s, s:i}", "file_path", "big", "offset", 9999);
	assert_call("lines 5 to 6 of 10000", "Read", "{s:s, s:i, s:s}", "file_path", "big", "offset", 5, "limit", "2");
	assert_int_equal(detail("startLine"), 5);
	assert_call("nothing is at offset 10001", "Read", "{s:s, s:i}", "file_path", "big", "offset", 10001);
	assert_fails("`limit` must be at least 1", "Read", "{s:s, s:i}", "file_path", "big", "limit", 0);
	assert_call("     1\tline 1\n[PARTIAL", "Read", "{s:s, s:i, s:i}", "file_path", "big", "offset", 0, "limit", 1);
}

/* What the view should be, from the whole text at once. */
static void slow_view(struct str text, uint64_t first, uint64_t count, struct buf *out)
{
	uint64_t line = 0;
	struct str piece;

	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		piece = (struct str){ text.p, end ? (size_t)(end - text.p) : text.n };
		text = str_from(text, piece.n + (end ? 1 : 0));
		if (++line < first || line >= first + count)
			continue;
		if (piece.n && piece.p[piece.n - 1] == '\r')
			piece.n--;
		buf_putf(out, "%6llu\t%.*s\n", (unsigned long long)line, STR_ARGS(piece));
	}
}

TEST(any_text_at_any_offset_is_shown_as_a_slow_reader_would)
{
	uint64_t dice = 7;

	for (int round = 0; round < 300; round++) {
		static const char *const some[] = { "\n", "\r\n", "a", "bcd ", "\xc3\xa9", "\xf0\x9f\x98\x80", "\t",
			"\n\n" };
		own_buf text = BUF_INIT(1 << 20), expected = BUF_INIT(1 << 20);
		uint32_t first = 1 + random_below(&dice, 20), limit = 1 + random_below(&dice, 9);
		for (uint32_t i = random_below(&dice, 200); i; i--)
			buf_put(&text, some[random_below(&dice, 8)]);
		put_bytes("f", buf_str(&text));
		slow_view(buf_str(&text), first, limit, &expected);
		assert_call("", "Read", "{s:s, s:I, s:I}", "file_path", "f", "offset", (json_int_t)first, "limit",
			(json_int_t)limit);
		assert_true(str_starts(buf_str(&call_made.text), buf_str(&expected)));
		assert_true(call_made.text.len == expected.len || call_made.text.data[expected.len] == '[');
	}
}

TEST(a_long_line_is_cut_and_says_so)
{
	own_mem char *line = mem_zeroed(3001, 1);

	memset(line, 'x', 3000);
	put_file("long", line);
	assert_call("x ... [cut here: 1000 more bytes in this line]\n[1 of these lines", "Read", "{s:s}", "file_path",
		"long");
	assert_int_equal(strspn(call_made.text.data + 7, "x"), 2000);
}

TEST(a_result_is_never_larger_than_its_ceiling)
{
	own_buf text = BUF_INIT(4 << 20);

	for (int i = 0; i < 3000; i++)
		buf_putf(&text, "%0500d\n", i);
	put_bytes("wide", buf_str(&text));
	assert_call(", as many as fit. Go on with offset ", "Read", "{s:s}", "file_path", "wide");
	assert_true(call_made.text.len < (110 << 10) && call_made.text.len > (95 << 10));
}

TEST(an_empty_file_is_told_to_be_empty)
{
	put_file("empty", "");
	assert_call("there and empty", "Read", "{s:s}", "file_path", "empty");
	put_file("mark", "\xef\xbb\xbf");
	assert_call("there and empty", "Read", "{s:s}", "file_path", "mark");
}

TEST(encodings_are_recognised_and_named)
{
	put_bytes("wide", (struct str)STR("\xff\xfe" "h\0\xe9\0\r\0\n\0" "=\xd8\x00\xde"));
	assert_call("     1\th\xc3\xa9\n     2\t\xf0\x9f\x98\x80\n[The file is in UTF-16 (little-endian)", "Read",
		"{s:s}",
		"file_path", "wide");
	put_file("latin", "caf\xe9 \x80\n");
	assert_call("caf\xc3\xa9 \xe2\x82\xac\n[The file is in windows-1252", "Read", "{s:s}", "file_path", "latin");
	put_file("utf8", "\xef\xbb\xbf" "caf\xc3\xa9\n");
	assert_call("     1\tcaf\xc3\xa9\n", "Read", "{s:s}", "file_path", "utf8");
	put_file("damaged", "\xc3\xa9\xc3\xa9 \xff\n");
	assert_call("\xef\xbf\xbd\n[Some bytes are no UTF-8", "Read", "{s:s}", "file_path", "damaged");
}

TEST(wide_text_longer_than_a_piece_is_shown_whole)
{
	own_buf text = BUF_INIT(4 << 20);
	struct error err = {0};

	assert_ok(buf_add(&text, "\xff\xfe", 2, &err));
	for (int i = 0; i < 300000; i++)
		assert_ok(buf_add(&text, i % 50 == 49 ? "\n" : "x", 2, &err));
	put_bytes("wide", buf_str(&text));
	assert_call("  6000\txxxx", "Read", "{s:s, s:i}", "file_path", "wide", "offset", 6000);
	assert_int_equal(detail("totalLines"), 6000);
}

TEST(pictures_documents_and_other_binary_files_are_named)
{
	put_bytes("a.png", (struct str)STR("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\x80\0\0\1\xe0\10\6\0\0\0"));
	assert_call("a PNG picture, 640 x 480 pixels, 29 bytes", "Read", "{s:s}", "file_path", "a.png");
	put_bytes("a.jpg", (struct str)STR("\xff\xd8\xff\xe0\0\4ab\xff\xc0\0\x11\10\1\0\2\0\3\0\0\0\0"));
	assert_call("a JPEG picture, 512 x 256 pixels", "Read", "{s:s}", "file_path", "a.jpg");
	put_bytes("a.gif", (struct str)STR("GIF89a\x10\0\x20\0\0\0\0"));
	assert_call("16 x 32", "Read", "{s:s}", "file_path", "a.gif");
	put_bytes("a.pdf", (struct str)STR("%PDF-1.7\nwhatever\n"));
	assert_fails("a PDF document of 18 bytes, no text: take its text with Bash: `pdftotext FILE -`", "Read",
		"{s:s}",
		"file_path", "a.pdf");
	put_bytes("a.bin", (struct str)STR("\x7f""ELF\2\1\1\0"));
	assert_fails("an ELF program", "Read", "{s:s}", "file_path", "a.bin");
	put_bytes("data", (struct str)STR("ab\0cd\1\2\3"));
	assert_fails("data is a binary file of 8 bytes", "Read", "{s:s}", "file_path", "data");
}

TEST(a_text_that_only_begins_like_a_picture_is_read)
{
	put_file("notes", "BMW and MZ are letters\n");
	assert_call("BMW and MZ", "Read", "{s:s}", "file_path", "notes");
	put_file("more", "MZ is written so\n");
	assert_call("MZ is written", "Read", "{s:s}", "file_path", "more");
}

TEST(a_notebook_comes_as_cells_with_outputs)
{
	put_file("n.ipynb",
		"{\"cells\":[{\"cell_type\":\"markdown\",\"id\":\"m1\",\"source\":[\"# Title\\n\",\"text\"]},"
		"{\"cell_type\":\"code\",\"id\":\"c1\",\"source\":\"print(1)\",\"outputs\":["
		"{\"output_type\":\"stream\",\"name\":\"stdout\",\"text\":[\"1\\n\"]},"
		"{\"output_type\":\"display_data\",\"data\":{\"image/png\":\"AAAA\",\"text/plain\":[\"<Figure>\"]}},"
		"{\"output_type\":\"error\",\"ename\":\"E\",\"evalue\":\"bad\",\"traceback\":[\"line\"]}]}],"
		"\"nbformat\":4}");
	assert_call("<cell 0, id \"m1\", markdown>\n     2\t# Title\n     3\ttext\n"
		"     4\t<cell 1, id \"c1\", code>\n     5\tprint(1)\n"
		"     6\t<output>\n     7\t1\n     8\t<Figure>\n"
		"     9\t[image/png, not shown]\n    10\tE: bad\n"
		"    11\tline\n    12\t</output>\n", "Read", "{s:s}", "file_path", "n.ipynb");
	put_file("broken.ipynb", "{\"cells\":[");
	assert_call("Shown as it is", "Read", "{s:s}", "file_path", "broken.ipynb");
	assert_says("     1\t{\"cells\":[");
	put_file("old.ipynb", "{\"worksheets\":[]}");
	assert_call("only nbformat 4", "Read", "{s:s}", "file_path", "old.ipynb");
}

TEST(what_is_no_file_is_refused_at_once)
{
	own_mem char *pipe_path = in_project("p"), *folder = in_project("d");

	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_fails("a pipe", "Read", "{s:s}", "file_path", "p");
	assert_fails("d is a folder: list it with Glob", "Read", "{s:s}", "file_path", "d");
	assert_fails("none does not exist (the working folder is /", "Read", "{s:s}", "file_path", "none");
	assert_fails("a device", "Read", "{s:s}", "file_path", "/dev/null");
	assert_fails("`file_path` must be the path", "Read", "{s:s}", "file_path", "");
	assert_fails("`file_path` is missing", "Read", "{}");
}

TEST(odd_names_are_read)
{
	put_file("a b \"c\" $(d) \xe2\x82\xac", "x\n");
	assert_call("     1\tx", "Read", "{s:s}", "file_path", "a b \"c\" $(d) \xe2\x82\xac");
	put_file("a\nb", "x\n");
	assert_fails("control characters", "Read", "{s:s}", "file_path", "a\nb");
}

TEST(a_link_that_came_after_the_judgement_is_an_error)
{
	own_mem char *secret = in_project("secret"), *path = in_project("plain");

	put_file("secret", "hidden\n");
	assert_int_equal(symlink(secret, path), 0);
	/* Judged as "plain"; that it is a link was not known then. */
	call_made = (struct tool_job)TOOL_JOB_INIT;
	own_json *input = json_pack("{s:s}", "file_path", "plain");
	call_made.context = &project, call_made.cancel = &calls_cancel, call_made.input = input, call_made.real = path;
	assert_false(tool_find(str_of("Read"))->run(&call_made, &call_error));
	assert_int_equal(call_error.kind, ERROR_DENIED);
	assert_says("is a link now, and was none when the path was checked");
	assert_int_equal(call_made.text.len, 0);
	/* Judged anew it is followed. */
	assert_call("hidden", "Read", "{s:s}", "file_path", "plain");
}

TEST(secrets_are_refused_even_where_nobody_has_judged)
{
	put_file(".env", "KEY=1\n");
	assert_fails(".env: ", "Read", "{s:s}", "file_path", ".env");
	assert_int_equal(call_error.kind, ERROR_DENIED);
}

TEST(reading_can_be_cancelled)
{
	put_file("a", "x\n");
	cancel_fire(&calls_cancel);
	assert_false(call("Read", json_pack("{s:s}", "file_path", "a")));
	assert_int_equal(call_error.kind, ERROR_CANCELLED);
}

TEST(what_was_read_is_known_as_it_was)
{
	struct stat st;

	put_file("a", "x\n");
	own_mem char *path = in_project("a");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(seen_compare(project.seen, path, &st, ""), SEEN_NEVER);
	assert_call("x", "Read", "{s:s}", "file_path", "a");
	assert_int_equal(seen_compare(project.seen, path, &st, ""), SEEN_SAME);
	put_file("a", "y\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(seen_compare(project.seen, path, &st, ""), SEEN_CHANGED);
	/* Touched, but with the same bytes. */
	put_file("a", "x\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(seen_compare(project.seen, path, &st,
		"73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"), SEEN_SAME);
	seen_note_shown(project.seen, path);
	assert_int_equal(seen_compare(project.seen, path, &st, ""), SEEN_SAME);
	seen_note_shown(project.seen, "/no/such/file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PROJECT(lines_come_with_their_numbers),
		WITH_PROJECT(a_part_is_told_to_be_one_and_how_to_go_on),
		WITH_PROJECT(any_text_at_any_offset_is_shown_as_a_slow_reader_would),
		WITH_PROJECT(a_long_line_is_cut_and_says_so),
		WITH_PROJECT(a_result_is_never_larger_than_its_ceiling),
		WITH_PROJECT(an_empty_file_is_told_to_be_empty),
		WITH_PROJECT(encodings_are_recognised_and_named),
		WITH_PROJECT(wide_text_longer_than_a_piece_is_shown_whole),
		WITH_PROJECT(pictures_documents_and_other_binary_files_are_named),
		WITH_PROJECT(a_text_that_only_begins_like_a_picture_is_read),
		WITH_PROJECT(a_notebook_comes_as_cells_with_outputs),
		WITH_PROJECT(what_is_no_file_is_refused_at_once),
		WITH_PROJECT(odd_names_are_read),
		WITH_PROJECT(a_link_that_came_after_the_judgement_is_an_error),
		WITH_PROJECT(secrets_are_refused_even_where_nobody_has_judged),
		WITH_PROJECT(reading_can_be_cancelled),
		WITH_PROJECT(what_was_read_is_known_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
