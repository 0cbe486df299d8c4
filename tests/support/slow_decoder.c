#include "support/slow_decoder.h"

#include <math.h>

#include "base/mem.h"

enum { BLOCK = 32 };

struct slow_decoder {
	const struct prepared *p;
	size_t length, most;
	double *keys, *values;         /* [layer][token][kv_heads * head_dim] */
	float **rows;                  /* dequantised matrices: the layers', embedding, head */
};

static float *dequantise(const struct matrix *m)
{
	float *all = mem_zeroed(m->outputs * m->inputs, sizeof *all);

	for (size_t i = 0; i < m->outputs; i++)
		matrix_row(m, i, all + i * m->inputs);
	return all;
}

struct slow_decoder *slow_decoder_create(const struct prepared *p, size_t most)
{
	struct slow_decoder *d = mem_zeroed(1, sizeof *d);
	const struct decoder_shape *s = &p->shape;
	size_t width = s->kv_heads * s->head_dim;

	d->p = p;
	d->most = most;
	d->keys = mem_zeroed(s->layers * most * width, sizeof *d->keys);
	d->values = mem_zeroed(s->layers * most * width, sizeof *d->values);
	d->rows = mem_zeroed(decoder_type_count(s), sizeof *d->rows);
	for (size_t i = 0; i < s->layers; i++)
		for (size_t k = 0; k < DECODER_LAYER_MATRICES; k++)
			d->rows[i * DECODER_LAYER_MATRICES + k] = dequantise(&p->weights.layers[i].matrices[k]);
	d->rows[decoder_type_place(s, DECODER_EMBEDDING, 0)] = dequantise(&p->weights.embedding);
	d->rows[decoder_type_place(s, DECODER_HEAD, 0)] = dequantise(&p->weights.head);
	return d;
}

void slow_decoder_destroy(struct slow_decoder *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < decoder_type_count(&d->p->shape); i++)
		free(d->rows[i]);
	free(d->rows);
	free(d->keys);
	free(d->values);
	free(d);
}

static void round_blocks(double *x, size_t count)
{
	for (size_t at = 0; at < count; at += BLOCK) {
		double most = 0;

		for (size_t i = at; i < at + BLOCK; i++)
			most = fmax(most, fabs(x[i]));
		for (size_t i = at; i < at + BLOCK && most > 0; i++)
			x[i] = rint(x[i] * 127 / most) * most / 127;
	}
}

/* y = x · mᵀ + bias */
static void multiply(const struct matrix *m, const float *rows, const double *x, const float *bias, double *y)
{
	own_mem double *input = mem_alloc(m->inputs * sizeof *input);

	memcpy(input, x, m->inputs * sizeof *input);
	if (m->type == WEIGHTS_I8 || m->type == WEIGHTS_I4)
		round_blocks(input, m->inputs);
	for (size_t o = 0; o < m->outputs; o++) {
		y[o] = bias ? (double)bias[o] : 0;
		for (size_t i = 0; i < m->inputs; i++)
			y[o] += input[i] * (double)rows[o * m->inputs + i];
	}
}

static void normalise(double *out, const double *x, const float *weight, size_t count, double eps)
{
	double squares = 0;

	for (size_t i = 0; i < count; i++)
		squares += x[i] * x[i];
	for (size_t i = 0; i < count; i++)
		out[i] = x[i] / sqrt(squares / (double)count + eps) * (double)weight[i];
}

static void turn(const struct slow_decoder *d, double *head)
{
	const struct decoder_shape *s = &d->p->shape;
	size_t half = s->rotary_dim / 2;

	for (size_t k = 0; k < half; k++) {
		double angle = (double)d->length * (double)d->p->weights.frequencies[k];
		double a = head[k], b = head[k + half], size = (double)s->rope_magnitude;

		head[k] = size * (a * cos(angle) - b * sin(angle));
		head[k + half] = size * (b * cos(angle) + a * sin(angle));
	}
}

static void prepare_heads(const struct slow_decoder *d, double *heads, size_t count, const float *norm)
{
	const struct decoder_shape *s = &d->p->shape;

	for (size_t i = 0; i < count; i++) {
		double *head = heads + i * s->head_dim;

		if (norm)
			normalise(head, head, norm, s->head_dim, (double)s->eps);
		turn(d, head);
	}
}

static void attend(const struct slow_decoder *d, size_t layer, size_t kv_head, const double *q, double *out)
{
	const struct decoder_shape *s = &d->p->shape;
	size_t width = s->kv_heads * s->head_dim, start = layer * d->most * width + kv_head * s->head_dim;
	own_mem double *scores = mem_zeroed(d->length + 1, sizeof *scores);
	double sum = 0, greatest = -INFINITY;

	for (size_t t = 0; t <= d->length; t++) {
		for (size_t k = 0; k < s->head_dim; k++)
			scores[t] += q[k] * d->keys[start + t * width + k] / sqrt((double)s->head_dim);
		greatest = fmax(greatest, scores[t]);
	}
	for (size_t t = 0; t <= d->length; t++)
		sum += scores[t] = exp(scores[t] - greatest);
	for (size_t k = 0; k < s->head_dim; k++) {
		out[k] = 0;
		for (size_t t = 0; t <= d->length; t++)
			out[k] += scores[t] / sum * d->values[start + t * width + k];
	}
}

static void add(double *x, const double *y, size_t count)
{
	for (size_t i = 0; i < count; i++)
		x[i] += y[i];
}

static void run_layer(struct slow_decoder *d, size_t index, double *x)
{
	const struct decoder_shape *s = &d->p->shape;
	const struct decoder_layer *l = &d->p->weights.layers[index];
	float *const *rows = d->rows + index * DECODER_LAYER_MATRICES;
	size_t dim = s->head_dim, narrow = s->kv_heads * dim, at = (index * d->most + d->length) * narrow;
	own_mem double *normed = mem_zeroed(s->hidden, sizeof *normed), *y = mem_zeroed(s->hidden, sizeof *y);
	own_mem double *qkv = mem_zeroed(decoder_outputs(s, DECODER_QKV), sizeof *qkv);
	own_mem double *heads = mem_zeroed(s->heads * dim, sizeof *heads);
	own_mem double *wide = mem_zeroed(2 * s->intermediate, sizeof *wide),
		*gated = mem_zeroed(s->intermediate, sizeof *gated);

	normalise(normed, x, l->vectors[DECODER_NORM1], s->hidden, (double)s->eps);
	multiply(&l->matrices[DECODER_QKV], rows[DECODER_QKV], normed, l->vectors[DECODER_QKV_BIAS], qkv);
	prepare_heads(d, qkv, s->heads, l->vectors[DECODER_Q_NORM]);
	prepare_heads(d, qkv + s->heads * dim, s->kv_heads, l->vectors[DECODER_K_NORM]);
	memcpy(d->keys + at, qkv + s->heads * dim, narrow * sizeof *qkv);
	memcpy(d->values + at, qkv + s->heads * dim + narrow, narrow * sizeof *qkv);
	for (size_t h = 0; h < s->heads; h++)
		attend(d, index, h / (s->heads / s->kv_heads), qkv + h * dim, heads + h * dim);
	multiply(&l->matrices[DECODER_O], rows[DECODER_O], heads, NULL, y);
	add(x, y, s->hidden);
	normalise(normed, x, l->vectors[DECODER_NORM2], s->hidden, (double)s->eps);
	multiply(&l->matrices[DECODER_GATE_UP], rows[DECODER_GATE_UP], normed, NULL, wide);
	for (size_t i = 0; i < s->intermediate; i++) {
		double gate = wide[i / 16 * 32 + i % 16], up = wide[i / 16 * 32 + 16 + i % 16];

		gated[i] = gate / (1 + exp(-gate)) * up;
	}
	multiply(&l->matrices[DECODER_DOWN], rows[DECODER_DOWN], gated, NULL, y);
	add(x, y, s->hidden);
}

void slow_decoder_run(struct slow_decoder *d, int32_t token, float *logits)
{
	const struct decoder_shape *s = &d->p->shape;
	const float *embedding = d->rows[decoder_type_place(s, DECODER_EMBEDDING, 0)] + (size_t)token * s->hidden;
	own_mem double *x = mem_zeroed(s->hidden, sizeof *x), *y = mem_zeroed(s->vocabulary, sizeof *y);

	for (size_t i = 0; i < s->hidden; i++)
		x[i] = (double)embedding[i];
	for (size_t i = 0; i < s->layers; i++)
		run_layer(d, i, x);
	normalise(x, x, d->p->weights.final_norm, s->hidden, (double)s->eps);
	multiply(&d->p->weights.head, d->rows[decoder_type_place(s, DECODER_HEAD, 0)], x, NULL, y);
	for (size_t i = 0; i < s->vocabulary; i++)
		logits[i] = (float)y[i];
	d->length++;
}
