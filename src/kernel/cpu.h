/*
 * Which instructions the inner loops may use.
 *
 * Modules with such loops keep a table of functions per set and take the row
 * kernel_isa() names.  Files of one set are compiled with its own flags and
 * called through those tables only.  Bits may differ between sets, never within
 * one.
 */
#pragma once

#include <stdbool.h>

enum isa {
	ISA_PORTABLE,       /* plain C */
	ISA_NEON,           /* and ARMv8.2's sums of products of bytes */
	ISA_AVX2,           /* and FMA, F16C */
	ISA_AVX_VNNI,       /* what AVX2 has, and sums of products of bytes */
	ISA_AVX512,         /* F, BW, DQ, VL, VNNI; and what AVX2 has */
	ISA_COUNT
};

/* The best set of this processor, or the lower one that SHAMMAH_ISA names (isa_name()). */
enum isa kernel_isa(void);

/* "portable", "neon", "avx2", "avx-vnni", "avx512". */
const char *isa_name(enum isa isa);

/*
 * For tests and benches: from now on kernel_isa() says this one; false, and
 * nothing changes, where the processor has it not.  Only while nobody computes.
 */
bool kernel_isa_use(enum isa isa);
