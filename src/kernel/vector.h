/*
 * Operations on single rows of floats.
 *
 * Each takes one row (of one token), so results depend on nothing but that row.
 * Any length if nothing else is said, any alignment; sums are taken in a fixed order.
 */
#pragma once

#include <stddef.h>

/* out[i] = in[i] / sqrt(mean(in²) + eps) · weight[i]; out may be in. */
void rms_norm(float *out, const float *in, const float *weight, size_t n, float eps);

/* rms_norm() of each of `count` heads of `dimension`, in place; they share the weight (Qwen3). */
void heads_norm(float *heads, size_t count, size_t dimension, const float *weight, float eps);

/*
 * The two halves of a product with a matrix of low rank, B · A.  A's rows lie one
 * after another; of B this is one group of 16 outputs, [rank][16], for some rows.
 *
 *     out[j] = scale · Σ over i  a[j][i] · in[i]                      n, of i, is a multiple of 16
 *     out[row][lane] += Σ over j  b[j][lane] · in[row · stride + j]
 */
void vector_shrink(float *out, const float *a, size_t rank, const float *in, size_t n, float scale);
void vector_expand(float (*out)[16], const float *b, size_t rank, const float *in, size_t stride, size_t rows);

/*
 * Rotary positions.  frequencies: `half` inverse frequencies, in radians a
 * token; magnitude: 1, or YaRN's factor.  Fills cosine[half] and sine[half],
 * once a row for all layers and heads.
 */
void rope_angles(float *cosine, float *sine, const float *frequencies, size_t half, float magnitude, size_t position);

/*
 * Turns the pairs (i, i + half) of each head by the angles, in place: the
 * layout of Qwen2, Llama and Mistral as Hugging Face publishes them.  What lies
 * at 2·half and after in a head stays.
 */
void rope_turn(float *heads, size_t count, size_t dimension, const float *cosine, const float *sine, size_t half);
