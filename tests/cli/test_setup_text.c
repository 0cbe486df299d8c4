#include "cli/setup_text.h"

#include "base/mem.h"
#include "cli/ui.h"
#include "support/random.h"
#include "support/test.h"

#define SECRET "sk-ant-api03-abcdefghijklmnopqrstuvwxyz"

static void assert_diff(const char *old, const char *fresh, const char *expected)
{
	own_buf out = BUF_INIT(1 << 16);

	setup_diff(&out, str_of(old), str_of(fresh));
	assert_string_equal(out.data, expected);
}

TEST(a_difference_shows_what_goes_and_comes_and_a_line_around_it)
{
	assert_diff("a\n#b\n", "a\n#b\n", "");
	assert_diff("", "x = 1\n", "+ x = 1\n");
	assert_diff("x = 1\n", "", "- x = 1\n");
	assert_diff("#a\n#b\n#c\n#d\n#e\n", "#a\n#b\n#x\n#d\n#e\n", "  #b\n- #c\n+ #x\n  #d\n");
	assert_diff("[a]\r\nx = 1\r\n", "[a]\r\nx = 2\r\n", "  [a]\n- x = 1\n+ x = 2\n");
	assert_diff("[a]\n[b]\n", "[b]\n[a]\n", "- [a]\n  [b]\n+ [a]\n");
}

TEST(a_difference_shows_no_secret)
{
	assert_diff("", "api_key = \"" SECRET "\"\n", "+ api_key = \"sk-ant-...wxyz\"\n");
	assert_diff("", "headers.X = '" SECRET "'\n", "+ headers.X = ...\n");
	assert_diff("", "# api_key = \"" SECRET "\" # old\n", "+ # api_key = \"sk-ant-...wxyz\"\n");
	assert_diff("", "api_key = \"\"\"\n" SECRET "\"\"\"\n", "+ api_key = \"(set, 0 characters)\"\n+ ...\n");
	assert_diff("", "api_key_env = \"OTHER\"\nkeep_alive_key = 5\n",
		"+ api_key_env = \"OTHER\"\n+ keep_alive_key = 5\n");
}

/* Rebuilds the new text from the old one: lines of a kind that are never hidden. */
TEST(a_difference_is_whole)
{
	for (uint64_t i = 1; i <= 300; i++) {
		uint64_t seed = i * 0x9E3779B97F4A7C15u;
		own_buf old = BUF_INIT(1 << 16), fresh = BUF_INIT(1 << 16), out = BUF_INIT(1 << 16);
		struct buf *texts[2] = { &old, &fresh };
		size_t lines[2] = { random_below(&seed, 12), random_below(&seed, 12) }, shown[2] = {0};
		for (int t = 0; t < 2; t++)
			for (size_t j = 0; j < lines[t]; j++)
				buf_putf(texts[t], "#%u\n", random_below(&seed, 4));
		setup_diff(&out, buf_str(&old), buf_str(&fresh));
		struct str line;
		for (struct str rest = buf_str(&out); rest.n && str_split(&rest, '\n', &line); ) {
			shown[0] += *line.p == '-';
			shown[1] += *line.p == '+';
		}
		assert_int_equal(lines[0] - shown[0], lines[1] - shown[1]);      /* those that both have */
		bool equal = str_equal(buf_str(&old), buf_str(&fresh));
		assert_int_equal(equal, out.len == 0);
	}
}

TEST(an_entry_is_one_line)
{
	static const char *const entries[][2] = {
		{ "{\"provider\":\"claude\",\"model\":\"opus\",\"api_key\":\"" SECRET "\"}",
			"Claude, opus, key sk-ant-...wxyz" },
		{ "{\"provider\":\"x\",\"name\":\"n\",\"base_url\":\"http://"
			"h\",\"api_key_env\":\"K\",\"enabled\":false}",
			"n: x, no model, key in K, at http://h, off" },
		{ "{}", "no provider, no model" },
	};

	for (size_t i = 0; i < countof(entries); i++) {
		own_json *entry = json_loads(entries[i][0], 0, NULL);
		own_mem char *line = setup_entry(entry);
		assert_string_equal(line, entries[i][1]);
	}
}

TEST(a_key_is_one_printable_word)
{
	assert_null(setup_key_problem(SECRET));
	assert_non_null(setup_key_problem(""));
	assert_non_null(setup_key_problem("sk ant"));
	assert_non_null(setup_key_problem("sk-\xC3\xA4"));
	assert_non_null(setup_key_problem("sk-\033[A"));
}

TEST(texts_are_cut_to_columns_and_not_inside_a_character)
{
	struct str wide = STR("a\xE4\xB8\xAD\xD7\xA9z");

	assert_int_equal(ui_columns(wide), 5);
	assert_int_equal(ui_fit(wide, 5), wide.n);
	assert_int_equal(ui_fit(wide, 4), wide.n - 1);
	assert_int_equal(ui_fit(wide, 2), 1);
	assert_int_equal(ui_fit(wide, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_difference_shows_what_goes_and_comes_and_a_line_around_it),
		cmocka_unit_test(a_difference_shows_no_secret),
		cmocka_unit_test(a_difference_is_whole),
		cmocka_unit_test(an_entry_is_one_line),
		cmocka_unit_test(a_key_is_one_printable_word),
		cmocka_unit_test(texts_are_cut_to_columns_and_not_inside_a_character),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
