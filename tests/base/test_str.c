#include "base/str.h"

#include "support/test.h"

TEST(white_space_is_trimmed_at_both_ends)
{
	assert_true(str_is(str_trim(str_of(" \t a b\r\n")), "a b"));
	assert_true(str_is(str_trim(str_of("  ")), ""));
	assert_true(str_is(str_trim((struct str){0}), ""));
}

TEST(splitting_gives_every_piece_once)
{
	struct str rest = str_of("a,,b,"), piece;
	char seen[20] = "";

	while (str_split(&rest, ',', &piece)) {
		strncat(seen, piece.p, piece.n);
		strcat(seen, "|");
	}
	assert_string_equal(seen, "a||b||");
}

TEST(a_start_is_found)
{
	assert_true(str_starts(str_of("abc"), str_of("ab")));
	assert_true(str_starts(str_of("abc"), str_of("")));
	assert_false(str_starts(str_of("a"), str_of("ab")));
}

TEST(an_end_is_found)
{
	assert_true(str_ends(str_of("abc"), "bc"));
	assert_true(str_ends((struct str){0}, ""));
	assert_false(str_ends(str_of("bc"), "abc"));
	assert_false(str_ends(str_of("abcd"), "bc"));
}

TEST(capitals_and_small_letters_are_alike_where_asked)
{
	assert_true(str_is_like(str_of("UTF-8"), "utf-8"));
	assert_false(str_is_like(str_of("UTF-8x"), "utf-8"));
	assert_false(str_is_like(str_of("UTF"), "utf-8"));
	assert_true(str_starts_like(str_of("HTTP://x"), "http://"));
	assert_false(str_starts_like(str_of("HTTP"), "http://"));
	assert_true(str_starts_like((struct str){0}, ""));
}

TEST(one_of_several_names_is_the_whole_of_it)
{
	static const char *const names[] = { "one", "two", NULL };

	assert_true(str_is_among(str_of("two"), names));
	assert_false(str_is_among(str_of("tw"), names));
	assert_false(str_is_among(str_of("three"), names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(white_space_is_trimmed_at_both_ends),
		cmocka_unit_test(splitting_gives_every_piece_once),
		cmocka_unit_test(a_start_is_found),
		cmocka_unit_test(an_end_is_found),
		cmocka_unit_test(capitals_and_small_letters_are_alike_where_asked),
		cmocka_unit_test(one_of_several_names_is_the_whole_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
