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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(white_space_is_trimmed_at_both_ends),
		cmocka_unit_test(splitting_gives_every_piece_once),
		cmocka_unit_test(a_start_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
