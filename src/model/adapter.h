/*
 * A low-rank adapter (LoRA, Hu et al. 2021) beside a decoder's weights: each
 * projection it has a part for gives
 *
 *     y = W · x + bias + scale · B · (A · x)
 *
 * A row of a run carries one or none (model/decoder.h), so one loaded model
 * serves several.  Made and filled by one thread, then never changed: any thread
 * may read it.  Reference-counted.
 */
#pragma once

#include "model/decoder_shape.h"

/* In PEFT's files, "model.layers.N." stands before, ".lora_A.weight" and ".lora_B.weight" behind. */
enum adapter_projection {
	ADAPTER_Q,             /* self_attn.q_proj: heads * head_dim x hidden */
	ADAPTER_K,             /* self_attn.k_proj: kv_heads * head_dim x hidden */
	ADAPTER_V,             /* self_attn.v_proj: the same */
	ADAPTER_O,             /* self_attn.o_proj: hidden x heads * head_dim */
	ADAPTER_GATE,          /* mlp.gate_proj: intermediate x hidden */
	ADAPTER_UP,            /* mlp.up_proj: the same */
	ADAPTER_DOWN,          /* mlp.down_proj: hidden x intermediate */
	ADAPTER_PROJECTIONS,
};

enum { ADAPTER_RANK_MAX = 1024 };

struct adapter;

/* Without any part: it changes nothing. */
struct adapter *adapter_create(const struct decoder_shape *shape);

struct adapter *adapter_share(struct adapter *a);      /* accepts NULL */
void adapter_release(struct adapter *a);               /* accepts NULL */

static inline void adapter_release_ptr(struct adapter **a) { adapter_release(*a); }
#define own_adapter owns(adapter_release_ptr) struct adapter

/* One projection's part, as it is trained. */
struct adapter_factors {
	size_t rank, inputs, outputs;
	const float *a;            /* [rank][inputs] */
	const float *b;            /* [outputs][rank] */
	float scale;               /* alpha / rank */
};

/*
 * Gives a layer's projection its part, or another one; copies it.  Before anyone
 * else has the adapter.  One that can add nothing (scale or B are zero) is left
 * out: the bits are then the model's own.  ERROR_INVALID names what is wrong:
 * sizes that are not the model's, a rank of 0 or above ADAPTER_RANK_MAX, numbers
 * that are not finite.
 */
bool adapter_set(struct adapter *a, size_t layer, enum adapter_projection which, const struct adapter_factors *f,
		 struct error *err) must_use;

/* Inputs and outputs of a projection. */
size_t adapter_inputs(const struct decoder_shape *s, enum adapter_projection which);
size_t adapter_outputs(const struct decoder_shape *s, enum adapter_projection which);

/* Whether it was made for decoders of this shape. */
bool adapter_fits(const struct adapter *a, const struct decoder_shape *s);

/*
 * Tells apart what it computes (model/pages.h): never 0, never another adapter's
 * while the program runs, and without a meaning after.
 */
uint32_t adapter_world(const struct adapter *a);

/* None of its parts has a larger rank. */
size_t adapter_rank(const struct adapter *a);

/* A part as kernel/vector.h multiplies with it. */
struct adapter_part {
	size_t rank;               /* 0: there is none */
	float scale;
	float *a;                  /* [rank][inputs] */
	float *b;                  /* [outputs / 16][rank][16] */
};

const struct adapter_part *adapter_part(const struct adapter *a, size_t layer, enum adapter_projection which);
