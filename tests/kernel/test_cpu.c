#include "kernel/cpu.h"

#include "base/file.h"
#include "support/test.h"

TEST(sets_have_names)
{
	for (enum isa i = 0; i < ISA_COUNT; i++)
		assert_non_null(isa_name(i));
	assert_string_equal(isa_name(ISA_PORTABLE), "portable");
}

TEST(a_lower_set_can_be_wished_for)
{
	setenv("SHAMMAH_ISA", "portable", 1);
	assert_int_equal(kernel_isa(), ISA_PORTABLE);
}

TEST(plain_c_is_always_there_and_what_is_not_there_is_refused)
{
	for (enum isa i = 0; i < ISA_COUNT; i++) {
		enum isa before = kernel_isa();
		bool used = kernel_isa_use(i);
		assert_int_equal(kernel_isa(), used ? i : before);
	}
	assert_true(kernel_isa_use(ISA_PORTABLE));
	assert_int_equal(kernel_isa(), ISA_PORTABLE);
}

#if defined(__x86_64__) && defined(__linux__)
static bool has_flag(const char *flags, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = flags; (at = strstr(at, name)); at += n)
		if (at[-1] == ' ' && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

TEST(a_set_is_there_where_the_processor_has_all_its_instructions)
{
	static const char *const needed[ISA_COUNT][9] = {
		[ISA_NEON] = { "asimd" },
		[ISA_AVX2] = { "avx2", "fma", "f16c" },
		[ISA_AVX_VNNI] = { "avx2", "fma", "f16c", "avx_vnni" },
		[ISA_AVX512] = { "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni" },
	};
	struct error err = {0};
	char *info = file_read("/proc/cpuinfo", 16 << 20, NULL, &err), *flags = info ? strstr(info, "\nflags") : NULL;

	if (!flags)
		skip_because("nothing tells what this processor has");
	*strchr(flags + 1, '\n') = '\0';
	for (enum isa i = 0; i < ISA_COUNT; i++) {
		bool all = true;
		for (size_t k = 0; needed[i][k]; k++)
			all = all && has_flag(flags, needed[i][k]);
		assert_int_equal(kernel_isa_use(i), all);
	}
	free(info);
}
#else
TEST(a_set_is_there_where_the_processor_has_all_its_instructions)
{
	skip_because("written for Linux on x86-64");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_have_names),
		cmocka_unit_test(a_lower_set_can_be_wished_for),
		cmocka_unit_test(plain_c_is_always_there_and_what_is_not_there_is_refused),
		cmocka_unit_test(a_set_is_there_where_the_processor_has_all_its_instructions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
