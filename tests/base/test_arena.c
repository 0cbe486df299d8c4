#include "base/arena.h"

#include "support/test.h"

TEST(memory_is_zeroed_and_aligned)
{
	own_arena a = ARENA_INIT(1 << 20);

	for (size_t size = 1; size < 9000; size = size * 3 + 1) {
		char *p = arena_alloc(&a, size);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 'x', size);
	}
}

TEST(nothing_is_given_past_the_ceiling)
{
	own_arena a = ARENA_INIT(100);

	assert_non_null(arena_alloc(&a, 60));
	assert_null(arena_alloc(&a, 41));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_non_null(arena_alloc(&a, 40));
}

TEST(copies_end_with_nul)
{
	own_arena a = ARENA_INIT(100);

	assert_string_equal(arena_copy(&a, (struct str){ "abcdef", 3 }), "abc");
	assert_string_equal(arena_copy(&a, (struct str){0}), "");
}

TEST(it_knows_what_it_holds)
{
	own_arena a = ARENA_INIT(1 << 20);

	assert_int_equal(arena_held(&a), 0);
	assert_non_null(arena_alloc(&a, 1));
	size_t least = arena_held(&a);
	assert_in_range(least, 1, 8192);
	assert_non_null(arena_alloc(&a, 100000));
	assert_in_range(arena_held(&a), least + 100000, least + 110000);
	arena_done(&a);
	assert_int_equal(arena_held(&a), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(nothing_is_given_past_the_ceiling),
		cmocka_unit_test(copies_end_with_nul),
		cmocka_unit_test(it_knows_what_it_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
