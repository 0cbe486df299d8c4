/*
 * Timelines over real ONNX files with random weights, against a plain forward
 * pass in double precision (tests/support/forward.h).
 */
#include "model/timeline.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <math.h>
#include <pthread.h>
#include <time.h>

#include "base/mem.h"
#include "base/sys.h"
#include "support/forward.h"
#include "support/test.h"

enum { VOCAB = 640, LENGTH = 40 };

static struct engine *open_engine(const struct model_shape *shape, struct error *err)
{
	static int number;
	own_mem char *dir = mem_printf("timeline_model_%d.tmp", number++);
	static const char *const precisions[] = {
		[PRECISION_FLOAT32] = "fp32",
		[PRECISION_FLOAT16] = "fp16",
		[PRECISION_INT8] = "int8",
		[PRECISION_Q4] = "q4",
		[PRECISION_Q4F16] = "q4f16",
	};
	const struct engine_options options = { .threads = 1, .precision = precisions[shape->precision] };

	return model_write(dir, shape, err) ? engine_open(dir, &options, err) : NULL;
}

static void random_tokens(int32_t *tokens, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tokens[i] = rand() % VOCAB;
}

/* Largest difference, in units of the logits' own spread. */
static double distance(const float *a, const float *b)
{
	double worst = 0, sum = 0;

	for (size_t i = 0; i < VOCAB; i++) {
		worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
		sum += (double)b[i] * (double)b[i];
	}
	return worst / sqrt(sum / VOCAB);
}

static void finish(struct timeline *t, size_t chunk)
{
	struct error err = {0};

	while (timeline_pending(t))
		assert_ok(timeline_advance(t, chunk, NULL, &err));
	assert_non_null(timeline_logits(t));
}

/* The slow pass, given the same pieces. */
static void slow(struct forward *f, const int32_t *tokens, size_t count, float *logits)
{
	int64_t ids[LENGTH];
	own_mem float *all = mem_zeroed(count * VOCAB, sizeof *all);

	for (size_t i = 0; i < count; i++)
		ids[i] = tokens[i];
	forward_run(f, ids, count, all);
	memcpy(logits, all + (count - 1) * VOCAB, VOCAB * sizeof *logits);
}

/*
 * Seen: 0.007 in float16, 4e-6 otherwise, mostly in int8 too.  But there an
 * activation near the middle between two levels may be rounded the other way when
 * its last bits differ, as they do from run to run of ONNX Runtime, and moves what
 * comes after it by whole levels.  Of 1,500 slow passes over random tokens whose
 * activations were off by up to 1e-6, one in ten ended 0.06 away, one in a hundred
 * 0.1, none 0.16.  What is wrong is 1 or more away.
 */
static double tolerance(enum precision precision)
{
	static const double tolerances[PRECISION_COUNT] = {
		[PRECISION_FLOAT32] = 5e-5, [PRECISION_FLOAT16] = 0.03, [PRECISION_INT8] = 0.25, [PRECISION_Q4] = 5e-5,
		[PRECISION_Q4F16] = 0.03,
	};

	return tolerances[precision];
}

/* A prompt in pieces, then a few tokens one at a time: every logits vector must be the slow pass's. */
static void compare(const struct model_shape *shape, size_t chunk)
{
	enum { PROMPT = 29 };
	struct error err = {0};
	int32_t tokens[LENGTH];
	float wanted[VOCAB];
	own_engine *e = open_engine(shape, &err);
	own_forward *f = forward_create(shape);

	if (!e)
		fail_msg("%s", err.text);
	own_timeline *t = timeline_create(e, &err);
	random_tokens(tokens, LENGTH);
	assert_ok(timeline_begin(t, tokens, PROMPT, &err));
	for (size_t done = 0, n; done < LENGTH; done += n) {
		n = done >= PROMPT ? 1 : chunk < PROMPT - done ? chunk : PROMPT - done;
		if (done >= PROMPT)
			assert_ok(timeline_push(t, tokens[done], &err));
		assert_ok(timeline_advance(t, chunk, NULL, &err));
		slow(f, tokens + done, n, wanted);
		assert_int_equal(timeline_length(t), done + n);
		if (timeline_pending(t))
			continue;
		double d = distance(timeline_logits(t), wanted);
		if (!(d < tolerance(shape->precision)))
			fail_msg("attention %d, precision %d, token %zu: %g off", shape->attention, shape->precision,
				done, d);
	}
}

TEST(logits_are_those_of_the_slow_pass_for_every_attention_and_precision)
{
	srand(1);
	for (int attention = ATTENTION_PLAIN; attention <= ATTENTION_GQA; attention++)
		for (int precision = 0; precision < PRECISION_COUNT; precision++)
			for (size_t chunk = 7; chunk <= 100; chunk += 93)
				compare(&(struct model_shape){ MODEL_TINY, .attention = (enum attention_form)attention,
							       .precision = (enum precision)precision }, chunk);
}

TEST(logits_are_right_with_position_ids_last_logits_packed_projections_and_external_weights)
{
	const struct model_shape shapes[] = {
		{ MODEL_TINY, .position_ids = true },
		{ MODEL_TINY, .last_logits = true },
		{ MODEL_TINY, .external = true, .separate_head = true, .precision = PRECISION_Q4 },
		{ MODEL_TINY, .attention = ATTENTION_GQA, .position_ids = true, .last_logits = true },
		{ MODEL_TINY, .attention = ATTENTION_GQA, .packed_qkv = true, .precision = PRECISION_Q4F16,
			.last_logits = true },
	};

	srand(2);
	for (size_t i = 0; i < countof(shapes); i++)
		compare(&shapes[i], 10);
}

/* ---- Reuse, forks, truncation: whatever the way, a sequence has one answer ---- */

struct world {
	struct engine *engine;
	struct timeline *fresh;     /* computes every sequence from nothing */
};

static void expect_like_fresh(struct world *w, struct timeline *t, const int32_t *tokens, size_t count)
{
	struct error err = {0};

	timeline_truncate(w->fresh, 0);
	assert_ok(timeline_begin(w->fresh, tokens, count, &err));
	finish(w->fresh, 1000);
	finish(t, 1000);
	assert_int_equal(timeline_length(t), count);
	assert_true(distance(timeline_logits(t), timeline_logits(w->fresh)) < 2e-4);
}

static void wander(enum attention_form attention)
{
	struct error err = {0};
	struct model_shape shape = { MODEL_TINY, .attention = attention };
	own_engine *e = open_engine(&shape, &err);
	own_timeline *t = timeline_create(e, &err), *fresh = timeline_create(e, &err);
	struct world w = { e, fresh };
	int32_t tokens[600];
	size_t count = 0;

	for (int step = 0; step < 60; step++) {
		size_t keep = count ? (size_t)rand() % (count + 1) : 0,
		       more = 1 + (size_t)rand() % (step % 10 ? 12 : 250);
		if (keep + more > countof(tokens))
			keep = 0;
		random_tokens(tokens + keep, more);
		count = keep + more;
		if (step % 3 == 0) {
			struct timeline *fork = timeline_fork(t, (size_t)rand() % 700, &err);
			timeline_destroy(t);
			t = fork;
		} else if (step % 3 == 1) {
			timeline_truncate(t, (size_t)rand() % 700);
		}
		assert_ok(timeline_begin(t, tokens, count, &err));
		expect_like_fresh(&w, t, tokens, count);
	}
}

TEST(a_shared_cache_that_was_reused_forked_and_truncated_answers_as_a_fresh_one) { srand(3), wander(ATTENTION_GQA); }
TEST(a_packed_cache_that_was_reused_forked_and_truncated_answers_as_a_fresh_one) { srand(4), wander(ATTENTION_PLAIN); }

struct tiny {
	struct engine *engine;
	struct timeline *timeline;
	int32_t tokens[LENGTH];
};

static void set_up(struct tiny *x)
{
	struct error err = {0};

	x->engine = open_engine(&(struct model_shape){ MODEL_TINY, .attention = ATTENTION_GQA }, &err);
	if (!x->engine)
		fail_msg("%s", err.text);
	x->timeline = timeline_create(x->engine, &err);
	random_tokens(x->tokens, LENGTH);
}

static void tear_down(struct tiny *x)
{
	timeline_destroy(x->timeline);
	engine_release(x->engine);
}

#define own_tiny owns(tear_down) struct tiny

TEST(the_common_beginning_is_not_computed_again)
{
	struct error err = {0};
	own_tiny x;

	set_up(&x);
	assert_ok(timeline_begin(x.timeline, x.tokens, 30, &err));
	finish(x.timeline, 100);
	x.tokens[20] = (x.tokens[20] + 1) % VOCAB;
	assert_int_equal(timeline_common(x.timeline, x.tokens, LENGTH), 20);
	assert_ok(timeline_begin(x.timeline, x.tokens, LENGTH, &err));
	assert_int_equal(timeline_pending(x.timeline), LENGTH - 20);
}

TEST(the_same_sequence_again_needs_no_run_and_a_beginning_of_it_one_token)
{
	struct error err = {0};
	own_tiny x;

	set_up(&x);
	assert_ok(timeline_begin(x.timeline, x.tokens, 30, &err));
	finish(x.timeline, 100);
	assert_ok(timeline_begin(x.timeline, x.tokens, 30, &err));
	assert_int_equal(timeline_pending(x.timeline), 0);
	assert_non_null(timeline_logits(x.timeline));
	assert_ok(timeline_begin(x.timeline, x.tokens, 10, &err));
	assert_int_equal(timeline_pending(x.timeline), 1);
	assert_null(timeline_logits(x.timeline));
}

TEST(tokens_the_model_does_not_have_and_sequences_over_the_context_are_refused)
{
	struct error err = {0};
	own_mem int32_t *many = mem_zeroed(3000, sizeof *many);
	int32_t wrong[] = { 3, VOCAB };
	own_tiny x;

	set_up(&x);
	assert_ok(timeline_begin(x.timeline, x.tokens, 5, &err));
	assert_false(timeline_begin(x.timeline, wrong, 2, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_false(timeline_begin(x.timeline, many, 2049, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_false(timeline_push(x.timeline, -1, &err));
	assert_int_equal(timeline_pending(x.timeline), 5);
	assert_ok(timeline_begin(x.timeline, many, 2048, &err));
	finish(x.timeline, 512);
	assert_false(timeline_push(x.timeline, 1, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
}

TEST(a_cancelled_run_leaves_the_timeline_as_it_was_and_it_goes_on)
{
	struct error err = {0};
	struct cancel cancel;
	float before[VOCAB];
	own_tiny x;

	set_up(&x);
	cancel_init(&cancel);
	assert_ok(timeline_begin(x.timeline, x.tokens, LENGTH, &err));
	assert_ok(timeline_advance(x.timeline, 10, &cancel, &err));
	cancel_fire(&cancel);
	assert_false(timeline_advance(x.timeline, 10, &cancel, &err));
	assert_int_equal(err.kind, ERROR_CANCELLED);
	assert_int_equal(timeline_length(x.timeline), 10);
	finish(x.timeline, 10);
	memcpy(before, timeline_logits(x.timeline), sizeof before);
	timeline_truncate(x.timeline, 0);
	assert_ok(timeline_begin(x.timeline, x.tokens, LENGTH, &err));
	finish(x.timeline, 100);
	assert_true(distance(timeline_logits(x.timeline), before) < 2e-4);
	cancel_done(&cancel);
}

static void *cancel_soon(void *user)
{
	(void)nanosleep(&(struct timespec){ .tv_nsec = 3000000 }, NULL);
	cancel_fire(user);
	return NULL;
}

TEST(a_run_under_way_ends_when_it_is_cancelled)
{
	struct error err = {0};
	struct cancel cancel;
	pthread_t thread;
	own_mem int32_t *many = mem_zeroed(2048, sizeof *many);
	own_engine *e = open_engine(&(struct model_shape){ MODEL_TINY, .last_logits = true }, &err);
	own_timeline *t = timeline_create(e, &err);

	cancel_init(&cancel);
	assert_ok(timeline_begin(t, many, 2048, &err));
	assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
	bool ok = timeline_advance(t, 2048, &cancel, &err);    /* much longer than 3 ms */
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_false(ok);
	assert_int_equal(err.kind, ERROR_CANCELLED);
	assert_int_equal(timeline_length(t), 0);
	finish(t, 2048);
	cancel_done(&cancel);
}

static void *run_apart(void *user)
{
	struct timeline *t = user;
	struct error err = {0};
	int32_t tokens[300];

	for (int32_t i = 0; i < 300; i++)
		tokens[i] = (i * i) % VOCAB;
	for (size_t count = 20; count <= 300; count += 20) {
		if (!timeline_begin(t, tokens, count, &err))
			return NULL;
		while (timeline_pending(t))
			if (!timeline_advance(t, 7, NULL, &err))
				return NULL;
	}
	return timeline_logits(t);
}

TEST(timelines_of_one_engine_may_run_at_once)
{
	struct error err = {0};
	pthread_t threads[4];
	struct timeline *timelines[4];
	float *logits[4] = {0};
	own_tiny x;

	set_up(&x);
	for (size_t i = 0; i < countof(threads); i++) {
		timelines[i] = timeline_create(x.engine, &err);
		assert_int_equal(pthread_create(&threads[i], NULL, run_apart, timelines[i]), 0);
	}
	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_join(threads[i], (void **)&logits[i]), 0);
	for (size_t i = 0; i < countof(threads); i++) {
		assert_non_null(logits[i]);
		assert_true(distance(logits[i], logits[0]) < 5e-5);
	}
	for (size_t i = 0; i < countof(threads); i++)
		timeline_destroy(timelines[i]);
}

static void *no_mmap(void *where, size_t n, int protection, int flags, int fd, off_t offset)
{
	(void)where, (void)n, (void)protection, (void)flags, (void)fd, (void)offset;
	return MAP_FAILED;
}

TEST(without_memory_for_the_cache_the_sequence_stays_pending)
{
	struct error err = {0};
	own_tiny x;

	set_up(&x);
	assert_ok(timeline_begin(x.timeline, x.tokens, LENGTH, &err));
	sys.mmap = no_mmap;
	bool ok = timeline_advance(x.timeline, 100, NULL, &err);
	struct timeline *fork = timeline_fork(x.timeline, 0, &err);
	sys.mmap = mmap;
	assert_false(ok);
	assert_null(fork);
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_int_equal(timeline_pending(x.timeline), LENGTH);
	finish(x.timeline, 100);
}

TEST(memory_is_accounted_for)
{
	struct error err = {0};
	own_tiny x;

	set_up(&x);
	size_t empty = timeline_bytes(x.timeline);
	assert_ok(timeline_begin(x.timeline, x.tokens, LENGTH, &err));
	finish(x.timeline, 100);
	size_t room = timeline_bytes(x.timeline) - empty, token = engine_info(x.engine)->token_bytes;
	assert_int_equal(token, 2 * 2 * 2 * 16 * sizeof(float));
	assert_in_range(room, 256 * token, 256 * token + 256 * sizeof(int32_t));
}

/* LeakSanitizer is told to overlook ONNX Runtime, so whatever we forget to give back to it is looked for here. */
TEST(timelines_leave_nothing_behind)
{
#ifdef __GLIBC__
	own_tiny x;
	size_t before = 0;

	set_up(&x);
	for (int round = 0; round < 120; round++) {
		struct error err = {0};
		own_timeline *t = timeline_create(x.engine, &err), *fork = NULL;
		assert_ok(timeline_begin(t, x.tokens, LENGTH, &err));
		finish(t, 15);
		fork = timeline_fork(t, 20, &err);
		assert_ok(timeline_begin(fork, x.tokens, 30, &err));
		finish(fork, 30);
		if (round == 20)
			before = mallinfo2().uordblks;
	}
	assert_true(mallinfo2().uordblks < before + 20000);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logits_are_those_of_the_slow_pass_for_every_attention_and_precision),
		cmocka_unit_test(
			logits_are_right_with_position_ids_last_logits_packed_projections_and_external_weights),
		cmocka_unit_test(a_shared_cache_that_was_reused_forked_and_truncated_answers_as_a_fresh_one),
		cmocka_unit_test(a_packed_cache_that_was_reused_forked_and_truncated_answers_as_a_fresh_one),
		cmocka_unit_test(the_common_beginning_is_not_computed_again),
		cmocka_unit_test(the_same_sequence_again_needs_no_run_and_a_beginning_of_it_one_token),
		cmocka_unit_test(tokens_the_model_does_not_have_and_sequences_over_the_context_are_refused),
		cmocka_unit_test(a_cancelled_run_leaves_the_timeline_as_it_was_and_it_goes_on),
		cmocka_unit_test(a_run_under_way_ends_when_it_is_cancelled),
		cmocka_unit_test(timelines_of_one_engine_may_run_at_once),
		cmocka_unit_test(without_memory_for_the_cache_the_sequence_stays_pending),
		cmocka_unit_test(memory_is_accounted_for),
		cmocka_unit_test(timelines_leave_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
