/*
 * The forward pass over prepared files with random weights, against a plain one
 * in double precision (tests/support/slow_decoder.h), and against itself.
 */
#include "model/decoder.h"

#include <math.h>

#include "base/mem.h"
#include "support/prepared_model.h"
#include "support/slow_decoder.h"
#include "support/test.h"

#define PATH "decoder_test.tmp"

enum { VOCAB = 640, LENGTH = 75, PAGES = LENGTH / PAGE_TOKENS + 1 };

/* A decoder and the sequences it computes. */
struct bench {
	struct prepared p;
	struct decoder *d;
};

static void open_bench(struct bench *b, const struct model_shape *shape, const struct prepared_wish *wish,
	unsigned threads, enum kv_type kv)
{
	struct error err = {0};

	assert_ok(prepared_write_model(PATH, shape, wish, &err));
	assert_ok(prepared_open(&b->p, PATH, &err));
	b->d = decoder_create(&b->p.shape, &b->p.weights, &(struct decoder_options){ threads, kv }, &err);
	if (!b->d)
		fail_msg("%s", err.text);
}

static void close_bench(struct bench *b)
{
	decoder_destroy(b->d);
	prepared_done(&b->p);
}
#define own_bench owns(close_bench) struct bench

struct pages {
	void *table[PAGES];
};

static void open_pages(struct pages *p, const struct decoder *d)
{
	for (size_t i = 0; i < PAGES; i++) {
		p->table[i] = aligned_alloc(64, decoder_page_bytes(d));
		assert_non_null(p->table[i]);
		memset(p->table[i], 0xee, decoder_page_bytes(d));    /* what was never written must not matter */
	}
}

static void close_pages(struct pages *p)
{
	for (size_t i = 0; i < PAGES; i++)
		free(p->table[i]);
}
#define own_pages owns(close_pages) struct pages

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
		double apart = fabs((double)a[i] - (double)b[i]);
		worst = apart > worst || isnan(apart) ? apart : worst;
		sum += (double)b[i] * (double)b[i];
	}
	return worst / sqrt(sum / VOCAB);
}

/* Rows for tokens from .. to - 1 of a sequence, all with logits. */
static size_t make_rows(struct decoder_row *rows, const struct pages *pages, const int32_t *tokens, size_t from,
	size_t to)
{
	for (size_t i = from; i < to; i++)
		rows[i - from] = (struct decoder_row){ tokens[i], (uint32_t)i, pages->table, true, NULL };
	return to - from;
}

/*
 * Activations in 8 bits may be rounded the other way than in double precision,
 * which the keys and values then remember; before the first such, nothing is off.
 */
static void compare(const char *what, const struct model_shape *shape, const struct prepared_wish *wish,
	enum kv_type kv, double tolerance)
{
	struct error err = {0};
	struct decoder_row rows[LENGTH];
	int32_t tokens[LENGTH];
	float wanted[VOCAB];
	own_bench b;
	own_pages pages;
	double worst = 0, least = 1;

	open_bench(&b, shape, wish, 2, kv);
	open_pages(&pages, b.d);
	own_slow_decoder *slow = slow_decoder_create(&b.p, LENGTH);
	random_tokens(tokens, LENGTH);
	for (size_t done = 0, n; done < LENGTH; done += n) {
		n = make_rows(rows, &pages, tokens, done, done < 60 ? 60 : done + 1);
		assert_ok(decoder_run(b.d, rows, n, NULL, &err));
		for (size_t i = 0; i < n; i++) {
			slow_decoder_run(slow, tokens[done + i], wanted);
			double d = distance(decoder_logits(b.d, i), wanted);
			worst = d > worst || isnan(d) ? d : worst;
			least = d < least ? d : least;
		}
	}
	if (!(worst < tolerance) || (kv == KV_F32 && !(least < 5e-6)))
		fail_msg("%s: %g off, at best %g", what, worst, least);
}

static struct prepared_wish all_of(enum weights type)
{
	return (struct prepared_wish){ .projections = type, .embedding = type, .head = type };
}

TEST(logits_are_those_of_the_slow_pass_for_every_type_of_weights)
{
	const double tolerances[WEIGHTS_COUNT] = { 2e-4, 2e-4, 0.1, 0.1 };
	struct model_shape shape = { MODEL_TINY };

	srand(1);
	for (int i = 0; i < WEIGHTS_COUNT; i++) {
		struct prepared_wish wish = all_of((enum weights)i);
		compare(weights_name((enum weights)i), &shape, &wish, KV_F32, tolerances[i]);
	}
}

TEST(logits_are_right_with_head_norms_separate_heads_mixed_types_and_other_shapes)
{
	struct model_shape tiny = { MODEL_TINY }, separate = { MODEL_TINY, .separate_head = true };
	struct model_shape odd = { MODEL_TINY, .layers = 3, .hidden = 96, .intermediate = 160, .heads = 6,
		.kv_heads = 2,
		.head_dim = 48, .vocab = VOCAB };
	struct prepared_wish f32 = all_of(WEIGHTS_F32), norms = f32, mixed = all_of(WEIGHTS_F16);

	srand(2);
	norms.qk_norm = true;
	mixed.embedding = WEIGHTS_F32;
	mixed.head = WEIGHTS_I8;
	compare("head norms", &tiny, &norms, KV_F32, 2e-4);
	compare("separate head", &separate, &f32, KV_F32, 2e-4);
	compare("mixed types", &separate, &mixed, KV_F32, 0.1);
	compare("three layers", &odd, &norms, KV_F32, 2e-4);
}

/* As YaRN and Llama 3 stretch them: any table, and a magnitude. */
TEST(logits_are_right_with_rotary_tables_of_any_kind)
{
	struct model_shape tiny = { MODEL_TINY };
	struct prepared_wish wish = all_of(WEIGHTS_F32);
	float frequencies[8];

	srand(3);
	for (int i = 0; i < 8; i++)
		frequencies[i] = (float)(exp(-i) / (i < 4 ? 1 : 8));
	wish.frequencies = frequencies;
	wish.magnitude = 1.3f;
	compare("stretched", &tiny, &wish, KV_F32, 2e-4);
}

TEST(smaller_keys_and_values_cost_little_precision)
{
	struct model_shape tiny = { MODEL_TINY };
	struct prepared_wish wish = all_of(WEIGHTS_F32);

	srand(4);
	compare("f16 keys and values", &tiny, &wish, KV_F16, 0.01);
	compare("i8 keys and values", &tiny, &wish, KV_I8, 0.1);
}

/* ---- A row has the same bits whatever is beside it ---- */

enum { SEQUENCES = 4 };

struct sequences {
	int32_t tokens[SEQUENCES][LENGTH];
	struct pages pages[SEQUENCES];
	size_t done[SEQUENCES];
	float (*bits)[LENGTH][VOCAB];      /* of every row, computed one by one */
};

/* One run of pieces of some sequences; every row's logits must be the bits known. */
static void run_some(struct sequences *s, struct decoder *d)
{
	struct decoder_row rows[SEQUENCES * LENGTH];
	const float *wanted[SEQUENCES * LENGTH];
	size_t count = 0, logits = 0;
	struct error err = {0};

	for (size_t i = 0; i < SEQUENCES; i++) {
		size_t left = LENGTH - s->done[i], n = rand() % 3 ? (size_t)rand() % (left + 1) : left < 3 ? left : 3;
		size_t added = make_rows(rows + count, &s->pages[i], s->tokens[i], s->done[i], s->done[i] + n);
		for (size_t k = 0; k < added; k++) {
			rows[count + k].wants_logits = rand() % 2;
			if (rows[count + k].wants_logits)
				wanted[logits++] = s->bits[i][s->done[i] + k];
		}
		s->done[i] += n;
		count += added;
	}
	assert_ok(decoder_run(d, rows, count, NULL, &err));
	for (size_t i = 0; i < logits; i++)
		if (memcmp(decoder_logits(d, i), wanted[i], VOCAB * sizeof(float)) != 0)
			fail_msg("row %zu of %zu has other bits than alone", i, logits);
}

static void expect_same_bits(enum weights type, enum kv_type kv)
{
	struct model_shape shape = { MODEL_TINY };
	struct prepared_wish wish = all_of(type);
	struct sequences s;
	struct error err = {0};
	own_mem void *bits = mem_zeroed(SEQUENCES, sizeof *s.bits);

	s.bits = bits;
	for (unsigned threads = 1; threads <= 3; threads++) {
		own_bench b;
		open_bench(&b, &shape, &wish, threads, kv);
		for (size_t i = 0; i < SEQUENCES; i++) {
			struct decoder_row row;
			open_pages(&s.pages[i], b.d);
			if (threads == 1)
				random_tokens(s.tokens[i], LENGTH);
			for (size_t k = 0; k < LENGTH && threads == 1; k++) {
				make_rows(&row, &s.pages[i], s.tokens[i], k, k + 1);
				assert_ok(decoder_run(b.d, &row, 1, NULL, &err));
				memcpy(s.bits[i][k], decoder_logits(b.d, 0), VOCAB * sizeof(float));
			}
		}
		for (int round = 0; round < 4; round++) {
			memset(s.done, 0, sizeof s.done);
			while (s.done[0] < LENGTH || s.done[1] < LENGTH || s.done[2] < LENGTH || s.done[3] < LENGTH)
				run_some(&s, b.d);
		}
		for (size_t i = 0; i < SEQUENCES; i++)
			close_pages(&s.pages[i]);
	}
}

TEST(a_row_has_the_same_bits_in_any_batch_in_any_slice_and_with_any_threads)
{
	srand(5);
	for (int type = 0; type < WEIGHTS_COUNT; type++)
		expect_same_bits((enum weights)type, KV_F16);
	expect_same_bits(WEIGHTS_I4, KV_I8);
	expect_same_bits(WEIGHTS_F32, KV_F32);
}

TEST(a_cancelled_run_can_be_run_again)
{
	struct model_shape shape = { MODEL_TINY };
	struct prepared_wish wish = all_of(WEIGHTS_I4);
	struct error err = {0};
	struct cancel cancel;
	struct decoder_row rows[LENGTH];
	int32_t tokens[LENGTH];
	float before[VOCAB];
	own_bench b;
	own_pages pages;

	open_bench(&b, &shape, &wish, 2, KV_F16);
	open_pages(&pages, b.d);
	cancel_init(&cancel);
	random_tokens(tokens, LENGTH);
	make_rows(rows, &pages, tokens, 0, LENGTH);
	assert_ok(decoder_run(b.d, rows, LENGTH, &cancel, &err));
	memcpy(before, decoder_logits(b.d, LENGTH - 1), sizeof before);
	cancel_fire(&cancel);
	assert_false(decoder_run(b.d, rows, LENGTH, &cancel, &err));
	assert_int_equal(err.kind, ERROR_CANCELLED);
	assert_ok(decoder_run(b.d, rows, LENGTH, NULL, &err));
	assert_memory_equal(before, decoder_logits(b.d, LENGTH - 1), sizeof before);
	cancel_done(&cancel);
}

TEST(shapes_that_attention_cannot_compute_are_refused)
{
	struct error err = {0};
	struct decoder_shape shape = { .layers = 1, .hidden = 64, .intermediate = 64, .heads = 3, .kv_heads = 2,
		.head_dim = 16 };
	struct decoder_weights none = {0};

	assert_null(decoder_create(&shape, &none, &(struct decoder_options){ 1, KV_F16 }, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logits_are_those_of_the_slow_pass_for_every_type_of_weights),
		cmocka_unit_test(logits_are_right_with_head_norms_separate_heads_mixed_types_and_other_shapes),
		cmocka_unit_test(logits_are_right_with_rotary_tables_of_any_kind),
		cmocka_unit_test(smaller_keys_and_values_cost_little_precision),
		cmocka_unit_test(a_row_has_the_same_bits_in_any_batch_in_any_slice_and_with_any_threads),
		cmocka_unit_test(a_cancelled_run_can_be_run_again),
		cmocka_unit_test(shapes_that_attention_cannot_compute_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
