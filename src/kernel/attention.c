/* Where things lie in a page, and how they get there. */
#include "kernel/attention.h"

#include <math.h>
#include <stdint.h>

#include "kernel/attention_inside.h"
#include "kernel/cpu.h"

const struct attention_kernels *attention_kernels(void)
{
	static const struct attention_kernels *const sets[ISA_COUNT] = {
		[ISA_PORTABLE] = &attention_portable,
		[ISA_NEON] = &attention_portable,
#if defined(__x86_64__)
		[ISA_AVX2] = &attention_avx2,
		[ISA_AVX_VNNI] = &attention_avx2,
		[ISA_AVX512] = &attention_avx512,
#endif
	};

	return sets[kernel_isa()];
}

bool attention_shape_valid(const struct attention_shape *s)
{
	return s->kv_heads > 0 && s->heads > 0 && s->heads % s->kv_heads == 0 &&
	       s->heads / s->kv_heads <= ATTENTION_GROUP_MAX && s->head_dim > 0 && s->head_dim % 16 == 0 &&
	       s->head_dim <= ATTENTION_DIM_MAX;
}

struct attention_place attention_place(const struct attention_shape *s)
{
	static const size_t elements[] = { [KV_F32] = 4, [KV_F16] = 2, [KV_I8] = 1 };
	const size_t element = elements[s->type], block = PAGE_TOKENS * PAGE_TOKENS * element;
	const size_t values = s->head_dim * PAGE_TOKENS * element;
	const size_t scales = values + (s->head_dim + 31) / 32 * block;

	return (struct attention_place){
		.element = element,
		.block = block,
		.values = values,
		.scales = scales,
		.head = scales + (s->type == KV_I8 ? 2 * PAGE_TOKENS * sizeof(float) : 0),
	};
}

size_t attention_page_bytes(const struct attention_shape *s, size_t layers)
{
	return layers * s->kv_heads * attention_place(s).head;
}

/* Whole numbers up to 127 times the scale given back. */
static float quantise(int8_t *out, const float *in, size_t count)
{
	float most = 0;

	for (size_t i = 0; i < count; i++)
		most = fmaxf(most, fabsf(in[i]));
	const float scale = most / 127, inverse = scale > 0 ? 1 / scale : 0;
	for (size_t i = 0; i < count; i++) {
		float x = in[i] * inverse;
		out[i] = (int8_t)(x < 0 ? x - 0.5f : x + 0.5f);
	}
	return scale;
}

/* Where one token's numbers go, of one head: keys 32 apart, values side by side in their blocks. */
struct spot {
	char *head;
	struct attention_place place;
	size_t dim, slot;
};

#define SPREAD(type, s, k, v) do { \
		void *keys_ = (s)->head, *values_ = (s)->head + (s)->place.values; \
		type *to_k_ = (type *)keys_ + (s)->slot, *to_v_ = (type *)values_ + (s)->slot * PAGE_TOKENS; \
		for (size_t i_ = 0; i_ < (s)->dim; i_++) { \
			to_k_[i_ * PAGE_TOKENS] = (k)[i_]; \
			to_v_[i_ / PAGE_TOKENS * PAGE_TOKENS * PAGE_TOKENS + i_ % PAGE_TOKENS] = (v)[i_]; \
		} \
	} while (0)

typedef void store_fn(const struct spot *s, const float *k, const float *v);

static void store_f32(const struct spot *s, const float *k, const float *v)
{
	SPREAD(float, s, k, v);
}

static void store_f16(const struct spot *s, const float *k, const float *v)
{
	unsigned short keys[ATTENTION_DIM_MAX], values[ATTENTION_DIM_MAX];

	attention_kernels()->narrow(keys, k, s->dim);
	attention_kernels()->narrow(values, v, s->dim);
	SPREAD(unsigned short, s, keys, values);
}

static void store_i8(const struct spot *s, const float *k, const float *v)
{
	int8_t keys[ATTENTION_DIM_MAX], values[ATTENTION_DIM_MAX];
	float *scales = (float *)(void *)(s->head + s->place.scales) + s->slot;

	scales[0] = quantise(keys, k, s->dim);
	scales[PAGE_TOKENS] = quantise(values, v, s->dim);
	SPREAD(int8_t, s, keys, values);
}

void attention_store(
	const struct attention_shape *s, void *page, size_t layer, size_t slot, const float *k, const float *v)
{
	static store_fn *const stores[] = { [KV_F32] = store_f32, [KV_F16] = store_f16, [KV_I8] = store_i8 };
	struct spot spot = { .place = attention_place(s), .dim = s->head_dim, .slot = slot };

	spot.head = (char *)page + layer * s->kv_heads * spot.place.head;
	for (size_t h = 0; h < s->kv_heads; h++, spot.head += spot.place.head, k += s->head_dim, v += s->head_dim)
		stores[s->type](&spot, k, v);
}
