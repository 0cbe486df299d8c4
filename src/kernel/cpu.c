#include "kernel/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int chosen = -1;

static const char *const names[ISA_COUNT] = {
	[ISA_PORTABLE] = "portable",
	[ISA_AVX2] = "avx2",
	[ISA_AVX512] = "avx512",
};

static enum isa best(void)
{
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c"))
		return ISA_PORTABLE;
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
		__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") ? ISA_AVX512 : ISA_AVX2;
#else
	return ISA_PORTABLE;
#endif
}

static enum isa wished(enum isa most)
{
	const char *wish = getenv("SHAMMAH_ISA");

	for (enum isa i = ISA_PORTABLE; wish && i < most; i++)
		if (!strcmp(wish, names[i]))
			return i;
	return most;
}

enum isa kernel_isa(void)
{
	int isa = atomic_load_explicit(&chosen, memory_order_relaxed);

	if (isa < 0) {
		isa = (int)wished(best());
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
	if (isa > best())
		return false;
	atomic_store_explicit(&chosen, (int)isa, memory_order_relaxed);
	return true;
}
