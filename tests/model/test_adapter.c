/*
 * Adapters beside the weights of prepared files with random weights: against the
 * same numbers added to the weights, and against themselves in other company.
 */
#include "model/adapter.h"

#include <math.h>

#include "base/mem.h"
#include "model/decoder.h"
#include "support/prepared_model.h"
#include "support/random.h"
#include "support/test.h"

#define PATH "adapter_test.tmp"

enum { VOCAB = 640, LENGTH = 70, PAGES = LENGTH / PAGE_TOKENS + 1, LAYERS = 2 };

static const struct model_shape tiny = { MODEL_TINY };

static struct prepared_wish all_of(enum weights type)
{
	return (struct prepared_wish){ .projections = type, .embedding = type, .head = type };
}

static void open_model(struct prepared *p, enum weights type)
{
	struct error err = {0};
	struct prepared_wish wish = all_of(type);

	assert_ok(prepared_write_model(PATH, &tiny, &wish, &err));
	assert_ok(prepared_open(p, PATH, &err));
}

static struct decoder *open_decoder(const struct prepared *p, const struct decoder_weights *w, unsigned threads,
	enum kv_type kv)
{
	struct error err = {0};
	struct decoder *d = decoder_create(&p->shape, w, &(struct decoder_options){ threads, kv }, &err);

	if (!d)
		fail_msg("%s", err.text);
	return d;
}

/* ---- Adapters, and the numbers they were made from ---- */

struct trained {
	struct adapter *adapter;
	struct adapter_factors factors[LAYERS][ADAPTER_PROJECTIONS];
};

static float *random_floats(size_t count, float spread, uint64_t *seed)
{
	float *out = mem_zeroed(count, sizeof *out);

	for (size_t i = 0; i < count; i++)
		out[i] = spread * ((float)random_next(seed) * 0x1p-31f - 1);
	return out;
}

/* Ranks differ; `which` has a bit for each projection that gets a part, in every layer. */
static void train(struct trained *t, const struct decoder_shape *s, unsigned which, float scale, uint64_t seed)
{
	struct error err = {0};

	*t = (struct trained){ .adapter = adapter_create(s) };
	for (size_t layer = 0; layer < LAYERS; layer++)
		for (unsigned k = 0; k < ADAPTER_PROJECTIONS; k++) {
			struct adapter_factors *f = &t->factors[layer][k];
			if (!(which >> k & 1))
				continue;
			*f = (struct adapter_factors){
				.rank = 1 + random_below(&seed, 12), .inputs = adapter_inputs(s, k),
				.outputs = adapter_outputs(s, k), .scale = scale,
			};
			f->a = random_floats(f->rank * f->inputs, 0.1f, &seed);
			f->b = random_floats(f->rank * f->outputs, 0.1f, &seed);
			assert_ok(adapter_set(t->adapter, layer, k, f, &err));
		}
}

static void forget(struct trained *t)
{
	adapter_release(t->adapter);
	for (size_t layer = 0; layer < LAYERS; layer++)
		for (unsigned k = 0; k < ADAPTER_PROJECTIONS; k++) {
			free((float *)t->factors[layer][k].a);
			free((float *)t->factors[layer][k].b);
		}
}
#define own_trained owns(forget) struct trained

enum { EVERY = (1 << ADAPTER_PROJECTIONS) - 1 };

/* ---- Merged weights ---- */

/* Which projection a matrix' output belongs to, and which output of that it is. */
static enum adapter_projection find_output(const struct decoder_shape *s, enum decoder_matrix which, size_t *output)
{
	size_t queries = adapter_outputs(s, ADAPTER_Q), keys = adapter_outputs(s, ADAPTER_K), at = *output;

	switch (which) {
	case DECODER_QKV:
		*output = at < queries ? at : (at - queries) % keys;
		return at < queries ? ADAPTER_Q : at < queries + keys ? ADAPTER_K : ADAPTER_V;
	case DECODER_GATE_UP:
		*output = at / 32 * 16 + at % 16;
		return at % 32 < 16 ? ADAPTER_GATE : ADAPTER_UP;
	default:
		return which == DECODER_O ? ADAPTER_O : ADAPTER_DOWN;
	}
}

static void add_product(float *row, const struct adapter_factors *f, size_t output)
{
	for (size_t i = 0; i < f->inputs; i++) {
		double sum = 0;
		for (size_t j = 0; j < f->rank; j++)
			sum += (double)f->b[output * f->rank + j] * f->a[j * f->inputs + i];
		row[i] += (float)(f->scale * sum);
	}
}

/* m's weights, with the factors' product added, in memory of its own. */
static void merge(struct matrix *m, const struct decoder_shape *s, enum decoder_matrix which,
	const struct adapter_factors factors[ADAPTER_PROJECTIONS])
{
	char *data = aligned_alloc(MATRIX_ALIGN, matrix_bytes(m->type, m->outputs, m->inputs));
	own_mem float *values = mem_zeroed(MATRIX_GROUP * m->inputs, sizeof *values);
	const float *rows[MATRIX_GROUP];

	assert_non_null(data);
	for (size_t first = 0; first < m->outputs; first += MATRIX_GROUP) {
		for (size_t i = 0; i < MATRIX_GROUP; i++) {
			size_t output = first + i;
			float *row = values + i * m->inputs;
			matrix_row(m, output, row);
			const struct adapter_factors *f = &factors[find_output(s, which, &output)];
			if (f->rank)
				add_product(row, f, output);
			rows[i] = row;
		}
		matrix_pack_floats(m->type, data + first / MATRIX_GROUP * matrix_group_bytes(m->type, m->inputs), rows,
			MATRIX_GROUP, m->inputs);
	}
	m->data = data;
}

static void merge_all(struct decoder_weights *w, const struct prepared *p, const struct trained *t)
{
	*w = p->weights;
	w->layers = mem_zeroed(LAYERS, sizeof *w->layers);
	for (size_t layer = 0; layer < LAYERS; layer++) {
		w->layers[layer] = p->weights.layers[layer];
		for (enum decoder_matrix m = 0; m < DECODER_LAYER_MATRICES; m++)
			merge(&w->layers[layer].matrices[m], &p->shape, m, t->factors[layer]);
	}
}

static void drop_merged(struct decoder_weights *w)
{
	for (size_t layer = 0; layer < LAYERS; layer++)
		for (enum decoder_matrix m = 0; m < DECODER_LAYER_MATRICES; m++)
			free((void *)w->layers[layer].matrices[m].data);
	free(w->layers);
}

/* ---- Sequences ---- */

struct text {
	int32_t tokens[LENGTH];
	void *pages[PAGES];
	const struct adapter *adapter;
	size_t done;
	float bits[LENGTH][VOCAB];
};

static struct text *open_text(const struct decoder *d, const struct adapter *adapter, uint64_t *seed)
{
	struct text *t = mem_zeroed(1, sizeof *t);

	t->adapter = adapter;
	for (size_t i = 0; i < LENGTH; i++)
		t->tokens[i] = (int32_t)random_below(seed, VOCAB);
	for (size_t i = 0; i < PAGES; i++) {
		t->pages[i] = aligned_alloc(64, decoder_page_bytes(d));
		assert_non_null(t->pages[i]);
		memset(t->pages[i], 0xee, decoder_page_bytes(d));
	}
	return t;
}

static void close_text(struct text *t)
{
	for (size_t i = 0; i < PAGES; i++)
		free(t->pages[i]);
	free(t);
}

static struct decoder_row row_of(const struct text *t, size_t i)
{
	return (struct decoder_row){ t->tokens[i], (uint32_t)i, t->pages, true, t->adapter };
}

/* All of it, `step` rows a run. */
static void run_text(struct decoder *d, struct text *t, size_t step)
{
	struct decoder_row rows[LENGTH];
	struct error err = {0};

	for (size_t done = 0, n; done < LENGTH; done += n) {
		n = LENGTH - done < step ? LENGTH - done : step;
		for (size_t i = 0; i < n; i++)
			rows[i] = row_of(t, done + i);
		assert_ok(decoder_run(d, rows, n, NULL, &err));
		memcpy(t->bits[done], decoder_logits(d, 0), n * sizeof t->bits[0]);
	}
}

/* Largest difference of any logit, in units of the row's own spread. */
static double distance(const struct text *a, const struct text *b)
{
	double most = 0;

	for (size_t i = 0; i < LENGTH; i++) {
		double worst = 0, sum = 0;
		for (size_t k = 0; k < VOCAB; k++) {
			double apart = fabs((double)a->bits[i][k] - (double)b->bits[i][k]);
			worst = apart > worst || isnan(apart) ? apart : worst;
			sum += (double)b->bits[i][k] * (double)b->bits[i][k];
		}
		worst /= sqrt(sum / VOCAB);
		most = worst > most || isnan(worst) ? worst : most;
	}
	return most;
}

/* ---- Right ---- */

/* How far rows with the adapter are from the merged weights' and from the model's own. */
static void compare_with_merged(const struct prepared *p, const struct trained *t, double *from_merged,
	double *from_base)
{
	struct decoder_weights merged;
	uint64_t seed = 1, same = 1, again = 1;

	merge_all(&merged, p, t);
	own_decoder *d = open_decoder(p, &p->weights, 2, KV_F32), *other = open_decoder(p, &merged, 2, KV_F32);
	struct text *adapted = open_text(d, t->adapter, &seed), *wanted = open_text(d, NULL, &same);
	struct text *base = open_text(d, NULL, &again);
	run_text(d, adapted, 33);
	run_text(other, wanted, 33);
	run_text(d, base, 33);
	*from_merged = distance(adapted, wanted);
	*from_base = distance(adapted, base);
	close_text(adapted);
	close_text(wanted);
	close_text(base);
	drop_merged(&merged);
}

TEST(an_adapter_does_what_adding_its_product_to_the_weights_does)
{
	static const struct { unsigned which; float scale; } cases[] = {
		{ EVERY, 2 }, { EVERY, 0.25f }, { EVERY, -1 },
		{ 1 << ADAPTER_Q, 8 }, { 1 << ADAPTER_K, 8 }, { 1 << ADAPTER_V, 8 }, { 1 << ADAPTER_O, 8 },
		{ 1 << ADAPTER_GATE, 8 }, { 1 << ADAPTER_UP, 8 }, { 1 << ADAPTER_DOWN, 8 },
		{ 1 << ADAPTER_Q | 1 << ADAPTER_V, 8 },
	};
	own_prepared p;
	double from_merged, from_base;

	open_model(&p, WEIGHTS_F32);
	for (size_t i = 0; i < countof(cases); i++) {
		own_trained t;
		train(&t, &p.shape, cases[i].which, cases[i].scale, i + 1);
		compare_with_merged(&p, &t, &from_merged, &from_base);
		if (!(from_merged < 1e-4) || !(from_base > 1e-3))
			fail_msg("case %zu: %g from merged weights, %g from the model's own", i, from_merged,
				from_base);
	}
}

TEST(a_part_can_be_replaced)
{
	own_prepared p;
	own_trained t;
	struct error err = {0};
	double from_merged, from_base;

	open_model(&p, WEIGHTS_F32);
	train(&t, &p.shape, EVERY, 1, 5);
	for (size_t layer = 0; layer < LAYERS; layer++)
		for (unsigned k = 0; k < ADAPTER_PROJECTIONS; k++) {
			t.factors[layer][k].scale = layer ? 0 : 3;
			assert_ok(adapter_set(t.adapter, layer, k, &t.factors[layer][k], &err));
		}
	compare_with_merged(&p, &t, &from_merged, &from_base);
	assert_true(from_merged < 1e-4 && from_base > 1e-3);
}

/* ---- The model's own bits ---- */

static void expect_base_bits(enum weights type, float scale, float b_factor)
{
	own_prepared p;
	own_trained t;
	struct error err = {0};
	uint64_t seed = 1, same = 1;

	open_model(&p, type);
	train(&t, &p.shape, EVERY, scale, 9);
	for (size_t layer = 0; layer < LAYERS; layer++)
		for (unsigned k = 0; k < ADAPTER_PROJECTIONS; k++) {
			struct adapter_factors *f = &t.factors[layer][k];
			for (size_t i = 0; i < f->rank * f->outputs; i++)
				((float *)f->b)[i] *= b_factor;
			assert_ok(adapter_set(t.adapter, layer, k, f, &err));
		}
	own_decoder *d = open_decoder(&p, &p.weights, 2, KV_F16);
	struct text *adapted = open_text(d, t.adapter, &seed), *base = open_text(d, NULL, &same);
	run_text(d, adapted, 20);
	run_text(d, base, 33);
	assert_memory_equal(adapted->bits, base->bits, sizeof base->bits);
	close_text(adapted);
	close_text(base);
}

TEST(a_scale_or_a_b_of_zero_gives_the_models_own_bits)
{
	for (int type = 0; type < WEIGHTS_COUNT; type++) {
		expect_base_bits((enum weights)type, 0, 1);
		expect_base_bits((enum weights)type, 2, 0);
		expect_base_bits((enum weights)type, -2, -0.0f);
	}
}

/* ---- A row has the same bits whatever is beside it ---- */

enum { TEXTS = 5 };

/* One run of pieces of some texts; every row's logits must be the bits known. */
static void run_some(struct decoder *d, struct text *texts[TEXTS], uint64_t *seed)
{
	struct decoder_row rows[TEXTS * LENGTH];
	const float *wanted[TEXTS * LENGTH];
	size_t count = 0;
	struct error err = {0};

	for (size_t i = 0; i < TEXTS; i++) {
		struct text *t = texts[i];
		size_t most = random_below(seed, 2) ? 1 : random_below(seed, 30);
		for (size_t n = 0; n < most && t->done < LENGTH; n++, t->done++, count++) {
			rows[count] = row_of(t, t->done);
			wanted[count] = t->bits[t->done];
		}
	}
	assert_ok(decoder_run(d, rows, count, NULL, &err));
	for (size_t i = 0; i < count; i++)
		if (memcmp(decoder_logits(d, i), wanted[i], VOCAB * sizeof(float)) != 0)
			fail_msg("row %zu of %zu has other bits than alone", i, count);
}

static bool all_done(struct text *const texts[TEXTS])
{
	for (size_t i = 0; i < TEXTS; i++)
		if (texts[i]->done < LENGTH)
			return false;
	return true;
}

/* None, one, none, another, the first again; each first alone, token by token, those without before any adapter ran. */
static void expect_same_bits(enum weights type, enum kv_type kv)
{
	own_prepared p;
	own_trained one, two;
	struct text *texts[TEXTS];
	uint64_t seed = 7;

	open_model(&p, type);
	train(&one, &p.shape, EVERY, 2, 1);
	train(&two, &p.shape, 1 << ADAPTER_K | 1 << ADAPTER_UP | 1 << ADAPTER_DOWN, 4, 2);
	const struct adapter *adapters[TEXTS] = { NULL, one.adapter, NULL, two.adapter, one.adapter };
	own_decoder *alone = open_decoder(&p, &p.weights, 1, kv);
	for (size_t i = 0; i < TEXTS; i++)
		texts[i] = open_text(alone, adapters[i], &seed);
	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < TEXTS; i++)
			if ((adapters[i] != NULL) == (pass == 1))
				run_text(alone, texts[i], 1);
	for (unsigned threads = 1; threads <= 5; threads++) {
		own_decoder *d = open_decoder(&p, &p.weights, threads, kv);
		for (size_t i = 0; i < TEXTS; i++)
			texts[i]->done = 0;
		while (!all_done(texts))
			run_some(d, texts, &seed);
	}
	for (size_t i = 0; i < TEXTS; i++)
		close_text(texts[i]);
}

TEST(a_row_has_the_same_bits_beside_rows_of_other_adapters_and_of_none)
{
	for (int type = 0; type < WEIGHTS_COUNT; type++)
		expect_same_bits((enum weights)type, KV_F16);
	expect_same_bits(WEIGHTS_F32, KV_F32);
}

/* ---- Refused ---- */

static void refuse(struct adapter *a, size_t layer, enum adapter_projection which, struct adapter_factors f,
	const char *why)
{
	struct error err = {0};

	assert_false(adapter_set(a, layer, which, &f, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

TEST(parts_that_do_not_fit_are_refused_and_change_nothing)
{
	own_prepared p;
	own_trained t;

	open_model(&p, WEIGHTS_F32);
	train(&t, &p.shape, 1 << ADAPTER_UP, 1, 3);
	struct adapter_factors good = t.factors[1][ADAPTER_UP], bad = good;
	struct adapter_part before = *adapter_part(t.adapter, 1, ADAPTER_UP);
	refuse(t.adapter, LAYERS, ADAPTER_UP, good, "layer 2");
	refuse(t.adapter, 1, ADAPTER_DOWN, good, "down_proj of layer 1 is 96 x 64");
	bad.rank = 0;
	refuse(t.adapter, 1, ADAPTER_UP, bad, "rank 0");
	bad.rank = ADAPTER_RANK_MAX + 1;
	refuse(t.adapter, 1, ADAPTER_UP, bad, "rank 1025");
	bad = good;
	bad.scale = NAN;
	refuse(t.adapter, 1, ADAPTER_UP, bad, "not finite");
	((float *)good.a)[good.rank * good.inputs - 1] = INFINITY;
	refuse(t.adapter, 1, ADAPTER_UP, good, "not finite");
	((float *)good.a)[good.rank * good.inputs - 1] = 0;
	((float *)good.b)[good.rank * good.outputs - 1] = NAN;
	refuse(t.adapter, 1, ADAPTER_UP, good, "up_proj of layer 1");
	assert_memory_equal(&before, adapter_part(t.adapter, 1, ADAPTER_UP), sizeof before);
}

TEST(every_adapter_is_a_world_of_its_own_and_knows_its_shape)
{
	own_prepared p;
	uint32_t last = 0;

	open_model(&p, WEIGHTS_F32);
	struct decoder_shape other = p.shape;
	other.intermediate += 32;
	for (int i = 0; i < 10; i++) {
		own_adapter *a = adapter_create(&p.shape), *shared = adapter_share(a);
		assert_true(adapter_world(a) > last);
		assert_int_equal(adapter_world(shared), adapter_world(a));
		last = adapter_world(a);
		assert_true(adapter_fits(a, &p.shape));
		assert_false(adapter_fits(a, &other));
	}
	assert_null(adapter_share(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_adapter_does_what_adding_its_product_to_the_weights_does),
		cmocka_unit_test(a_part_can_be_replaced),
		cmocka_unit_test(a_scale_or_a_b_of_zero_gives_the_models_own_bits),
		cmocka_unit_test(a_row_has_the_same_bits_beside_rows_of_other_adapters_and_of_none),
		cmocka_unit_test(parts_that_do_not_fit_are_refused_and_change_nothing),
		cmocka_unit_test(every_adapter_is_a_world_of_its_own_and_knows_its_shape),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
