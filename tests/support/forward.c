/*
 * Activations are arrays of double, one row a token; x is the residual stream.
 * Formulas: RMSNorm (Zhang and Sennrich 2019), rotary positions (Su et al. 2021)
 * with the halves of a head as pairs, grouped queries (Ainslie et al. 2023),
 * SwiGLU (Shazeer 2020), arranged as in Qwen2 (Yang et al. 2024).
 */
#include "support/forward.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/model/quantise.h"

struct layer {
	float *projections[PROJECTION_COUNT];      /* [outputs, inputs] */
	float *biases[PROJECT_V + 1];              /* NULL without */
	float *head_norms[PROJECT_K + 1];
	float *input_norm, *post_norm;
	double *keys, *values;        /* [context, kv_heads · head_dim] */
};

struct forward {
	struct model_shape shape;
	float *embedding, *head, *final_norm;      /* [vocab, hidden]; head is embedding where tied */
	struct layer *layers;
	size_t length;
};

static float *load(struct weight w, enum precision precision)
{
	struct stack m = stack_of(w);
	float *values = mem_alloc(w.rows * w.cols * sizeof *values);

	stack_rounded(&m, precision, values);
	return values;
}

static void load_layer(struct layer *layer, const struct model_shape *s, size_t i)
{
	size_t cached = s->context * s->kv_heads * s->head_dim;

	for (enum projection p = 0; p < PROJECTION_COUNT; p++) {
		struct weight w = weight_projection(s, i, p);

		layer->projections[p] = mem_alloc(w.rows * w.cols * sizeof(float));
		projection_rounded(s, i, p, layer->projections[p]);
	}
	for (enum projection p = 0; p <= PROJECT_V && !s->no_biases; p++)
		layer->biases[p] = load(weight_bias(s, i, p), precision_of_vectors(s));
	for (enum projection p = 0; p <= PROJECT_K && s->head_norms; p++)
		layer->head_norms[p] = load(weight_head_norm(s, i, p), precision_of_vectors(s));
	layer->input_norm = load(weight_input_norm(s, i), precision_of_vectors(s));
	layer->post_norm = load(weight_post_norm(s, i), precision_of_vectors(s));
	layer->keys = mem_zeroed(cached, sizeof(double));
	layer->values = mem_zeroed(cached, sizeof(double));
}

struct forward *forward_create(const struct model_shape *shape)
{
	struct forward *f = mem_zeroed(1, sizeof *f);

	f->shape = *shape;
	f->embedding = load(weight_embedding(shape), precision_of_embedding(shape));
	f->head = shape->separate_head ? load(weight_head(shape), precision_of_head(shape)) : f->embedding;
	f->final_norm = load(weight_final_norm(shape), precision_of_vectors(shape));
	f->layers = mem_zeroed(shape->layers, sizeof *f->layers);
	for (size_t i = 0; i < shape->layers; i++)
		load_layer(&f->layers[i], shape, i);
	return f;
}

void forward_destroy(struct forward *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->shape.layers; i++) {
		struct layer *layer = &f->layers[i];

		for (enum projection p = 0; p < PROJECTION_COUNT; p++)
			free(layer->projections[p]);
		for (enum projection p = 0; p <= PROJECT_V; p++)
			free(layer->biases[p]);
		for (enum projection p = 0; p <= PROJECT_K; p++)
			free(layer->head_norms[p]);
		free(layer->input_norm);
		free(layer->post_norm);
		free(layer->keys);
		free(layer->values);
	}
	if (f->head != f->embedding)
		free(f->head);
	free(f->embedding);
	free(f->final_norm);
	free(f->layers);
	free(f);
}

static double *rows(size_t n, size_t width)
{
	return mem_zeroed(n * width, sizeof(double));
}

/* y [n, outputs] = x [n, inputs] · wᵀ */
static void multiply(const float *w, size_t outputs, size_t inputs, const double *x, size_t n, double *y)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t o = 0; o < outputs; o++) {
			double sum = 0;

			for (size_t k = 0; k < inputs; k++)
				sum += (double)w[o * inputs + k] * x[i * inputs + k];
			y[i * outputs + o] = sum;
		}
	}
}

/* DynamicQuantizeLinear and back: 256 levels from the least to the greatest of all rows, 0 being one of them. */
static void round_activations(double *x, size_t count)
{
	double low = 0, high = 0, scale, zero;

	for (size_t i = 0; i < count; i++) {
		low = fmin(low, x[i]);
		high = fmax(high, x[i]);
	}
	if (low == high)
		return;
	scale = (high - low) / 255;
	zero = rint(-low / scale);
	for (size_t i = 0; i < count; i++)
		x[i] = (fmin(255, fmax(0, rint(x[i] / scale) + zero)) - zero) * scale;
}

/* A projection as the model's precision computes it. */
static void project(const struct forward *f, const float *w, size_t outputs, size_t inputs, const double *x, size_t n,
	double *y)
{
	own_mem double *rounded = NULL;

	if (f->shape.precision == PRECISION_INT8) {
		rounded = rows(n, inputs);
		memcpy(rounded, x, n * inputs * sizeof *x);
		round_activations(rounded, n * inputs);
		x = rounded;
	}
	multiply(w, outputs, inputs, x, n, y);
}

static void normalise(const struct forward *f, const float *weight, size_t width, const double *x, size_t n, double *y)
{
	for (size_t i = 0; i < n; i++, x += width, y += width) {
		double squares = 0, scale;

		for (size_t k = 0; k < width; k++)
			squares += x[k] * x[k];
		scale = 1 / sqrt(squares / (double)width + f->shape.rms_eps);
		for (size_t k = 0; k < width; k++)
			y[k] = x[k] * scale * (double)weight[k];
	}
}

/* Numbers k and k + d/2 of a head are a point, turned by position · theta^(-2k/d). */
static void rotate(const struct forward *f, double *head, size_t position)
{
	size_t half = f->shape.head_dim / 2;

	for (size_t k = 0; k < half; k++) {
		double angle = (double)position * rotary_frequency(&f->shape, k);
		double a = head[k], b = head[k + half];

		head[k] = a * cos(angle) - b * sin(angle);
		head[k + half] = b * cos(angle) + a * sin(angle);
	}
}

/* Projection with bias and norm; queries and keys are turned by their positions. */
static void project_heads(const struct forward *f, const struct layer *layer, enum projection p, const double *x,
	size_t n, double *y)
{
	size_t size = f->shape.head_dim, width = size * (p == PROJECT_Q ? f->shape.heads : f->shape.kv_heads);

	project(f, layer->projections[p], width, f->shape.hidden, x, n, y);
	for (size_t i = 0; i < n * width && layer->biases[p]; i++)
		y[i] += (double)layer->biases[p][i % width];
	if (p <= PROJECT_K && layer->head_norms[p])
		normalise(f, layer->head_norms[p], size, y, n * width / size, y);
	for (size_t i = 0; i < n && p != PROJECT_V; i++)
		for (size_t head = 0; head < width; head += size)
			rotate(f, y + i * width + head, f->length + i);
}

/* One head of one token: the values of the first `count` tokens, weighted by softmax(q · k / sqrt(d)). */
static void attend(const struct forward *f, const double *query, const double *keys, const double *values, size_t count,
	double *y)
{
	size_t size = f->shape.head_dim, width = size * f->shape.kv_heads;
	own_mem double *scores = rows(count, 1);
	double greatest = -INFINITY, sum = 0;

	for (size_t j = 0; j < count; j++) {
		for (size_t k = 0; k < size; k++)
			scores[j] += query[k] * keys[j * width + k] / sqrt((double)size);
		greatest = fmax(greatest, scores[j]);
	}
	for (size_t j = 0; j < count; j++)
		sum += scores[j] = exp(scores[j] - greatest);
	for (size_t k = 0; k < size; k++) {
		y[k] = 0;
		for (size_t j = 0; j < count; j++)
			y[k] += scores[j] / sum * values[j * width + k];
	}
}

/* Adds attention over x to it. */
static void add_attention(struct forward *f, struct layer *layer, double *x, size_t n)
{
	const struct model_shape *s = &f->shape;
	size_t size = s->head_dim, width = s->heads * size, kv_width = s->kv_heads * size;
	own_mem double *normed = rows(n, s->hidden), *q = rows(n, width);
	own_mem double *heads = rows(n, width), *y = rows(n, s->hidden);

	normalise(f, layer->input_norm, s->hidden, x, n, normed);
	project_heads(f, layer, PROJECT_Q, normed, n, q);
	project_heads(f, layer, PROJECT_K, normed, n, layer->keys + f->length * kv_width);
	project_heads(f, layer, PROJECT_V, normed, n, layer->values + f->length * kv_width);
	for (size_t i = 0; i < n; i++) {
		for (size_t head = 0; head < s->heads; head++) {
			size_t shared = head / (s->heads / s->kv_heads) * size, at = i * width + head * size;

			attend(f, q + at, layer->keys + shared, layer->values + shared, f->length + i + 1, heads + at);
		}
	}
	project(f, layer->projections[PROJECT_O], s->hidden, width, heads, n, y);
	for (size_t i = 0; i < n * s->hidden; i++)
		x[i] += y[i];
}

/* Adds down(silu(gate(x)) · up(x)) to x, silu(z) = z / (1 + e^-z). */
static void add_feed_forward(const struct forward *f, const struct layer *layer, double *x, size_t n)
{
	size_t width = f->shape.hidden, wide = f->shape.intermediate;
	own_mem double *normed = rows(n, width), *gate = rows(n, wide), *up = rows(n, wide), *y = rows(n, width);

	normalise(f, layer->post_norm, width, x, n, normed);
	project(f, layer->projections[PROJECT_GATE], wide, width, normed, n, gate);
	project(f, layer->projections[PROJECT_UP], wide, width, normed, n, up);
	for (size_t i = 0; i < n * wide; i++)
		gate[i] *= up[i] / (1 + exp(-gate[i]));
	project(f, layer->projections[PROJECT_DOWN], width, wide, gate, n, y);
	for (size_t i = 0; i < n * width; i++)
		x[i] += y[i];
}

void forward_run(struct forward *f, const int64_t *ids, size_t n, float *logits)
{
	size_t width = f->shape.hidden, vocab = f->shape.vocab;
	own_mem double *x = rows(n, width), *normed = rows(n, width), *y = rows(n, vocab);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < width; k++)
			x[i * width + k] = (double)f->embedding[(size_t)ids[i] * width + k];
	for (size_t i = 0; i < f->shape.layers; i++) {
		add_attention(f, &f->layers[i], x, n);
		add_feed_forward(f, &f->layers[i], x, n);
	}
	normalise(f, f->final_norm, width, x, n, normed);
	if (f->shape.separate_head)
		project(f, f->head, vocab, width, normed, n, y);
	else
		multiply(f->head, vocab, width, normed, n, y);
	for (size_t i = 0; i < n * vocab; i++)
		logits[i] = (float)y[i];
	f->length += n;
}

void forward_truncate(struct forward *f, size_t length)
{
	f->length = length;
}
