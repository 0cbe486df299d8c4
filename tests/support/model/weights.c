/*
 * How large the numbers are decides whether a random model is worth running.
 * Inputs of every projection have a root mean square of about one (they follow a
 * norm), so a matrix with elements of variance gain²/inputs gives outputs of
 * root mean square gain.  With the gains below, attention is neither flat nor
 * one-hot, each layer changes the residual stream by about its own size, and
 * logits have a standard deviation of about 4.  The final norm's weights are of
 * either sign: otherwise a tied head would always answer with the last token.
 */
#include "support/model/weights.h"

#include <math.h>

#define LOGIT_DEVIATION 4.0
#define NORM_SPREAD     0.5f
#define BIAS_SPREAD     0.5f

enum part {
	PART_PROJECTION, PART_BIAS, PART_INPUT_NORM, PART_POST_NORM, PART_FINAL_NORM, PART_EMBEDDING, PART_HEAD,
	PART_HEAD_NORM,
};

static const struct {
	const char *name;
	float gain;
} projections[PROJECTION_COUNT] = {
	[PROJECT_Q] = { "self_attn.q_proj", 1.4f },
	[PROJECT_K] = { "self_attn.k_proj", 1.4f },
	[PROJECT_V] = { "self_attn.v_proj", 1 },
	[PROJECT_O] = { "self_attn.o_proj", 1 },
	[PROJECT_GATE] = { "mlp.gate_proj", 1 },
	[PROJECT_UP] = { "mlp.up_proj", 1 },
	[PROJECT_DOWN] = { "mlp.down_proj", 1 },
};

/* SplitMix64's finaliser (Steele, Lea, Flood 2014). */
static uint64_t scramble(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint64_t make_key(const struct model_shape *s, enum part part, size_t layer, size_t which)
{
	return scramble(scramble(s->seed + 1) + (uint64_t)part * 0x9e3779b97f4a7c15 + layer * 64 + which);
}

/* The half-width of a uniform distribution with this standard deviation. */
static float spread_of(double deviation)
{
	return (float)(deviation * sqrt(3));
}

struct weight weight_projection(const struct model_shape *s, size_t layer, enum projection which)
{
	size_t wide = s->heads * s->head_dim, narrow = s->kv_heads * s->head_dim;
	const size_t rows[] = { wide, narrow, narrow, s->hidden, s->intermediate, s->intermediate, s->hidden };
	const size_t cols[] = { s->hidden, s->hidden, s->hidden, wide, s->hidden, s->hidden, s->intermediate };

	return (struct weight){
		.key = make_key(s, PART_PROJECTION, layer, which), .rows = rows[which], .cols = cols[which],
		.spread = spread_of(projections[which].gain / sqrt((double)cols[which])),
	};
}

struct weight weight_bias(const struct model_shape *s, size_t layer, enum projection which)
{
	return (struct weight){
		.key = make_key(s, PART_BIAS, layer, which), .rows = weight_projection(s, layer, which).rows, .cols = 1,
		.spread = BIAS_SPREAD,
	};
}

struct weight weight_head_norm(const struct model_shape *s, size_t layer, enum projection which)
{
	return (struct weight){
		.key = make_key(s, PART_HEAD_NORM, layer, which), .rows = s->head_dim, .cols = 1, .middle = 1,
		.spread = NORM_SPREAD,
	};
}

static struct weight make_norm(const struct model_shape *s, enum part part, size_t layer)
{
	return (struct weight){
		.key = make_key(s, part, layer, 0), .rows = s->hidden, .cols = 1, .middle = 1, .spread = NORM_SPREAD,
	};
}

struct weight weight_input_norm(const struct model_shape *s, size_t layer)
{
	return make_norm(s, PART_INPUT_NORM, layer);
}

struct weight weight_post_norm(const struct model_shape *s, size_t layer)
{
	return make_norm(s, PART_POST_NORM, layer);
}

struct weight weight_final_norm(const struct model_shape *s)
{
	struct weight w = make_norm(s, PART_FINAL_NORM, 0);

	w.middle = 0;
	w.spread = spread_of(1);
	return w;
}

static struct weight make_table(const struct model_shape *s, enum part part)
{
	return (struct weight){
		.key = make_key(s, part, 0, 0), .rows = s->vocab, .cols = s->hidden,
		.spread = spread_of(LOGIT_DEVIATION / sqrt((double)s->hidden)),
	};
}

struct weight weight_embedding(const struct model_shape *s)
{
	return make_table(s, PART_EMBEDDING);
}

struct weight weight_head(const struct model_shape *s)
{
	return make_table(s, s->separate_head ? PART_HEAD : PART_EMBEDDING);
}

/* RoFormer, eq. 15; with a factor, Llama 3.1's ramp between wavelengths of 1/4 and 1/1 of the original context. */
double rotary_frequency(const struct model_shape *s, size_t pair)
{
	double frequency = pow(s->rope_theta, -2.0 * (double)pair / (double)s->head_dim);
	double turns = MODEL_ROPE_ORIGINAL * frequency / (2 * M_PI), smooth = (turns - 1) / 3;

	if (s->rope_factor == 0 || turns > 4)
		return frequency;
	return turns < 1 ? frequency / s->rope_factor : (1 - smooth) * frequency / s->rope_factor + smooth * frequency;
}

const char *projection_name(enum projection which)
{
	return projections[which].name;
}

float weight_at(const struct weight *w, size_t row, size_t col)
{
	uint64_t place = row * w->cols + col;
	uint64_t hash = scramble(w->key + (place + 1) * 0x9e3779b97f4a7c15);

	return w->middle + w->spread * ((float)(hash >> 40) * 0x1p-23f - 1);   /* 24 random bits in [-1, 1) */
}

struct stack stack_of(struct weight w)
{
	return (struct stack){ .parts = { w }, .count = 1, .rows = w.rows, .cols = w.cols };
}

static struct stack stack_three(struct weight a, struct weight b, struct weight c)
{
	return (struct stack){ .parts = { a, b, c }, .count = 3, .rows = a.rows + b.rows + c.rows, .cols = a.cols };
}

struct stack stack_of_qkv(const struct model_shape *s, size_t layer)
{
	return stack_three(weight_projection(s, layer, PROJECT_Q), weight_projection(s, layer, PROJECT_K),
		weight_projection(s, layer, PROJECT_V));
}

struct stack stack_of_qkv_biases(const struct model_shape *s, size_t layer)
{
	return stack_three(weight_bias(s, layer, PROJECT_Q), weight_bias(s, layer, PROJECT_K),
		weight_bias(s, layer, PROJECT_V));
}

float stack_at(const struct stack *m, size_t row, size_t col)
{
	const struct weight *part = m->parts;

	for (; row >= part->rows; part++)
		row -= part->rows;
	return weight_at(part, row, col);
}
