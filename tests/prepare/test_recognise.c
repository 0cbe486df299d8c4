/*
 * Every form that our writer of models has, recognised; weights found are those
 * that were written.
 */
#include "support/test.h"

#include <math.h>

#include "base/mem.h"
#include "base/path.h"
#include "prepare/numbers.h"
#include "prepare/recognise.h"
#include "support/model/quantise.h"
#include "support/models.h"

#define DIR "test_recognise.tmp"

static const struct model_shape forms[] = {
	{ MODEL_TINY, .attention = ATTENTION_PLAIN },
	{ MODEL_TINY, .attention = ATTENTION_PLAIN, .position_ids = true, .separate_head = true },
	{ MODEL_TINY, .attention = ATTENTION_PLAIN, .last_logits = true, .kv_heads = 4, .external = true },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .head_dim = 32, .layers = 3 },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .position_ids = true, .separate_head = true },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .packed_qkv = true, .seed = 7 },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .last_logits = true, .external = true },
	{ MODEL_TINY, .attention = ATTENTION_PLAIN, .head_norms = true, .no_biases = true },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .head_norms = true, .no_biases = true, .rope_factor = 8 },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .no_biases = true, .position_ids = true, .rope_factor = 8 },
};

/* The graph of a shape, recognised, or the reason why not. */
static bool find(struct found *f, const struct model_shape *shape, struct error *err)
{
	own_mem char *path = mem_printf(DIR "/onnx/%s", model_file_name(shape->precision));
	own_onnx scan = {0};
	own_graph caches = {0};

	return model_write(DIR, shape, err) && onnx_scan_file(&scan, path, err) &&
	       graph_understand(&caches, &scan, err) &&
	       onnx_graph_open(&f->graph, path, err) && recognise(f, &caches, err);
}

static void compare(const struct product *p, const float *wanted)
{
	size_t inputs = p->weights.inputs;
	own_mem float *got = mem_alloc(p->outputs * inputs * sizeof *got);

	source_read(&p->weights, p->first, p->outputs, got);
	assert_memory_equal(got, wanted, p->outputs * inputs * sizeof *got);
}

static void compare_projection(const struct model_shape *s, size_t layer, enum projection which,
	const struct product *p)
{
	own_mem float *wanted = mem_alloc(p->outputs * p->weights.inputs * sizeof *wanted);

	projection_rounded(s, layer, which, wanted);
	compare(p, wanted);
}

static void compare_vector(const struct model_shape *s, struct weight w, const struct onnx_constant *c, size_t first)
{
	struct stack m = stack_of(w);
	own_mem float *got = mem_alloc(w.rows * sizeof *got), *wanted = mem_alloc(w.rows * sizeof *wanted);

	assert_non_null(c);
	stack_rounded(&m, precision_of_vectors(s), wanted);
	numbers_read(c, first, w.rows, got);
	assert_memory_equal(got, wanted, w.rows * sizeof *got);
}

static void compare_layer(const struct model_shape *s, size_t i, const struct found_layer *l)
{
	const struct product *all[PROJECTION_COUNT] = {
		[PROJECT_Q] = &l->q, [PROJECT_K] = &l->k, [PROJECT_V] = &l->v, [PROJECT_O] = &l->o,
		[PROJECT_GATE] = &l->gate, [PROJECT_UP] = &l->up, [PROJECT_DOWN] = &l->down,
	};

	for (enum projection which = 0; which < PROJECTION_COUNT; which++) {
		compare_projection(s, i, which, all[which]);
		if (which <= PROJECT_V && !s->no_biases)
			compare_vector(s, weight_bias(s, i, which), all[which]->bias, all[which]->bias_first);
		else
			assert_null(all[which]->bias);
	}
	assert_true(!l->q_norm == !s->head_norms && !l->k_norm == !s->head_norms);
	if (s->head_norms) {
		compare_vector(s, weight_head_norm(s, i, PROJECT_Q), l->q_norm, 0);
		compare_vector(s, weight_head_norm(s, i, PROJECT_K), l->k_norm, 0);
	}
	compare_vector(s, weight_input_norm(s, i), l->norm1, 0);
	compare_vector(s, weight_post_norm(s, i), l->norm2, 0);
}

static void compare_shape(const struct model_shape *s, const struct found *f)
{
	assert_int_equal(f->shape.layers, s->layers);
	assert_int_equal(f->shape.hidden, s->hidden);
	assert_int_equal(f->shape.intermediate, s->intermediate);
	assert_int_equal(f->shape.heads, s->heads);
	assert_int_equal(f->shape.kv_heads, s->kv_heads);
	assert_int_equal(f->shape.head_dim, s->head_dim);
	assert_int_equal(f->shape.rotary_dim, s->head_dim);
	assert_int_equal(f->shape.vocabulary, s->vocab);
	assert_int_equal(f->shape.tied, !s->separate_head);
	assert_true(f->shape.eps == (float)s->rms_eps);
	assert_true(f->shape.rope_magnitude == 1);
	assert_int_equal(f->window, 0);
	for (size_t i = 0; i < s->head_dim / 2; i++) {
		double wanted = rotary_frequency(s, i);
		assert_true(fabs(f->frequencies[i] / wanted - 1) < 1e-4 || fabs(f->frequencies[i] - wanted) < 1e-6);
	}
}

TEST(finds_what_was_written_in_every_form_and_precision)
{
	for (size_t i = 0; i < countof(forms) * PRECISION_COUNT; i++) {
		struct model_shape s = forms[i / PRECISION_COUNT];
		own_found f = {0};
		struct error err = {0};

		s.precision = (enum precision)(i % PRECISION_COUNT);
		assert_ok(find(&f, &s, &err));
		compare_shape(&s, &f);
		compare_vector(&s, weight_final_norm(&s), f.final_norm, 0);
		for (size_t layer = 0; layer < s.layers; layer++)
			compare_layer(&s, layer, &f.layers[layer]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_written_in_every_form_and_precision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
