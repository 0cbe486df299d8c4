#include "kernel/cpu.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_have_names),
		cmocka_unit_test(a_lower_set_can_be_wished_for),
		cmocka_unit_test(plain_c_is_always_there_and_what_is_not_there_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
