#include "model/decoder_shape.h"

#include <math.h>

#include "base/mem.h"

enum { ALIGNMENT = 64 };

size_t decoder_outputs(const struct decoder_shape *s, enum decoder_matrix which)
{
	switch (which) {
	case DECODER_QKV: return ((size_t)s->heads + 2 * (size_t)s->kv_heads) * s->head_dim;
	case DECODER_GATE_UP: return 2 * (size_t)s->intermediate;
	case DECODER_EMBEDDING: return s->vocabulary;
	case DECODER_HEAD: return s->tied ? 0 : s->vocabulary;
	default: return s->hidden;
	}
}

size_t decoder_inputs(const struct decoder_shape *s, enum decoder_matrix which)
{
	switch (which) {
	case DECODER_O: return (size_t)s->heads * s->head_dim;
	case DECODER_DOWN: return s->intermediate;
	default: return s->hidden;
	}
}

size_t decoder_numbers(const struct decoder_shape *s, enum decoder_vector which)
{
	switch (which) {
	case DECODER_QKV_BIAS: return s->qkv_bias ? decoder_outputs(s, DECODER_QKV) : 0;
	case DECODER_Q_NORM:
	case DECODER_K_NORM: return s->qk_norm ? s->head_dim : 0;
	case DECODER_FREQUENCIES: return s->rotary_dim / 2;
	default: return s->hidden;
	}
}

/* ---- Checks ---- */

struct limit {
	const char *name;
	uint32_t value, most, multiple;
};

bool decoder_shape_check(const struct decoder_shape *s, struct error *err)
{
	const struct limit limits[] = {
		{ "layers", s->layers, 1024, 1 },
		{ "hidden", s->hidden, 1 << 16, 32 },
		{ "intermediate", s->intermediate, 1 << 18, 32 },
		{ "heads", s->heads, 1024, 1 },
		{ "kv_heads", s->kv_heads, 1024, 1 },
		{ "head_dim", s->head_dim, 512, 16 },
		{ "rotary_dim", s->rotary_dim, s->head_dim, 2 },
		{ "vocabulary", s->vocabulary, 1 << 22, 1 },
		{ "context", s->context, 1 << 24, 1 },
	};

	for (size_t i = 0; i < countof(limits); i++) {
		const struct limit *l = &limits[i];
		if (l->value == 0 || l->value > l->most || l->value % l->multiple != 0)
			return error_set(err, ERROR_INVALID, "a decoder with %s of %lu is none we can run", l->name,
				(unsigned long)l->value);
	}
	if (s->heads % s->kv_heads != 0 || (size_t)s->heads * s->head_dim % 32 != 0)
		return error_set(err, ERROR_INVALID,
			"a decoder with %lu heads of %lu for %lu of keys is none we can run",
			(unsigned long)s->heads, (unsigned long)s->head_dim, (unsigned long)s->kv_heads);
	if (s->qkv_bias > 1 || s->qk_norm > 1 || s->tied > 1)
		return error_set(err, ERROR_INVALID, "a decoder's shape is damaged");
	if (!(s->eps > 0 && s->eps < 1) || !isfinite(s->rope_magnitude))
		return error_set(err, ERROR_INVALID, "a decoder with eps of %g and magnitude of %g is none we can run",
			(double)s->eps, (double)s->rope_magnitude);
	return true;
}

bool decoder_types_check(const struct decoder_shape *s, const uint8_t *types, struct error *err)
{
	size_t count = decoder_type_count(s) - (s->tied ? 1 : 0);

	for (size_t i = 0; i < count; i++)
		if (types[i] > WEIGHTS_I4)
			return error_set(err, ERROR_INVALID, "there are no weights of type %d", types[i]);
	return true;
}

/* ---- Layout ---- */

struct layout {
	const struct decoder_shape *shape;
	const uint8_t *types;
	const char *base;
	size_t used;
};

static const void *place(struct layout *l, size_t bytes)
{
	const void *at = l->base ? l->base + l->used : NULL;

	l->used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	return at;
}

static struct matrix place_matrix(struct layout *l, enum decoder_matrix which, size_t layer)
{
	struct matrix m = {
		.type = (enum weights)l->types[decoder_type_place(l->shape, which, layer)],
		.outputs = decoder_outputs(l->shape, which), .inputs = decoder_inputs(l->shape, which),
	};

	m.data = place(l, matrix_bytes(m.type, m.outputs, m.inputs));
	return m;
}

static const float *place_vector(struct layout *l, enum decoder_vector which)
{
	size_t count = decoder_numbers(l->shape, which);

	return count ? place(l, count * sizeof(float)) : NULL;
}

static struct decoder_layer place_layer(struct layout *l, size_t index)
{
	struct decoder_layer layer;

	for (enum decoder_matrix i = 0; i < DECODER_LAYER_MATRICES; i++)
		layer.matrices[i] = place_matrix(l, i, index);
	for (enum decoder_vector i = 0; i < DECODER_LAYER_VECTORS; i++)
		layer.vectors[i] = place_vector(l, i);
	return layer;
}

size_t decoder_weights_lay_out(struct decoder_weights *w, const struct decoder_shape *s, const uint8_t *types,
	const void *base)
{
	struct layout l = { .shape = s, .types = types, .base = base };
	struct decoder_weights all = {0};

	if (w)
		all.layers = mem_zeroed(s->layers, sizeof *all.layers);
	for (size_t i = 0; i < s->layers; i++) {
		struct decoder_layer layer = place_layer(&l, i);
		if (w)
			all.layers[i] = layer;
	}
	all.embedding = place_matrix(&l, DECODER_EMBEDDING, 0);
	all.head = s->tied ? all.embedding : place_matrix(&l, DECODER_HEAD, 0);
	all.final_norm = place_vector(&l, DECODER_FINAL_NORM);
	all.frequencies = place_vector(&l, DECODER_FREQUENCIES);
	if (w)
		*w = all;
	return l.used;
}

void decoder_weights_done(struct decoder_weights *w)
{
	free(w->layers);
	*w = (struct decoder_weights){0};
}
