/*
 * One call of team_run() a pass: every member walks the same steps, does its
 * part of each and meets the others at a barrier.  The residual stream x is one
 * row of floats a token; norms, rotations and stores are divided by rows, products
 * by outputs (kernel/matrix.h), attention as it plans itself.
 *
 * Formulas: RMSNorm (Zhang and Sennrich 2019), rotary positions (Su et al. 2021),
 * grouped queries (Ainslie et al. 2023), SwiGLU (Shazeer 2020).
 */
#include "model/decoder.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>

#include "base/mapped.h"
#include "base/mem.h"
#include "kernel/team.h"
#include "kernel/vector.h"
#include "model/adapted.h"

struct decoder {
	struct decoder_shape shape;
	const struct decoder_weights *weights;
	struct attention_shape heads;
	struct team *team;
	struct attention *attention;

	size_t room;               /* rows there is memory for */
	struct mapped memory;      /* what follows lies in it */
	float *x;                  /* [room][hidden] */
	float *qkv;                /* [room][q, k, v] */
	float *cosine, *sine;      /* [room][rotary_dim / 2] */
	void *input;               /* of norms: activations of hidden */
	void *inner;               /* attention's results, or gated ones: activations of the wider of both */

	struct adapted adapted;    /* rows with an adapter, of this run */
	struct attention_row *attended;    /* [room] */
	uint32_t *wanted;          /* rows that want logits */
	size_t wanted_count;
	struct mapped logit_memory;
	float *logits;             /* [as many as ever were wanted][vocabulary] */
};

struct pass;

/* One of a layer's products: all that is the same in every layer. */
struct product {
	struct activations *x;
	float *out;
	size_t stride;
	enum epilogue epilogue;
};

/* One member's part of one; ends at a barrier. */
typedef void product_fn(struct pass *p, size_t layer, enum decoder_matrix which, unsigned member, unsigned members);

/* One run, as its members see it. */
struct pass {
	struct decoder *d;
	const struct decoder_row *rows;
	size_t count;
	struct cancel *cancel;
	atomic_bool stopped;       /* written by member 0 between two barriers, read after the second */
	struct activations hidden, heads, gated, last;
	struct product products[DECODER_LAYER_MATRICES];
	product_fn *multiply;      /* with adapters or without */
};

/* ---- Memory ---- */

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

struct split {
	char *base;        /* NULL: only measure */
	size_t used;
};

static void *cut(struct split *s, size_t bytes)
{
	void *at = s->base ? s->base + s->used : NULL;

	s->used += aligned(bytes);
	return at;
}

/* Points everything into `base`; returns the bytes for so many rows. */
static size_t lay_out(struct decoder *d, void *base, size_t rows)
{
	const struct decoder_shape *s = &d->shape;
	struct split split = { .base = base };
	size_t half = s->rotary_dim / 2, wide = decoder_inputs(s, DECODER_O);

	d->x = cut(&split, rows * s->hidden * sizeof(float));
	d->qkv = cut(&split, rows * decoder_outputs(s, DECODER_QKV) * sizeof(float));
	d->cosine = cut(&split, rows * half * sizeof(float));
	d->sine = cut(&split, rows * half * sizeof(float));
	d->input = cut(&split, activations_bytes(rows, s->hidden));
	d->inner = cut(&split, larger(activations_bytes(rows, wide), activations_bytes(rows, s->intermediate)));
	return split.used;
}

static bool make_room(struct decoder *d, size_t rows, struct error *err)
{
	struct mapped memory;

	if (rows <= d->room)
		return true;
	rows = larger(rows, 2 * d->room < 64 ? 64 : 2 * d->room);
	size_t bytes = lay_out(d, NULL, rows);
	if (!mapped_pages(&memory, bytes, err)) {
		lay_out(d, d->memory.data, d->room);
		return false;
	}
	mapped_done(&d->memory);
	d->memory = memory;
	lay_out(d, memory.data, rows);
	d->room = rows;
	d->attended = mem_resize(d->attended, rows, sizeof *d->attended);
	d->wanted = mem_resize(d->wanted, rows, sizeof *d->wanted);
	return true;
}

/* Counts the rows that want logits, and makes room for those. */
static bool make_logits(struct decoder *d, const struct decoder_row *rows, size_t count, struct error *err)
{
	size_t width = d->shape.vocabulary * sizeof(float), had = d->logit_memory.len / width;

	d->wanted_count = 0;
	for (size_t i = 0; i < count; i++)
		if (rows[i].wants_logits)
			d->wanted[d->wanted_count++] = (uint32_t)i;
	if (d->wanted_count <= had)
		return true;
	mapped_done(&d->logit_memory);
	if (!mapped_pages(&d->logit_memory, larger(d->wanted_count, 2 * had) * width, err))
		return false;
	void *memory = d->logit_memory.data;
	d->logits = memory;
	return true;
}

/* ---- Steps, each one member's part ---- */

/* The rows a member cares for: every members-th. */
#define each_row(i, p, member, members) (size_t i = (member); i < (p)->count; i += (members))

static void embed(struct pass *p, unsigned member, unsigned members)
{
	const struct decoder *d = p->d;
	size_t hidden = d->shape.hidden, half = d->shape.rotary_dim / 2;

	for each_row(i, p, member, members) {
		matrix_row(&d->weights->embedding, (size_t)p->rows[i].token, d->x + i * hidden);
		rope_angles(d->cosine + i * half, d->sine + i * half, d->weights->frequencies, half,
			d->shape.rope_magnitude, p->rows[i].position);
	}
}

static bool is_rounded(const struct matrix *m) { return m->type == WEIGHTS_I8 || m->type == WEIGHTS_I4; }

/* What a product takes, once all members have filled it in. */
static void round_for(struct pass *p, const struct matrix *m, struct activations *x, unsigned member, unsigned members)
{
	if (!is_rounded(m))
		return;
	activations_round(x, member, members);
	team_barrier(p->d->team);
}

static void norm(struct pass *p, const float *weight, unsigned member, unsigned members)
{
	const struct decoder *d = p->d;
	size_t hidden = d->shape.hidden;

	for each_row(i, p, member, members)
		rms_norm(p->hidden.values + i * hidden, d->x + i * hidden, weight, hidden, d->shape.eps);
	team_barrier(d->team);
}

static void multiply(struct pass *p, const struct matrix *m, struct activations *x, float *out, size_t stride,
	enum epilogue epilogue, const float *bias, unsigned member, unsigned members)
{
	round_for(p, m, x, member, members);
	matrix_multiply(m, x, out, stride, epilogue, bias, member, members);
	team_barrier(p->d->team);
}

static const float *layer_bias(const struct decoder_layer *layer, enum decoder_matrix which)
{
	return which == DECODER_QKV ? layer->vectors[DECODER_QKV_BIAS] : NULL;
}

static void multiply_plain(struct pass *p, size_t index, enum decoder_matrix which, unsigned member, unsigned members)
{
	const struct decoder_layer *layer = &p->d->weights->layers[index];
	const struct product *f = &p->products[which];

	multiply(p, &layer->matrices[which], f->x, f->out, f->stride, f->epilogue, layer_bias(layer, which), member,
		members);
}

/* Rows with adapters get theirs inside the product; for all others it is the same. */
static void multiply_adapted(struct pass *p, size_t index, enum decoder_matrix which, unsigned member, unsigned members)
{
	const struct decoder_layer *layer = &p->d->weights->layers[index];
	const struct matrix *m = &layer->matrices[which];
	const struct product *f = &p->products[which];
	const struct adapted_product own = { &p->d->adapted, index, which };
	const struct matrix_addition more = { adapted_add, &own };

	adapted_shrink(own.adapted, index, which, f->x->values, member, members);
	if (is_rounded(m))
		activations_round(f->x, member, members);
	team_barrier(p->d->team);
	matrix_multiply_adding(m, f->x, f->out, f->stride, f->epilogue, layer_bias(layer, which), &more, member,
		members);
	team_barrier(p->d->team);
}

/* Heads are normalised where the model does so, turned, and keys and values go into their page. */
static void turn_and_store(struct pass *p, size_t index, unsigned member, unsigned members)
{
	const struct decoder *d = p->d;
	const struct decoder_shape *s = &d->shape;
	const struct decoder_layer *layer = &d->weights->layers[index];
	size_t half = s->rotary_dim / 2, width = decoder_outputs(s, DECODER_QKV), dim = s->head_dim;

	for each_row(i, p, member, members) {
		const struct decoder_row *row = &p->rows[i];
		float *q = d->qkv + i * width, *k = q + s->heads * dim, *v = k + s->kv_heads * dim;
		if (s->qk_norm) {
			heads_norm(q, s->heads, dim, layer->vectors[DECODER_Q_NORM], s->eps);
			heads_norm(k, s->kv_heads, dim, layer->vectors[DECODER_K_NORM], s->eps);
		}
		rope_turn(q, s->heads + s->kv_heads, dim, d->cosine + i * half, d->sine + i * half, half);
		attention_store(&d->heads, row->pages[row->position / PAGE_TOKENS], index, row->position % PAGE_TOKENS,
			k, v);
	}
	team_barrier(d->team);
}

static void run_layer(struct pass *p, size_t index, unsigned member, unsigned members)
{
	const struct decoder *d = p->d;
	const struct decoder_layer *layer = &d->weights->layers[index];

	norm(p, layer->vectors[DECODER_NORM1], member, members);
	p->multiply(p, index, DECODER_QKV, member, members);
	turn_and_store(p, index, member, members);
	attention_run(d->attention, index, member);
	if (member == 0 && cancel_fired(p->cancel))
		atomic_store(&p->stopped, true);
	team_barrier(d->team);
	p->multiply(p, index, DECODER_O, member, members);
	norm(p, layer->vectors[DECODER_NORM2], member, members);
	p->multiply(p, index, DECODER_GATE_UP, member, members);
	p->multiply(p, index, DECODER_DOWN, member, members);
}

/* The last norm and the head, for those rows only that want logits. */
static void run_head(struct pass *p, unsigned member, unsigned members)
{
	const struct decoder *d = p->d;
	const struct matrix *head = &d->weights->head;
	size_t hidden = d->shape.hidden;

	for (size_t i = member; i < d->wanted_count; i += members)
		rms_norm(p->last.values + i * hidden, d->x + d->wanted[i] * hidden, d->weights->final_norm, hidden,
			d->shape.eps);
	team_barrier(d->team);
	multiply(p, head, &p->last, d->logits, head->outputs, EPILOGUE_STORE, NULL, member, members);
}

static void run_pass(void *user, unsigned member, unsigned members)
{
	struct pass *p = user;

	embed(p, member, members);
	team_barrier(p->d->team);
	for (size_t i = 0; i < p->d->shape.layers && !atomic_load(&p->stopped); i++)
		run_layer(p, i, member, members);
	if (p->d->wanted_count && !atomic_load(&p->stopped))
		run_head(p, member, members);
}

/* ---- Runs ---- */

static void plan_attention(struct pass *p)
{
	struct decoder *d = p->d;
	size_t width = decoder_outputs(&d->shape, DECODER_QKV), wide = decoder_inputs(&d->shape, DECODER_O);

	for (size_t i = 0; i < p->count; i++)
		d->attended[i] = (struct attention_row){
			.q = d->qkv + i * width, .out = p->heads.values + i * wide, .pages = p->rows[i].pages,
			.position = p->rows[i].position,
		};
	attention_plan(d->attention, d->attended, p->count, team_members(d->team));
}

static void plan_products(struct pass *p)
{
	struct decoder *d = p->d;
	size_t hidden = d->shape.hidden, width = decoder_outputs(&d->shape, DECODER_QKV);

	p->products[DECODER_QKV] = (struct product){ &p->hidden, d->qkv, width, EPILOGUE_STORE };
	p->products[DECODER_O] = (struct product){ &p->heads, d->x, hidden, EPILOGUE_ADD };
	p->products[DECODER_GATE_UP] =
		(struct product){ &p->hidden, p->gated.values, d->shape.intermediate, EPILOGUE_SWIGLU };
	p->products[DECODER_DOWN] = (struct product){ &p->gated, d->x, hidden, EPILOGUE_ADD };
	p->multiply = d->adapted.span_count ? multiply_adapted : multiply_plain;
}

bool decoder_run(struct decoder *d, const struct decoder_row *rows, size_t count, struct cancel *cancel,
	struct error *err)
{
	struct pass p = { .d = d, .rows = rows, .count = count, .cancel = cancel };

	if (count == 0)
		return true;
	if (!make_room(d, count, err) || !make_logits(d, rows, count, err) ||
	    !adapted_plan(&d->adapted, rows, count, err))
		return false;
	atomic_init(&p.stopped, false);
	activations_init(&p.hidden, d->input, count, d->shape.hidden);
	activations_init(&p.last, d->input, d->wanted_count, d->shape.hidden);
	activations_init(&p.heads, d->inner, count, decoder_inputs(&d->shape, DECODER_O));
	activations_init(&p.gated, d->inner, count, d->shape.intermediate);
	plan_attention(&p);
	plan_products(&p);
	team_run(d->team, run_pass, &p);
	return !atomic_load(&p.stopped) || error_set(err, ERROR_CANCELLED, "cancelled");
}

float *decoder_logits(const struct decoder *d, size_t n)
{
	assert(n < d->wanted_count);
	return d->logits + n * d->shape.vocabulary;
}

/* ---- Life ---- */

static struct attention_shape heads_of(const struct decoder_shape *s, enum kv_type kv)
{
	return (struct attention_shape){
		.heads = s->heads, .kv_heads = s->kv_heads, .head_dim = s->head_dim,
		.scale = 1 / sqrtf((float)s->head_dim), .type = kv,
	};
}

struct decoder *decoder_create(const struct decoder_shape *shape, const struct decoder_weights *weights,
	const struct decoder_options *options, struct error *err)
{
	own_decoder *d = mem_zeroed(1, sizeof *d);

	d->shape = *shape;
	d->weights = weights;
	d->adapted.shape = *shape;
	d->heads = heads_of(shape, options->kv);
	if (!attention_shape_valid(&d->heads)) {
		error_set(err, ERROR_INVALID,
			"attention of %lu heads of %lu numbers, %lu of keys, is none we can compute",
			(unsigned long)shape->heads, (unsigned long)shape->head_dim, (unsigned long)shape->kv_heads);
		return NULL;
	}
	d->attention = attention_create(&d->heads);
	d->team = team_create(options->threads, err);
	return d->team ? take(d) : NULL;
}

void decoder_destroy(struct decoder *d)
{
	if (!d)
		return;
	team_destroy(d->team);
	attention_destroy(d->attention);
	mapped_done(&d->memory);
	mapped_done(&d->logit_memory);
	adapted_done(&d->adapted);
	free(d->attended);
	free(d->wanted);
	free(d);
}

size_t decoder_run_bytes(const struct decoder *d)
{
	return d->memory.len + d->logit_memory.len + d->room * (sizeof *d->attended + sizeof *d->wanted) +
		attention_bytes(d->attention);
}

size_t decoder_page_bytes(const struct decoder *d)
{
	return attention_page_bytes(&d->heads, d->shape.layers);
}
