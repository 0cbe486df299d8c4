#include "kernel/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static _Atomic int chosen = -1;

static const char *const names[ISA_COUNT] = {
	[ISA_PORTABLE] = "portable",
	[ISA_NEON] = "neon",
	[ISA_AVX2] = "avx2",
	[ISA_AVX_VNNI] = "avx-vnni",
	[ISA_AVX512] = "avx512",
};

#if defined(__x86_64__)
/* Not all compilers have names for these two. */
static bool has_avx_vnni(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 1, &a, &b, &c, &d) && a & 1 << 4;
}

static bool has_f16c(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && c & 1 << 29;
}

static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
		__builtin_cpu_supports("avx512vnni");
}

static bool has_avx2(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
}

/* Which of the later ones a processor has does not follow from one another: some have AVX-512's sums and not AVX's. */
static bool is_there(enum isa isa)
{
	switch (isa) {
	case ISA_PORTABLE: return true;
	case ISA_AVX2:     return has_avx2();
	case ISA_AVX_VNNI: return has_avx2() && has_avx_vnni();
	case ISA_AVX512:   return has_avx2() && has_avx512();
	default:           return false;
	}
}
#elif defined(__aarch64__)
static bool is_there(enum isa isa)
{
#if defined(__linux__)
	return isa == ISA_PORTABLE || (isa == ISA_NEON && getauxval(AT_HWCAP) & HWCAP_ASIMDDP);
#else
	return isa == ISA_PORTABLE || isa == ISA_NEON;       /* all of Apple's have it */
#endif
}
#else
static bool is_there(enum isa isa)
{
	return isa == ISA_PORTABLE;
}
#endif

static enum isa best(void)
{
	enum isa isa = ISA_COUNT - 1;

	while (!is_there(isa))
		isa--;
	return isa;
}

static enum isa wished(void)
{
	const char *wish = getenv("SHAMMAH_ISA");

	for (enum isa i = ISA_PORTABLE; wish && i < ISA_COUNT; i++)
		if (is_there(i) && !strcmp(wish, names[i]))
			return i;
	return best();
}

enum isa kernel_isa(void)
{
	int isa = atomic_load_explicit(&chosen, memory_order_relaxed);

	if (isa < 0) {
		isa = (int)wished();
		atomic_store_explicit(&chosen, isa, memory_order_relaxed);
	}
	return (enum isa)isa;
}

const char *isa_name(enum isa isa)
{
	return names[isa];
}

bool kernel_isa_use(enum isa isa)
{
	if (!is_there(isa))
		return false;
	atomic_store_explicit(&chosen, (int)isa, memory_order_relaxed);
	return true;
}
