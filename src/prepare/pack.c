/*
 * Everything is divided into jobs first, each some groups of 16 outputs of one
 * product; members take the next job until none is left.
 */
#include "prepare/pack.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/prepared.h"
#include "prepare/numbers.h"

enum { PIECE_BYTES = 4 << 20, PIECE_OUTPUTS_MAX = 1024 };

/* ---- Types ---- */

static enum weights least(enum weights a, enum weights b)
{
	return a < b ? a : b;
}

/* What a product's weights are kept as. */
static enum weights type_of(const struct source *s, enum pack_fit fit)
{
	enum weights type = source_type(s);

	return type > WEIGHTS_F16 ? type : fit == PACK_EXACT && type == WEIGHTS_F32 ? WEIGHTS_F32 : WEIGHTS_F16;
}

static enum weights layer_type(const struct found_layer *l, enum decoder_matrix which, enum pack_fit fit)
{
	switch (which) {
	case DECODER_QKV:
		return least(type_of(&l->q.weights, fit),
			least(type_of(&l->k.weights, fit), type_of(&l->v.weights, fit)));
	case DECODER_GATE_UP: return least(type_of(&l->gate.weights, fit), type_of(&l->up.weights, fit));
	case DECODER_O: return type_of(&l->o.weights, fit);
	default: return type_of(&l->down.weights, fit);
	}
}

void pack_types(const struct found *f, enum pack_fit fit, struct decoder_shape *shape, uint8_t *types)
{
	enum weights embedding = type_of(&f->embedding, fit), head = type_of(&f->head.weights, fit), most = WEIGHTS_F32;

	*shape = f->shape;
	for (size_t layer = 0; layer < shape->layers; layer++) {
		for (enum decoder_matrix which = 0; which < DECODER_LAYER_MATRICES; which++) {
			enum weights type = layer_type(&f->layers[layer], which, fit);
			most = type > most ? type : most;
			types[decoder_type_place(shape, which, layer)] = (uint8_t)type;
		}
	}
	if (most > WEIGHTS_F16) {
		embedding = embedding > WEIGHTS_F16 ? embedding : WEIGHTS_I8;
		head = most == WEIGHTS_I4 && fit == PACK_SMALL ? WEIGHTS_I4 : head > WEIGHTS_F16 ? head : WEIGHTS_I8;
	}
	shape->tied = shape->tied && embedding == head;
	types[decoder_type_place(shape, DECODER_EMBEDDING, 0)] = (uint8_t)embedding;
	types[decoder_type_place(shape, DECODER_HEAD, 0)] = (uint8_t)head;
}

/* ---- Jobs ---- */

struct job {
	const struct product *product;
	const struct matrix *matrix;
	size_t first, groups;          /* outputs of the product from `first` on, in groups of 16 */
	size_t to, step;               /* where the first group goes, and how far apart the next are */
};

struct jobs {
	const struct packing *packing;
	struct job *list;
	size_t count;
	atomic_size_t next, done;
	atomic_bool cancelled;
};

static void add_job(struct jobs *jobs, struct job job)
{
	if ((jobs->count & (jobs->count - 1)) == 0)
		jobs->list = mem_resize(jobs->list, jobs->count ? 2 * jobs->count : 1, sizeof *jobs->list);
	jobs->list[jobs->count++] = job;
}

/* Groups `to`, `to + step`, … of the matrix are this product's. */
static void add_product(struct jobs *jobs, const struct product *p, const struct matrix *m, size_t to, size_t step)
{
	size_t piece = PIECE_BYTES / sizeof(float) / p->weights.inputs / MATRIX_GROUP;
	size_t all = (p->outputs + MATRIX_GROUP - 1) / MATRIX_GROUP;

	piece = piece == 0 ? 1 : piece > PIECE_OUTPUTS_MAX / MATRIX_GROUP ? PIECE_OUTPUTS_MAX / MATRIX_GROUP : piece;
	for (size_t at = 0; at < all; at += piece) {
		size_t groups = all - at < piece ? all - at : piece;
		add_job(jobs, (struct job){ p, m, at * MATRIX_GROUP, groups, to + at * step, step });
	}
}

static void add_layer(struct jobs *jobs, const struct decoder_shape *s, const struct found_layer *l,
	const struct decoder_layer *to)
{
	size_t queries = (size_t)s->heads * s->head_dim / MATRIX_GROUP;
	size_t keys = (size_t)s->kv_heads * s->head_dim / MATRIX_GROUP;

	add_product(jobs, &l->q, &to->matrices[DECODER_QKV], 0, 1);
	add_product(jobs, &l->k, &to->matrices[DECODER_QKV], queries, 1);
	add_product(jobs, &l->v, &to->matrices[DECODER_QKV], queries + keys, 1);
	add_product(jobs, &l->o, &to->matrices[DECODER_O], 0, 1);
	add_product(jobs, &l->gate, &to->matrices[DECODER_GATE_UP], 0, 2);
	add_product(jobs, &l->up, &to->matrices[DECODER_GATE_UP], 1, 2);
	add_product(jobs, &l->down, &to->matrices[DECODER_DOWN], 0, 1);
}

/* ---- One job ---- */

static void *group_of(const struct job *job, size_t index)
{
	char *data = prepared_memory(job->matrix->data);

	return data + (job->to + index * job->step) * matrix_group_bytes(job->matrix->type, job->matrix->inputs);
}

/* How many of a product's outputs are in this group of a job. */
static size_t group_count(const struct job *job, size_t index)
{
	size_t left = job->product->outputs - job->first - index * MATRIX_GROUP;

	return left < MATRIX_GROUP ? left : MATRIX_GROUP;
}

static bool pack_levels(const struct job *job, size_t outputs)
{
	const struct product *p = job->product;
	enum weights type = job->matrix->type;
	size_t inputs = p->weights.inputs, blocks = inputs / MATRIX_BLOCK;

	if (type != WEIGHTS_I8 && type != WEIGHTS_I4)
		return false;
	own_mem int8_t *levels = mem_alloc(outputs * inputs);
	own_mem float *scales = mem_alloc(outputs * blocks * sizeof *scales);
	if (!source_levels(&p->weights, type, p->first + job->first, outputs, levels, scales))
		return false;
	for (size_t g = 0; g < job->groups; g++) {
		const int8_t *level_rows[MATRIX_GROUP];
		const float *scale_rows[MATRIX_GROUP];

		for (size_t i = 0; i < MATRIX_GROUP; i++) {
			level_rows[i] = levels + (g * MATRIX_GROUP + i) * inputs;
			scale_rows[i] = scales + (g * MATRIX_GROUP + i) * blocks;
		}
		matrix_pack_levels(type, group_of(job, g), level_rows, scale_rows, group_count(job, g), inputs);
	}
	return true;
}

static void pack_floats(const struct job *job, size_t outputs)
{
	const struct product *p = job->product;
	size_t inputs = p->weights.inputs;
	own_mem float *values = mem_alloc(outputs * inputs * sizeof *values);

	source_read(&p->weights, p->first + job->first, outputs, values);
	for (size_t g = 0; g < job->groups; g++) {
		const float *rows[MATRIX_GROUP];

		for (size_t i = 0; i < MATRIX_GROUP; i++)
			rows[i] = values + (g * MATRIX_GROUP + i) * inputs;
		matrix_pack_floats(job->matrix->type, group_of(job, g), rows, group_count(job, g), inputs);
	}
}

static void pack_job(const struct job *job)
{
	size_t outputs = (job->groups - 1) * MATRIX_GROUP + group_count(job, job->groups - 1);

	if (!pack_levels(job, outputs))
		pack_floats(job, outputs);
}

static void pack_member(void *user, unsigned member, unsigned members)
{
	struct jobs *jobs = user;
	const struct packing *p = jobs->packing;
	size_t index;

	(void)members;
	while ((index = atomic_fetch_add(&jobs->next, 1)) < jobs->count) {
		if (cancel_fired(p->cancel)) {
			atomic_store(&jobs->cancelled, true);
			return;
		}
		pack_job(&jobs->list[index]);
		size_t done = atomic_fetch_add(&jobs->done, 1) + 1;
		if (member == 0 && p->progress)
			p->progress(p->user, (double)done / (double)jobs->count);
	}
}

/* ---- Vectors ---- */

static void read_vector(const struct onnx_constant *c, size_t first, size_t count, const float *to)
{
	if (c)
		numbers_read(c, first, count, prepared_memory(to));
}

static void pack_vectors(const struct found *f, const struct decoder_weights *to)
{
	const struct decoder_shape *s = &f->shape;
	float *frequencies = prepared_memory(to->frequencies);

	for (size_t i = 0; i < s->layers; i++) {
		const struct found_layer *l = &f->layers[i];
		const float *const *vectors = to->layers[i].vectors;
		const struct product *products[] = { &l->q, &l->k, &l->v };
		const float *bias = vectors[DECODER_QKV_BIAS];

		read_vector(l->norm1, 0, s->hidden, vectors[DECODER_NORM1]);
		read_vector(l->norm2, 0, s->hidden, vectors[DECODER_NORM2]);
		read_vector(l->q_norm, 0, s->head_dim, vectors[DECODER_Q_NORM]);
		read_vector(l->k_norm, 0, s->head_dim, vectors[DECODER_K_NORM]);
		for (size_t k = 0; bias && k < countof(products); bias += products[k++]->outputs)
			read_vector(products[k]->bias, products[k]->bias_first, products[k]->outputs, bias);
	}
	read_vector(f->final_norm, 0, s->hidden, to->final_norm);
	for (size_t i = 0; i < s->rotary_dim / 2; i++)
		frequencies[i] = (float)f->frequencies[i];
}

/* ---- All ---- */

bool pack_weights(const struct packing *p, struct team *team, struct error *err)
{
	const struct found *f = p->found;
	struct product embedding = { .weights = f->embedding, .outputs = f->embedding.outputs };
	struct jobs jobs = { .packing = p };

	for (size_t i = 0; i < f->shape.layers; i++)
		add_layer(&jobs, &f->shape, &f->layers[i], &p->to->layers[i]);
	add_product(&jobs, &embedding, &p->to->embedding, 0, 1);
	if (p->to->head.data != p->to->embedding.data)
		add_product(&jobs, &f->head, &p->to->head, 0, 1);
	pack_vectors(f, p->to);
	team_run(team, pack_member, &jobs);
	free(jobs.list);
	return !atomic_load(&jobs.cancelled) || error_set(err, ERROR_CANCELLED, "preparing the model was cancelled");
}
