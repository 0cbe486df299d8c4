#include "model/pool.h"

#include "support/models.h"
#include "support/test.h"

enum { A = 100, B = 200, C = 300 };   /* three conversations: every token of one is the same */

struct world {
	struct engine *engine;
	struct pool *pool;
};

static void set_up(struct world *w, size_t most, size_t bytes)
{
	struct error err = {0};
	const struct engine_options options = { .threads = 1 };

	assert_ok(model_write("pool_test.tmp", &(struct model_shape){ MODEL_TINY, .attention = ATTENTION_GQA }, &err));
	w->engine = engine_open("pool_test.tmp", &options, &err);
	if (!w->engine)
		fail_msg("%s", err.text);
	w->pool = pool_create(w->engine, most, bytes);
}

static void tear_down(struct world *w)
{
	pool_destroy(w->pool);
	engine_release(w->engine);
}

#define own_world owns(tear_down) struct world

/* `shared` tokens that all conversations begin with, then the conversation's own. */
static size_t sequence(int32_t *tokens, size_t shared, int32_t kind, size_t own)
{
	for (size_t i = 0; i < shared + own; i++)
		tokens[i] = i < shared ? 1 : kind;
	return shared + own;
}

/* Takes a timeline for a conversation and computes it; how much was there goes to *reused. */
static struct timeline *take_for(struct world *w, size_t shared, int32_t kind, size_t own, size_t *reused)
{
	struct error err = {0};
	int32_t tokens[1024];
	size_t count = sequence(tokens, shared, kind, own);
	struct timeline *t = pool_take(w->pool, tokens, count, &err);

	if (!t)
		fail_msg("%s", err.text);
	assert_ok(timeline_begin(t, tokens, count, &err));
	*reused = count - timeline_pending(t);
	while (timeline_pending(t))
		assert_ok(timeline_advance(t, 512, NULL, &err));
	return t;
}

static size_t converse(struct world *w, size_t shared, int32_t kind, size_t own)
{
	size_t reused;

	pool_give(w->pool, take_for(w, shared, kind, own, &reused));
	return reused;
}

TEST(a_conversation_finds_its_own_timeline_again)
{
	own_world w;

	set_up(&w, 4, 0);
	assert_int_equal(converse(&w, 0, A, 30), 0);
	assert_int_equal(converse(&w, 0, B, 40), 0);
	assert_int_equal(converse(&w, 0, A, 50), 30);
	assert_int_equal(converse(&w, 0, B, 60), 40);
	assert_int_equal(pool_count(w.pool), 2);
}

TEST(a_common_beginning_is_copied_and_the_original_stays)
{
	own_world w;

	set_up(&w, 4, 0);
	assert_int_equal(converse(&w, 20, A, 30), 0);
	assert_int_equal(converse(&w, 20, B, 30), 20);
	assert_int_equal(converse(&w, 20, A, 40), 50);
	assert_int_equal(pool_count(w.pool), 2);
}

TEST(a_beginning_can_be_copied_from_a_timeline_that_is_out)
{
	own_world w;
	size_t reused;

	set_up(&w, 4, 0);
	struct timeline *a = take_for(&w, 20, A, 30, &reused), *b = take_for(&w, 20, B, 30, &reused);
	assert_int_equal(reused, 20);
	assert_ptr_not_equal(a, b);
	pool_give(w.pool, a);
	pool_give(w.pool, b);
}

TEST(the_one_not_used_for_longest_makes_room)
{
	own_world w;

	set_up(&w, 2, 0);
	(void)converse(&w, 0, A, 30);
	(void)converse(&w, 0, B, 30);
	(void)converse(&w, 0, A, 31);
	(void)converse(&w, 0, C, 30);            /* instead of B */
	assert_int_equal(pool_count(w.pool), 2);
	assert_int_equal(converse(&w, 0, A, 32), 31);
	assert_int_equal(converse(&w, 0, B, 30), 0);
}

TEST(with_one_place_a_conversation_is_cut_back_to_the_common_beginning)
{
	own_world w;

	set_up(&w, 1, 0);
	(void)converse(&w, 20, A, 30);
	assert_int_equal(converse(&w, 20, B, 30), 20);
	assert_int_equal(pool_count(w.pool), 1);
}

TEST(when_all_are_out_the_caller_is_told_to_wait)
{
	own_world w;
	struct error err = {0};
	size_t reused;

	set_up(&w, 1, 0);
	struct timeline *a = take_for(&w, 0, A, 10, &reused);
	assert_null(pool_take(w.pool, (const int32_t[]){ B }, 1, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	pool_give(w.pool, a);
	assert_int_equal(converse(&w, 0, A, 12), 10);
}

TEST(memory_stays_under_the_ceiling)
{
	enum { CEILING = 400000 };       /* a conversation of 300 tokens takes 512 · 512 bytes */
	own_world w;

	set_up(&w, 8, CEILING);
	for (int32_t kind = A; kind < A + 5; kind++) {
		assert_int_equal(converse(&w, 0, kind, 300), 0);
		assert_true(pool_bytes(w.pool) <= CEILING);
	}
	assert_int_equal(converse(&w, 0, A + 4, 301), 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_conversation_finds_its_own_timeline_again),
		cmocka_unit_test(a_common_beginning_is_copied_and_the_original_stays),
		cmocka_unit_test(a_beginning_can_be_copied_from_a_timeline_that_is_out),
		cmocka_unit_test(the_one_not_used_for_longest_makes_room),
		cmocka_unit_test(with_one_place_a_conversation_is_cut_back_to_the_common_beginning),
		cmocka_unit_test(when_all_are_out_the_caller_is_told_to_wait),
		cmocka_unit_test(memory_stays_under_the_ceiling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
