/*
 * IEEE 754 binary16, the float16 of ONNX, from and to float.  (clang 14 has no
 * _Float16 on x86-64.)  Stateless.
 */
#pragma once

#include <stdint.h>

/* Rounds to nearest, ties to even; too large becomes infinity. */
uint16_t half_from(float value);

float half_to(uint16_t half);

/* The nearest value that binary16 can hold. */
static inline float half_round(float value) { return half_to(half_from(value)); }
