#include "model/adapter.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"

struct adapter {
	atomic_uint references;
	uint32_t world;
	struct decoder_shape shape;
	size_t rank;               /* the largest */
	struct adapter_part (*layers)[ADAPTER_PROJECTIONS];
};

static const char *const names[ADAPTER_PROJECTIONS] = {
	[ADAPTER_Q] = "q_proj", [ADAPTER_K] = "k_proj", [ADAPTER_V] = "v_proj", [ADAPTER_O] = "o_proj",
	[ADAPTER_GATE] = "gate_proj", [ADAPTER_UP] = "up_proj", [ADAPTER_DOWN] = "down_proj",
};

/* ---- Shapes ---- */

size_t adapter_inputs(const struct decoder_shape *s, enum adapter_projection which)
{
	static const enum decoder_matrix matrices[ADAPTER_PROJECTIONS] = {
		[ADAPTER_Q] = DECODER_QKV, [ADAPTER_K] = DECODER_QKV, [ADAPTER_V] = DECODER_QKV,
		[ADAPTER_O] = DECODER_O,
		[ADAPTER_GATE] = DECODER_GATE_UP, [ADAPTER_UP] = DECODER_GATE_UP, [ADAPTER_DOWN] = DECODER_DOWN,
	};

	return decoder_inputs(s, matrices[which]);
}

size_t adapter_outputs(const struct decoder_shape *s, enum adapter_projection which)
{
	const size_t keys = (size_t)s->kv_heads * s->head_dim;
	const size_t outputs[ADAPTER_PROJECTIONS] = {
		[ADAPTER_Q] = (size_t)s->heads * s->head_dim, [ADAPTER_K] = keys, [ADAPTER_V] = keys,
		[ADAPTER_O] = s->hidden,
		[ADAPTER_GATE] = s->intermediate, [ADAPTER_UP] = s->intermediate, [ADAPTER_DOWN] = s->hidden,
	};

	return outputs[which];
}

bool adapter_fits(const struct adapter *a, const struct decoder_shape *s)
{
	const struct decoder_shape *own = &a->shape;

	return own->layers == s->layers && own->hidden == s->hidden && own->intermediate == s->intermediate &&
	       own->heads == s->heads && own->kv_heads == s->kv_heads && own->head_dim == s->head_dim;
}

/* ---- Life ---- */

static uint32_t next_world(void)
{
	static atomic_uint worlds;
	uint32_t world = atomic_fetch_add(&worlds, 1) + 1;

	assert(world != 0);        /* after four thousand million adapters */
	return world;
}

struct adapter *adapter_create(const struct decoder_shape *shape)
{
	struct adapter *a = mem_zeroed(1, sizeof *a);

	atomic_init(&a->references, 1);
	a->world = next_world();
	a->shape = *shape;
	a->layers = mem_zeroed(shape->layers, sizeof *a->layers);
	return a;
}

struct adapter *adapter_share(struct adapter *a)
{
	if (a)
		atomic_fetch_add(&a->references, 1);
	return a;
}

static void drop_part(struct adapter_part *p)
{
	free(p->a);
	free(p->b);
	*p = (struct adapter_part){0};
}

void adapter_release(struct adapter *a)
{
	if (!a || atomic_fetch_sub(&a->references, 1) != 1)
		return;
	for (size_t i = 0; i < a->shape.layers; i++)
		for (size_t k = 0; k < ADAPTER_PROJECTIONS; k++)
			drop_part(&a->layers[i][k]);
	free(a->layers);
	free(a);
}

uint32_t adapter_world(const struct adapter *a) { return a->world; }
size_t adapter_rank(const struct adapter *a) { return a->rank; }

const struct adapter_part *adapter_part(const struct adapter *a, size_t layer, enum adapter_projection which)
{
	return &a->layers[layer][which];
}

/* ---- Parts ---- */

static bool all_finite(const float *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isfinite(numbers[i]))
			return false;
	return true;
}

static bool all_zero(const float *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] != 0)
			return false;
	return true;
}

static bool check(const struct adapter *a, size_t layer, enum adapter_projection which, const struct adapter_factors *f,
	struct error *err)
{
	size_t inputs = adapter_inputs(&a->shape, which), outputs = adapter_outputs(&a->shape, which);

	if (layer >= a->shape.layers)
		return error_set(err, ERROR_INVALID, "the adapter has a layer %zu, the model has %lu", layer,
			(unsigned long)a->shape.layers);
	if (f->inputs != inputs || f->outputs != outputs)
		return error_set(err, ERROR_INVALID,
			"the adapter's %s of layer %zu is %zu x %zu, the model's is %zu x %zu",
			names[which], layer, f->outputs, f->inputs, outputs, inputs);
	if (f->rank == 0 || f->rank > ADAPTER_RANK_MAX)
		return error_set(err, ERROR_INVALID,
			"the adapter's %s of layer %zu has rank %zu: 1 to %d can be computed",
			names[which], layer, f->rank, ADAPTER_RANK_MAX);
	if (!isfinite(f->scale) || !all_finite(f->a, f->rank * inputs) || !all_finite(f->b, outputs * f->rank))
		return error_set(err, ERROR_INVALID, "the adapter's %s of layer %zu has numbers that are not finite",
			names[which], layer);
	return true;
}

static float *make_numbers(size_t count)
{
	float *numbers = aligned_alloc(MATRIX_ALIGN,
		(count * sizeof *numbers + MATRIX_ALIGN - 1) / MATRIX_ALIGN * MATRIX_ALIGN);

	if (!numbers)
		mem_panic("no memory for an adapter");
	return numbers;
}

/* b[output][j] becomes [output / 16][j][output % 16]. */
static float *pack_outputs(const float *b, size_t outputs, size_t rank)
{
	float *packed = make_numbers(outputs * rank);

	for (size_t output = 0; output < outputs; output++)
		for (size_t j = 0; j < rank; j++)
			packed[(output / MATRIX_GROUP * rank + j) * MATRIX_GROUP + output % MATRIX_GROUP] =
				b[output * rank + j];
	return packed;
}

bool adapter_set(struct adapter *a, size_t layer, enum adapter_projection which, const struct adapter_factors *f,
	struct error *err)
{
	if (!check(a, layer, which, f, err))
		return false;
	struct adapter_part *part = &a->layers[layer][which];
	drop_part(part);
	if (f->scale == 0 || all_zero(f->b, f->outputs * f->rank))
		return true;
	*part = (struct adapter_part){
		.rank = f->rank, .scale = f->scale, .a = make_numbers(f->rank * f->inputs),
		.b = pack_outputs(f->b, f->outputs, f->rank),
	};
	a->rank = f->rank > a->rank ? f->rank : a->rank;
	memcpy(part->a, f->a, f->rank * f->inputs * sizeof *part->a);
	return true;
}
