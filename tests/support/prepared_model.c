#include "support/prepared_model.h"

#include <math.h>

#include "base/mem.h"
#include "support/model/quantise.h"

static enum weights type_of(enum precision precision)
{
	static const enum weights types[PRECISION_COUNT] = {
		[PRECISION_FLOAT32] = WEIGHTS_F32, [PRECISION_FLOAT16] = WEIGHTS_F16, [PRECISION_INT8] = WEIGHTS_I8,
		[PRECISION_Q4] = WEIGHTS_I4, [PRECISION_Q4F16] = WEIGHTS_I4,
	};

	return types[precision];
}

struct prepared_wish prepared_wish_of(const struct model_shape *s)
{
	return (struct prepared_wish){
		.projections = type_of(s->precision), .embedding = type_of(precision_of_embedding(s)),
		.head = type_of(precision_of_head(s)),
	};
}

static struct decoder_shape shape_of(const struct model_shape *s, const struct prepared_wish *wish)
{
	return (struct decoder_shape){
		.layers = (uint32_t)s->layers, .hidden = (uint32_t)s->hidden, .intermediate = (uint32_t)s->intermediate,
		.heads = (uint32_t)s->heads, .kv_heads = (uint32_t)s->kv_heads, .head_dim = (uint32_t)s->head_dim,
		.rotary_dim = (uint32_t)s->head_dim, .vocabulary = (uint32_t)s->vocab, .context = (uint32_t)s->context,
		.eps = (float)s->rms_eps, .rope_magnitude = wish->magnitude != 0 ? wish->magnitude : 1, .qkv_bias = 1,
		.qk_norm = wish->qk_norm, .tied = !s->separate_head && wish->head == wish->embedding,
	};
}

/* Gate and up as the kernels want them: 16 outputs of one, 16 of the other. */
static size_t gate_up_row(size_t row, size_t intermediate)
{
	return row % 32 / 16 * intermediate + row / 32 * 16 + row % 16;
}

/* `alternate`: the size of each of two halves that are interleaved; 0: none. */
static void pack(const struct matrix *m, const struct stack *from, size_t alternate)
{
	size_t group_bytes = matrix_group_bytes(m->type, m->inputs);
	own_mem float *values = mem_zeroed(MATRIX_GROUP * m->inputs, sizeof *values);
	const float *rows[MATRIX_GROUP];

	for (size_t first = 0; first < m->outputs; first += MATRIX_GROUP) {
		size_t count = m->outputs - first < MATRIX_GROUP ? m->outputs - first : MATRIX_GROUP;
		for (size_t i = 0; i < count; i++) {
			size_t row = alternate ? gate_up_row(first + i, alternate) : first + i;
			rows[i] = values + i * m->inputs;
			for (size_t k = 0; k < m->inputs; k++)
				values[i * m->inputs + k] = stack_at(from, row, k);
		}
		matrix_pack_floats(m->type, (char *)prepared_memory(m->data) + first / MATRIX_GROUP * group_bytes, rows,
			count, m->inputs);
	}
}

static void fill(const float *vector, const struct stack *from)
{
	float *out = prepared_memory(vector);

	for (size_t i = 0; i < from->rows; i++)
		out[i] = stack_at(from, i, 0);
}

static void fill_norm(const float *vector, size_t count, uint64_t key)
{
	struct stack from = stack_of((struct weight){ .key = key, .rows = count, .cols = 1, .middle = 1,
		.spread = 0.4f });

	if (vector)
		fill(vector, &from);
}

static void fill_layer(const struct decoder_layer *layer, const struct model_shape *s, size_t i)
{
	struct stack qkv = stack_of_qkv(s, i), biases = stack_of_qkv_biases(s, i);
	struct stack o = stack_of(weight_projection(s, i, PROJECT_O)),
		down = stack_of(weight_projection(s, i, PROJECT_DOWN));
	struct stack norm1 = stack_of(weight_input_norm(s, i)), norm2 = stack_of(weight_post_norm(s, i));
	struct weight gate = weight_projection(s, i, PROJECT_GATE);
	struct stack gate_up = {
		.parts = { gate, weight_projection(s, i, PROJECT_UP) }, .count = 2, .rows = 2 * gate.rows,
		.cols = gate.cols,
	};

	pack(&layer->matrices[DECODER_QKV], &qkv, 0);
	pack(&layer->matrices[DECODER_O], &o, 0);
	pack(&layer->matrices[DECODER_GATE_UP], &gate_up, s->intermediate);
	pack(&layer->matrices[DECODER_DOWN], &down, 0);
	fill(layer->vectors[DECODER_NORM1], &norm1);
	fill(layer->vectors[DECODER_NORM2], &norm2);
	fill(layer->vectors[DECODER_QKV_BIAS], &biases);
	fill_norm(layer->vectors[DECODER_Q_NORM], s->head_dim, 2 * i + 1);
	fill_norm(layer->vectors[DECODER_K_NORM], s->head_dim, 2 * i + 2);
}

static void fill_rest(const struct decoder_weights *w, const struct model_shape *s, const struct prepared_wish *wish)
{
	struct stack embedding = stack_of(weight_embedding(s)), head = stack_of(weight_head(s));
	struct stack norm = stack_of(weight_final_norm(s));
	float *frequencies = prepared_memory(w->frequencies);
	size_t half = s->head_dim / 2;

	pack(&w->embedding, &embedding, 0);
	if (w->head.data != w->embedding.data)
		pack(&w->head, &head, 0);
	fill(w->final_norm, &norm);
	for (size_t i = 0; i < half; i++)
		frequencies[i] = wish->frequencies ? wish->frequencies[i]
						   : (float)pow(s->rope_theta, -(double)i / (double)half);
}

bool prepared_write_model(const char *path, const struct model_shape *shape, const struct prepared_wish *wish,
	struct error *err)
{
	struct decoder_shape s = shape_of(shape, wish);
	own_mem uint8_t *types = mem_alloc(decoder_type_count(&s));

	memset(types, (int)wish->projections, decoder_type_count(&s));
	types[decoder_type_place(&s, DECODER_EMBEDDING, 0)] = (uint8_t)wish->embedding;
	types[decoder_type_place(&s, DECODER_HEAD, 0)] = (uint8_t)wish->head;
	own_prepared_writer *w = prepared_writer_create(path, &s, types, err);
	if (!w)
		return false;
	for (size_t i = 0; i < shape->layers; i++)
		fill_layer(&prepared_writer_weights(w)->layers[i], shape, i);
	fill_rest(prepared_writer_weights(w), shape, wish);
	return prepared_writer_seal(w, (struct str)STR("{}"), err) && prepared_writer_commit(w, err);
}
