#include "model/pages.h"

#include "base/mem.h"
#include "support/test.h"
#include "text/digest.h"

/*
 * Pages here hold one number a token: a digest of all tokens up to it, which is
 * what keys and values depend on.  A sequence that shows another number for one
 * of its tokens would have given a wrong answer.
 */
enum { PAGE_BYTES = PAGE_TOKENS * sizeof(uint64_t) };

static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static uint64_t after(uint64_t digest, int32_t token)
{
	return digest_fold(digest ^ (uint64_t)(uint32_t)token ^ DIGEST_A, DIGEST_B);
}

static uint64_t *slot_of(const struct sequence *s, size_t token)
{
	return (uint64_t *)sequence_pages(s)[token / PAGE_TOKENS] + token % PAGE_TOKENS;
}

static void check_content(const struct sequence *s, uint32_t world)
{
	uint64_t digest = world;

	for (size_t i = 0; i < sequence_length(s); i++) {
		digest = after(digest, sequence_tokens(s)[i]);
		if (*slot_of(s, i) != digest)
			fail_msg("token %zu of %zu has another sequence's values", i, sequence_length(s));
	}
}

/* As a forward pass would: reserve, write, extend.  False when the pool is full. */
static bool compute(struct sequence *s, uint32_t world, const int32_t *tokens, size_t count)
{
	struct error err = {0};
	uint64_t digest = world;

	if (!sequence_reserve(s, count, &err))
		return false;
	for (size_t i = 0; i < sequence_length(s); i++)
		digest = after(digest, sequence_tokens(s)[i]);
	for (size_t i = 0; i < count; i++)
		*slot_of(s, sequence_length(s) + i) = digest = after(digest, tokens[i]);
	sequence_extend(s, tokens, count);
	return true;
}

static void fill(int32_t *tokens, size_t count, int32_t first)
{
	for (size_t i = 0; i < count; i++)
		tokens[i] = first + (int32_t)i;
}

static void assert_usage(const struct page_pool *p, size_t used, size_t cached)
{
	struct page_usage u = page_pool_usage(p);

	assert_int_equal(u.used, used);
	assert_int_equal(u.cached, cached);
}

TEST(a_later_sequence_finds_what_an_earlier_computed)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 100 * PAGE_BYTES);
	struct sequence *first = sequence_create(p, 0);
	int32_t tokens[100];

	fill(tokens, 100, 1);
	assert_int_equal(sequence_begin(first, tokens, 100), 0);
	assert_true(compute(first, 0, tokens, 100));
	assert_usage(p, 4, 0);
	own_sequence *beside = sequence_create(p, 0);
	assert_int_equal(sequence_begin(beside, tokens, 99), 96);        /* the whole pages, shared */
	assert_ptr_equal(sequence_pages(beside)[2], sequence_pages(first)[2]);
	assert_usage(p, 4, 0);
	sequence_destroy(first);
	assert_usage(p, 3, 1);
	own_sequence *later = sequence_create(p, 0);
	assert_int_equal(page_pool_find(p, 0, tokens, 99), 99);
	assert_int_equal(sequence_begin(later, tokens, 99), 99);         /* and a copy of the last, partial one */
	check_content(later, 0);
	assert_usage(p, 4, 1);
}

TEST(a_page_is_shared_in_part_by_copying_it)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 100 * PAGE_BYTES);
	own_sequence *a = sequence_create(p, 0), *b = sequence_create(p, 0);
	int32_t tokens[64], other[64];

	fill(tokens, 64, 1);
	fill(other, 64, 1);
	other[40] = 999;
	assert_true(compute(a, 0, tokens, 64));
	assert_int_equal(sequence_begin(b, other, 64), 40);
	assert_ptr_equal(sequence_pages(a)[0], sequence_pages(b)[0]);
	assert_ptr_not_equal(sequence_pages(a)[1], sequence_pages(b)[1]);
	assert_true(compute(b, 0, other + 40, 24));
	check_content(a, 0);
	check_content(b, 0);
}

TEST(worlds_share_nothing)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 100 * PAGE_BYTES);
	own_sequence *a = sequence_create(p, 1), *b = sequence_create(p, 2);
	int32_t tokens[64];

	fill(tokens, 64, 1);
	assert_true(compute(a, 1, tokens, 64));
	assert_int_equal(sequence_begin(b, tokens, 64), 0);
	assert_int_equal(page_pool_find(p, 2, tokens, 64), 0);
	assert_int_equal(page_pool_find(p, 1, tokens, 64), 64);
}

TEST(what_two_compute_at_once_is_kept_once)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 100 * PAGE_BYTES);
	own_sequence *a = sequence_create(p, 0), *b = sequence_create(p, 0);
	int32_t tokens[64];

	fill(tokens, 64, 1);
	assert_true(compute(a, 0, tokens, 64));
	assert_true(compute(b, 0, tokens, 64));
	assert_usage(p, 2, 0);
	assert_ptr_equal(sequence_pages(a)[1], sequence_pages(b)[1]);
}

TEST(a_fork_shares_until_one_of_the_two_writes)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 100 * PAGE_BYTES);
	own_sequence *a = sequence_create(p, 0);
	int32_t tokens[64], other[2] = { 7, 8 };

	fill(tokens, 64, 1);
	assert_true(compute(a, 0, tokens, 50));
	own_sequence *b = sequence_fork(a, 45);
	assert_usage(p, 2, 0);
	assert_true(compute(b, 0, other, 2));
	assert_usage(p, 3, 0);
	assert_true(compute(a, 0, tokens + 50, 1));
	check_content(a, 0);
	check_content(b, 0);
	assert_int_equal(sequence_length(b), 47);
}

TEST(guesses_taken_back_behind_the_end_of_a_page_cost_no_copy)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 100 * PAGE_BYTES);
	own_sequence *s = sequence_create(p, 0);
	int32_t tokens[70], other[4] = { 9, 9, 9, 9 };

	fill(tokens, 70, 1);
	assert_true(compute(s, 0, tokens, 62));
	assert_true(compute(s, 0, tokens + 62, 4));
	void *page = sequence_pages(s)[1];
	sequence_truncate(s, 63);
	assert_true(compute(s, 0, other, 4));
	assert_ptr_equal(sequence_pages(s)[1], page);
	check_content(s, 0);
	assert_int_equal(page_pool_find(p, 0, tokens, 66), 63);
}

/* But not when somebody else reads them. */
TEST(a_page_that_others_hold_or_build_on_is_copied)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 100 * PAGE_BYTES);
	own_sequence *a = sequence_create(p, 0), *b = sequence_create(p, 0);
	int32_t tokens[96], other[1] = { 9 };

	fill(tokens, 96, 1);
	assert_true(compute(a, 0, tokens, 96));
	assert_int_equal(sequence_begin(b, tokens, 64), 64);
	sequence_truncate(a, 50);
	assert_true(compute(a, 0, other, 1));
	check_content(a, 0);
	check_content(b, 0);
	assert_int_equal(page_pool_find(p, 0, tokens, 96), 96);
}

TEST(a_full_pool_gives_up_what_was_used_longest_ago)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 4 * PAGE_BYTES);
	int32_t a[64], b[64], c[64];

	fill(a, 64, 100);
	fill(b, 64, 200);
	fill(c, 64, 300);
	for (int i = 0; i < 2; i++) {
		own_sequence *s = sequence_create(p, 0);
		assert_true(compute(s, 0, i ? b : a, 64));
	}
	assert_usage(p, 0, 4);
	{
		own_sequence *s = sequence_create(p, 0);
		assert_int_equal(sequence_begin(s, a, 64), 64);          /* a was used last */
	}
	own_sequence *s = sequence_create(p, 0);
	assert_true(compute(s, 0, c, 33));
	assert_usage(p, 2, 2);
	assert_int_equal(page_pool_find(p, 0, a, 64), 64);
	assert_int_equal(page_pool_find(p, 0, b, 64), 0);
	assert_int_equal(page_pool_usage(p).evicted, 2);
}

TEST(a_page_that_was_copied_counts_as_used)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 3 * PAGE_BYTES);
	int32_t a[20], b[20], c[64];

	fill(a, 20, 100);
	fill(b, 20, 200);
	fill(c, 64, 300);
	for (int i = 0; i < 2; i++) {
		own_sequence *s = sequence_create(p, 0);
		assert_true(compute(s, 0, i ? b : a, 20));
	}
	own_sequence *reader = sequence_create(p, 0), *other = sequence_create(p, 0);
	assert_int_equal(sequence_begin(reader, a, 20), 20);
	assert_usage(p, 1, 2);
	assert_true(compute(other, 0, c, 32));
	assert_usage(p, 2, 1);
	sequence_truncate(reader, 0);
	assert_int_equal(page_pool_find(p, 0, a, 20), 20);
	assert_int_equal(page_pool_find(p, 0, b, 20), 0);
}

TEST(a_pool_full_of_sequences_refuses_and_changes_nothing)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 3 * PAGE_BYTES);
	own_sequence *a = sequence_create(p, 0), *b = sequence_create(p, 0);
	struct error err = {0};
	int32_t tokens[96];

	fill(tokens, 96, 1);
	assert_true(compute(a, 0, tokens, 64));
	assert_int_equal(page_pool_available(p), 1);
	assert_false(sequence_reserve(b, 33, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_int_equal(sequence_page_count(b), 0);
	assert_usage(p, 2, 0);
	assert_true(sequence_reserve(b, 32, &err));
	assert_usage(p, 3, 0);
	sequence_truncate(b, 0);
	assert_usage(p, 2, 0);
}

TEST(memory_nobody_holds_goes_back_to_the_system)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 100 * PAGE_BYTES);
	struct sequence *s = sequence_create(p, 0);
	int32_t tokens[96];

	fill(tokens, 96, 1);
	assert_int_equal(page_pool_usage(p).idle, 0);            /* nothing is taken before it is needed */
	assert_true(compute(s, 0, tokens, 96));
	page_pool_forget(p);
	assert_false(page_pool_trim(p));
	sequence_destroy(s);
	assert_usage(p, 0, 3);
	page_pool_forget(p);
	assert_usage(p, 0, 0);
	assert_true(page_pool_trim(p));
	assert_int_equal(page_pool_usage(p).idle, 0);
	assert_false(page_pool_trim(p));
	own_sequence *again = sequence_create(p, 0);
	assert_int_equal(sequence_begin(again, tokens, 96), 0);
	assert_true(compute(again, 0, tokens, 96));
}

TEST(a_longer_page_replaces_a_shorter_one_that_says_no_more)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 100 * PAGE_BYTES);
	int32_t tokens[64];

	fill(tokens, 64, 1);
	for (size_t length = 33; length < 64; length += 5) {
		own_sequence *s = sequence_create(p, 0);
		(void)sequence_begin(s, tokens, length);
		assert_true(compute(s, 0, tokens + sequence_length(s), length - sequence_length(s)));
	}
	assert_usage(p, 0, 2);
	assert_int_equal(page_pool_find(p, 0, tokens, 64), 63);
}

/* ---- Anything, in any order ---- */

enum { SEQUENCES = 6, LENGTH_MAX = 200 };

struct player {
	struct sequence *sequence;
	uint32_t world;
};

/* Tokens of a small alphabet that branches now and then, so that much is shared. */
static void any_tokens(int32_t *tokens)
{
	for (size_t i = 0; i < LENGTH_MAX; i++)
		tokens[i] = any(40) ? 1 : (int32_t)any(3);
}

static void play(struct page_pool *p, struct player *players)
{
	struct player *one = &players[any(SEQUENCES)], *other = &players[any(SEQUENCES)];
	int32_t tokens[LENGTH_MAX];

	any_tokens(tokens);
	if (!one->sequence) {
		one->world = any(2);
		one->sequence = sequence_create(p, one->world);
	}
	size_t length = sequence_length(one->sequence), found, most = LENGTH_MAX - length;
	switch (any(8)) {
	case 0:
		sequence_destroy(take(one->sequence));
		break;
	case 1:
		sequence_truncate(one->sequence, any((uint32_t)length + 1));
		break;
	case 2:
	case 3:
		found = page_pool_find(p, one->world, tokens, LENGTH_MAX);
		length = sequence_begin(one->sequence, tokens, LENGTH_MAX);
		assert_true(length >= found / PAGE_TOKENS * PAGE_TOKENS);
		assert_memory_equal(sequence_tokens(one->sequence), tokens, length * sizeof *tokens);
		break;
	case 4:
		if (other->sequence)
			break;
		other->world = one->world;
		other->sequence = sequence_fork(one->sequence, any((uint32_t)length + 1));
		break;
	case 5:
		if (any(10) == 0)
			page_pool_forget(p);
		(void)page_pool_trim(p);
		break;
	default:
		(void)compute(one->sequence, one->world, tokens, any((uint32_t)(most < 70 ? most : 70) + 1));
	}
}

/* Pages counted one by one must be what the books say. */
static void check_books(const struct page_pool *p, const struct player *players)
{
	void *seen[SEQUENCES * (LENGTH_MAX + PAGE_TOKENS) / PAGE_TOKENS];
	struct page_usage u = page_pool_usage(p);
	size_t count = 0;

	for (size_t i = 0; i < SEQUENCES; i++)
		for (size_t j = 0, n = players[i].sequence ? sequence_page_count(players[i].sequence) : 0; j < n; j++) {
			void *page = sequence_pages(players[i].sequence)[j];
			size_t k = 0;
			while (k < count && seen[k] != page)
				k++;
			seen[k] = page;
			count += k == count;
		}
	assert_int_equal(u.used, count);
	assert_true(u.used + u.cached <= u.ceiling && u.used + u.cached + u.idle <= u.ceiling);
	assert_int_equal(page_pool_available(p), u.ceiling - u.used);
}

TEST(whatever_happens_every_sequence_keeps_its_own_values)
{
	for (uint32_t round = 0; round < 20; round++) {
		seed = round * 7919 + 1;
		own_page_pool *p = page_pool_create(PAGE_BYTES, (4 + any(40)) * PAGE_BYTES);
		struct player players[SEQUENCES] = {0};
		for (int i = 0; i < 3000; i++) {
			play(p, players);
			check_books(p, players);
			for (size_t j = 0; j < SEQUENCES; j++)
				if (players[j].sequence)
					check_content(players[j].sequence, players[j].world);
		}
		for (size_t j = 0; j < SEQUENCES; j++)
			sequence_destroy(players[j].sequence);
		assert_int_equal(page_pool_usage(p).used, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_later_sequence_finds_what_an_earlier_computed),
		cmocka_unit_test(a_page_is_shared_in_part_by_copying_it),
		cmocka_unit_test(worlds_share_nothing),
		cmocka_unit_test(what_two_compute_at_once_is_kept_once),
		cmocka_unit_test(a_fork_shares_until_one_of_the_two_writes),
		cmocka_unit_test(guesses_taken_back_behind_the_end_of_a_page_cost_no_copy),
		cmocka_unit_test(a_page_that_others_hold_or_build_on_is_copied),
		cmocka_unit_test(a_full_pool_gives_up_what_was_used_longest_ago),
		cmocka_unit_test(a_page_that_was_copied_counts_as_used),
		cmocka_unit_test(a_pool_full_of_sequences_refuses_and_changes_nothing),
		cmocka_unit_test(memory_nobody_holds_goes_back_to_the_system),
		cmocka_unit_test(a_longer_page_replaces_a_shorter_one_that_says_no_more),
		cmocka_unit_test(whatever_happens_every_sequence_keeps_its_own_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
