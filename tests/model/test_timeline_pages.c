/*
 * Timelines of a prepared model: many in one run, what others have computed,
 * memory that runs out.  Whatever the way, logits have the same bits.
 */
#include "model/timeline.h"

#include <dirent.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "kernel/cpu.h"
#include "model/pool.h"

#define FOLDER "pages_test.tmp"
#include "model/prepared_engine.h"

TEST(an_engine_says_what_runs_it_and_why)
{
	struct error err = {0};
	own_engine *e = open_engine(10, 2);
	const struct engine_info *info = engine_info(e);

	assert_true(info->prepared);
	assert_string_equal(info->reason, "the test says so");
	assert_non_null(strstr(info->runtime, "own kernels"));
	assert_int_equal(info->vocabulary, VOCAB);
	assert_int_equal(info->token_bytes, PAGE_BYTES_PER_TOKEN);
	assert_int_equal(info->context, 10 * PAGE_TOKENS);    /* what the memory holds */
	assert_ok(file_write(PREPARED, (struct str)STR("no prepared file"), 0600, &err));
	const struct engine_options options = { .threads = 1, .prepared = PREPARED };
	own_engine *original = engine_open(FOLDER, &options, &err);
	assert_non_null(original);
	assert_false(engine_info(original)->prepared);
	assert_non_null(strstr(engine_info(original)->reason, "prepared"));
	assert_int_equal(engine_info(original)->context, shape.context);
}

TEST(an_engine_names_every_set_of_instructions)
{
	enum isa before = kernel_isa();

	for (enum isa i = 0; i < ISA_COUNT; i++) {
		if (!kernel_isa_use(i))
			continue;
		own_engine *e = open_engine(10, 1);
		assert_non_null(engine_info(e)->runtime);
	}
	assert_true(kernel_isa_use(before));
}

TEST(timelines_that_advance_together_have_the_bits_of_each_alone)
{
	enum { MANY = 5, LENGTH = 90 };
	struct error err = {0};
	static int32_t tokens[MANY][LENGTH];
	static float bits[MANY][VOCAB];
	struct timeline *t[MANY];
	struct advance list[MANY];

	srand(1);
	for (int i = 0; i < MANY; i++) {
		random_tokens(tokens[i], LENGTH);
		known_bits(tokens[i], LENGTH - (size_t)i, bits[i]);
	}
	own_engine *e = open_engine(100, 2);
	for (int i = 0; i < MANY; i++) {
		t[i] = timeline_create(e, &err);
		assert_ok(timeline_begin(t[i], tokens[i], LENGTH - (size_t)i, &err));
	}
	for (size_t left = MANY; left; ) {
		size_t count = 0;
		for (int i = 0; i < MANY; i++)
			if (timeline_pending(t[i]) && rand() % 3)
				list[count++] = (struct advance){ .timeline = t[i], .tokens = 1 + (size_t)rand() % 20,
					.logits = 1 };
		timelines_advance(list, count);
		for (size_t i = 0; i < count; i++) {
			assert_true(list[i].ok);
			for (int k = 0; k < MANY; k++)
				if (t[k] == list[i].timeline && !timeline_pending(t[k])) {
					expect_bits(t[k], bits[k]);
					left--;
				}
		}
	}
	for (int i = 0; i < MANY; i++)
		timeline_destroy(t[i]);
}

TEST(several_logits_of_one_run_are_those_of_single_ones)
{
	struct error err = {0};
	int32_t tokens[50];
	static float bits[4][VOCAB];

	srand(2);
	random_tokens(tokens, 50);
	for (size_t i = 0; i < 4; i++)
		known_bits(tokens, 50 - i, bits[i]);
	own_engine *e = open_engine(100, 2);
	own_timeline *t = timeline_create(e, &err);
	struct advance one = { .timeline = t, .tokens = 50, .logits = 4 };
	assert_ok(timeline_begin(t, tokens, 50, &err));
	timelines_advance(&one, 1);
	assert_true(one.ok);
	for (size_t i = 0; i < 4; i++)
		assert_memory_equal(timeline_logits_at(t, i), bits[i], sizeof bits[i]);
	assert_null(timeline_logits_at(t, 4));
	timeline_truncate(t, 48);
	assert_null(timeline_logits(t));
	assert_ok(timeline_push(t, tokens[48], &err));
	finish(t, 1);
	expect_bits(t, bits[1]);
}

TEST(what_another_timeline_computed_is_found)
{
	struct error err = {0};
	int32_t tokens[200];
	float bits[VOCAB];

	srand(3);
	random_tokens(tokens, 200);
	known_bits(tokens, 200, bits);
	own_engine *e = open_engine(100, 2);
	struct timeline *first = timeline_create(e, &err);
	assert_ok(timeline_begin(first, tokens, 150, &err));
	finish(first, 64);
	timeline_destroy(first);
	own_timeline *t = timeline_create(e, &err);
	assert_ok(timeline_begin(t, tokens, 200, &err));
	assert_in_range(timeline_length(t), 128, 150);
	finish(t, 64);
	expect_bits(t, bits);
	assert_ok(timeline_begin(t, tokens, 200, &err));
	assert_int_equal(timeline_pending(t), 0);
	expect_bits(t, bits);
	own_timeline *fork = timeline_fork(t, 180, &err);
	assert_ok(timeline_begin(fork, tokens, 200, &err));
	finish(fork, 1);
	expect_bits(fork, bits);
	assert_ok(timeline_begin(t, tokens, 200, &err));    /* another has run meanwhile: its logits are gone */
	assert_int_equal(timeline_pending(t), 1);
}

TEST(what_another_computes_after_a_timeline_began_is_found_too)
{
	struct error err = {0};
	int32_t tokens[200];
	float bits[VOCAB];

	srand(9);
	random_tokens(tokens, 200);
	known_bits(tokens, 200, bits);
	own_engine *e = open_engine(100, 2);
	own_timeline *a = timeline_create(e, &err), *b = timeline_create(e, &err);
	assert_ok(timeline_begin(a, tokens, 199, &err));
	assert_ok(timeline_begin(b, tokens, 200, &err));
	assert_ok(timeline_advance(b, 20, NULL, &err));
	finish(a, 64);
	assert_int_equal(timeline_found(a), 0);
	assert_ok(timeline_advance(b, 1, NULL, &err));
	assert_in_range(timeline_found(b), 192 - 20, 199 - 20);
	finish(b, 64);
	expect_bits(b, bits);
	timeline_yield(b);
	size_t found = timeline_found(b);
	finish(b, 64);
	assert_int_equal(timeline_found(b), found);    /* its own work comes back: that was not found */
	expect_bits(b, bits);
}

TEST(a_timeline_that_yields_goes_on_later_with_the_same_bits)
{
	struct error err = {0};
	int32_t tokens[3][150];
	static float bits[3][VOCAB];

	srand(4);
	for (int i = 0; i < 3; i++) {
		random_tokens(tokens[i], 150);
		known_bits(tokens[i], 150, bits[i]);
	}
	own_engine *e = open_engine(7, 1);    /* 224 tokens */
	own_timeline *a = timeline_create(e, &err), *b = timeline_create(e, &err);
	assert_ok(timeline_begin(a, tokens[0], 150, &err));
	assert_ok(timeline_begin(b, tokens[1], 150, &err));
	struct advance both[] = { { .timeline = a, .tokens = 100, .logits = 1 },
		{ .timeline = b, .tokens = 100, .logits = 1 } };
	timelines_advance(both, 2);
	assert_true(both[0].ok);
	assert_true(both[1].ok || both[1].err.kind == ERROR_UNAVAILABLE);
	assert_false(timeline_advance(a, 100, NULL, &err) && timeline_advance(b, 100, NULL, &err) &&
		     timeline_advance(b, 100, NULL, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	timeline_yield(b);
	assert_int_equal(timeline_length(b), 0);
	finish(a, 100);
	expect_bits(a, bits[0]);
	timeline_yield(a);
	finish(b, 100);
	expect_bits(b, bits[1]);
}

TEST(the_pool_promises_only_what_is_there)
{
	struct error err = {0};
	int32_t tokens[3][150];

	srand(5);
	for (int i = 0; i < 3; i++)
		random_tokens(tokens[i], 150);
	own_engine *e = open_engine(14, 1);    /* 448 tokens: one prompt and its reserve, not two */
	own_pool *p = pool_create(e, 10, 0);
	struct timeline *a = pool_take(p, tokens[0], 150, &err);
	assert_non_null(a);
	assert_null(pool_take(p, tokens[1], 150, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	struct timeline *small = pool_take(p, tokens[1], 8, &err);
	assert_non_null(small);
	pool_give(p, small);
	assert_ok(timeline_begin(a, tokens[0], 150, &err));
	finish(a, 64);
	struct timeline *same = pool_take(p, tokens[0], 150, &err);   /* all but its end is shared */
	assert_non_null(same);
	pool_give(p, same);
	pool_give(p, a);
	assert_int_equal(pool_count(p), 0);
	a = pool_take(p, tokens[2], 150, &err);
	assert_non_null(a);
	pool_give(p, a);
}

TEST(a_parked_timeline_resumes_when_there_is_room)
{
	struct error err = {0};
	int32_t tokens[2][100];
	static float bits[VOCAB];

	srand(6);
	random_tokens(tokens[0], 100);
	random_tokens(tokens[1], 100);
	known_bits(tokens[1], 100, bits);
	own_engine *e = open_engine(12, 1);
	own_pool *p = pool_create(e, 10, 0);
	struct timeline *a = pool_take(p, tokens[0], 40, &err), *b = pool_take(p, tokens[1], 40, &err);
	assert_non_null(a);
	assert_non_null(b);
	assert_ok(timeline_begin(a, tokens[0], 100, &err));
	assert_ok(timeline_begin(b, tokens[1], 100, &err));
	finish(a, 64);
	finish(b, 64);
	pool_park(p, b);
	assert_false(pool_resume(p, b));     /* a has been promised too much */
	pool_give(p, a);
	assert_true(pool_resume(p, b));
	finish(b, 64);
	expect_bits(b, bits);
	pool_give(p, b);
}

TEST(memory_is_accounted_for_by_the_page)
{
	struct error err = {0};
	int32_t tokens[70];
	own_engine *e = open_engine(12, 1);
	size_t page = PAGE_TOKENS * PAGE_BYTES_PER_TOKEN;

	srand(7);
	random_tokens(tokens, 70);
	struct timeline *t = timeline_create(e, &err);
	size_t before = engine_memory(e).runs;
	assert_int_equal(engine_memory(e).used, 0);
	assert_int_equal(engine_memory(e).total, 12 * page);
	assert_ok(timeline_begin(t, tokens, 70, &err));
	finish(t, 64);
	assert_int_equal(engine_memory(e).used, 3 * page);
	assert_true(timeline_bytes(t) >= 3 * page);
	timeline_destroy(t);
	assert_int_equal(engine_memory(e).used, 0);
	assert_int_equal(engine_memory(e).cached, 3 * page);
	assert_in_range(engine_memory(e).runs - before, VOCAB * sizeof(float), 4 << 20);
}

/* ---- On disk ---- */

#define BEGINNINGS "pages_beginnings.tmp"

/* Opens an engine that keeps beginnings and computes a sequence, `keep` tokens of it to be kept; how many it found. */
static size_t run_program(const int32_t *tokens, size_t count, size_t keep, const float *bits, struct error *complaint)
{
	struct error err = {0};
	own_engine *e = open_engine(100, 1);
	own_timeline *t = timeline_create(e, &err);

	assert_ok(timeline_begin(t, tokens, count, &err));
	size_t found = timeline_length(t);
	timeline_keep(t, keep);
	finish(t, 50);
	expect_bits(t, bits);
	(void)engine_complaint(e, complaint);
	return found;
}

/* Empties the folder; with `damage`, changes a byte of each file instead. */
static void change_files(bool damage)
{
	DIR *d = opendir(BEGINNINGS);
	struct error err = {0};

	for (struct dirent *entry; d && (entry = readdir(d));) {
		own_mem char *path = path_join(BEGINNINGS, entry->d_name);
		size_t size;
		own_mem char *bytes = damage && entry->d_name[0] != '.' ? file_read(path, 1 << 20, &size, &err) : NULL;
		if (bytes) {
			bytes[size - 1] ^= 1;
			assert_ok(file_write(path, (struct str){ bytes, size }, 0600, &err));
		} else if (!damage) {
			(void)unlink(path);
		}
	}
	if (d)
		closedir(d);
}

TEST(a_beginning_to_be_kept_is_found_by_the_next_program_with_the_same_bits)
{
	int32_t tokens[300];
	float bits[VOCAB];
	struct error complaint = {0};

	random_tokens(tokens, 300);
	known_bits(tokens, 300, bits);
	beginnings = BEGINNINGS;
	change_files(false);
	assert_int_equal(run_program(tokens, 300, 200, bits, &complaint), 0);
	assert_int_equal(run_program(tokens, 300, 200, bits, &complaint), 192);
	assert_int_equal(complaint.kind, ERROR_NONE);
	change_files(true);
	assert_int_equal(run_program(tokens, 300, 0, bits, &complaint), 0);
	assert_non_null(strstr(complaint.text, "damaged"));
	change_files(false);
	beginnings = NULL;
}

TEST(pages_that_are_being_written_are_there_for_the_next_answer)
{
	int32_t tokens[300];
	struct error err = {0};

	beginnings = BEGINNINGS;
	own_engine *e = open_engine(10, 1);
	for (int i = 0; i < 6; i++) {
		own_timeline *t = timeline_create(e, &err);
		random_tokens(tokens, 300);
		assert_ok(timeline_begin(t, tokens, 300, &err));
		timeline_keep(t, 300);
		finish(t, 100);          /* all pages there are */
	}
	change_files(false);
	beginnings = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_engine_says_what_runs_it_and_why),
		cmocka_unit_test(an_engine_names_every_set_of_instructions),
		cmocka_unit_test(timelines_that_advance_together_have_the_bits_of_each_alone),
		cmocka_unit_test(several_logits_of_one_run_are_those_of_single_ones),
		cmocka_unit_test(what_another_timeline_computed_is_found),
		cmocka_unit_test(what_another_computes_after_a_timeline_began_is_found_too),
		cmocka_unit_test(a_timeline_that_yields_goes_on_later_with_the_same_bits),
		cmocka_unit_test(the_pool_promises_only_what_is_there),
		cmocka_unit_test(a_parked_timeline_resumes_when_there_is_room),
		cmocka_unit_test(memory_is_accounted_for_by_the_page),
		cmocka_unit_test(pages_that_are_being_written_are_there_for_the_next_answer),
		cmocka_unit_test(a_beginning_to_be_kept_is_found_by_the_next_program_with_the_same_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
