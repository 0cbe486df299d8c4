/*
 * What the parts of kernel/attention share: where things lie in a page, and what
 * each instruction set provides.
 */
#pragma once

#include "kernel/attention.h"

/* Every row of a scratch array is this many floats long, so that offsets are constants. */
enum { ATTENTION_STRIDE = 256 };

_Static_assert((int)ATTENTION_STRIDE >= (int)ATTENTION_CHUNK && (int)ATTENTION_STRIDE >= (int)ATTENTION_DIM_MAX, "");

/* Bytes, within one layer's one head of a page. */
struct attention_place {
	size_t element;              /* of one number */
	size_t block;                /* of 32 columns of values */
	size_t values, scales;       /* where they begin; keys are at 0 */
	size_t head;                 /* the whole */
};

struct attention_place attention_place(const struct attention_shape *s);

/*
 * out[r][0..31] = or += the sum over k, in order, of a[r][k] * b[k][0..31] for
 * r < rows.  b is cut into blocks of 32 k, of which the last has `steps` (maybe
 * more than 32, when it is the only one); next[i], as large as b[i], is fetched
 * into the second-level cache meanwhile.  Rows lie ATTENTION_STRIDE apart.
 */
struct panel {
	float *out;
	const float *a;
	const void *const *b, *const *next;
	size_t rows, blocks, steps;
	bool fresh;                  /* = instead of += */
};

/* One instruction set's.  Bits depend on the arguments' values alone, never on what else is in a panel. */
struct attention_kernels {
	size_t rows;                 /* a panel's, at most */
	void (*panel[3])(const struct panel *p);       /* by enum kv_type of b */
	/* Makes scores exp(score - top), whose sum is given back; count > 0. */
	float (*softmax)(float *scores, size_t count, float *top);
	/* to[i] = to[i] * keep + from[i] * add; count is a multiple of 16. */
	void (*blend)(float *to, float keep, const float *from, float add, size_t count);
	/* rows[r][i] *= factors[i], i < 32. */
	void (*multiply)(float *rows, size_t count, const float *factors);
	/* e^x for x <= 0; below -87 as at -87. */
	float (*exponential)(float x);
	/* To half precision, saturating; count is a multiple of 16. */
	void (*narrow)(unsigned short *out, const float *in, size_t count);
};

extern const struct attention_kernels attention_portable, attention_avx2, attention_avx512;

/* kernel_isa()'s. */
const struct attention_kernels *attention_kernels(void);
