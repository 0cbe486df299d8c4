#include "hub/choose.h"
#include "support/test.h"

#define GIB ((uint64_t)1 << 30)
#define TIB (GIB * 1024)

static struct machine machine(double gib)
{
	uint64_t bytes = (uint64_t)(gib * (double)GIB);

	return (struct machine){ { bytes, bytes, bytes }, TIB };
}

static const char *chosen(const struct machine *m)
{
	struct choice c;

	choose_model(&c, m, "q4");
	return c.best->name;
}

static void expect_said(const struct machine *m, const char *part)
{
	own_buf text = BUF_INIT(1 << 14);
	struct choice c;

	choose_model(&c, m, "q4");
	choose_describe(&text, &c, m, "q4");
	if (!strstr(text.data, part))
		fail_msg("'%s' is not in: %s", part, text.data);
}

TEST(memory_decides)
{
	/* What machines sold with 4, 8, 16, 32 and 64 GB tell of. */
	static const struct { double gib; const char *name; } wanted[] = {
		{ 1, "qwen2.5-coder-0.5b" }, { 3.7, "qwen2.5-coder-0.5b" }, { 5.8, "qwen2.5-coder-0.5b" },
		{ 7.6, "qwen2.5-coder-1.5b" },
		{ 11.7, "qwen2.5-coder-1.5b" }, { 15.5, "qwen2.5-coder-3b" }, { 31.2, "qwen2.5-coder-7b" },
		{ 62.7, "qwen2.5-coder-14b" }, { 500, "qwen2.5-coder-14b" },
	};

	for (size_t i = 0; i < countof(wanted); i++) {
		struct machine m = machine(wanted[i].gib);
		assert_string_equal(chosen(&m), wanted[i].name);
	}
}

TEST(more_memory_never_means_a_smaller_model)
{
	uint64_t before = 0;

	for (double gib = 0.25; gib < 100; gib += 0.25) {
		struct machine m = machine(gib);
		struct choice c;
		choose_model(&c, &m, "q4");
		assert_true(catalogue_parameters(c.best) >= before);
		before = catalogue_parameters(c.best);
	}
}

TEST(what_is_chosen_fits_or_is_said_not_to)
{
	for (double gib = 0.25; gib < 100; gib *= 1.3) {
		for (uint64_t disk = GIB / 4; disk < 100 * GIB; disk *= 2) {
			struct machine m = machine(gib);
			struct choice c;
			m.disk_free = disk;
			choose_model(&c, &m, "q4");
			assert_ptr_equal(c.ranked[0], c.best);
			if (c.verdict != FITS) {
				assert_string_equal(c.best->name, "qwen2.5-coder-0.5b");
				continue;
			}
			assert_true(catalogue_memory_bytes(c.best, CHOICE_CONTEXT) <= m.memory.available);
			assert_true(catalogue_disk_bytes(c.best, "q4") < disk);
		}
	}
}

TEST(a_limit_of_a_container_counts_and_is_named)
{
	struct machine m = machine(64);

	m.memory.limit = m.memory.available = 8 * GIB;
	assert_string_equal(chosen(&m), "qwen2.5-coder-1.5b");
	expect_said(&m, "A limit on this process allows 8.6 GB of memory (the machine has 69 GB)");
}

TEST(memory_that_others_hold_is_left_to_them)
{
	struct machine m = machine(15.5);

	m.memory.available = 2 * GIB;
	assert_string_equal(chosen(&m), "qwen2.5-coder-1.5b");
	expect_said(&m, "Larger: qwen2.5-coder-3b needs ");
	expect_said(&m, "are available now");
}

TEST(a_small_disk_means_a_smaller_model)
{
	struct machine m = machine(15.5);

	m.disk_free = 3 * GIB;
	assert_string_equal(chosen(&m), "qwen2.5-coder-0.5b");
	expect_said(&m, "of disk, and 3.2 GB are free");
	m.disk_free = UINT64_MAX;
	assert_string_equal(chosen(&m), "qwen2.5-coder-3b");
}

TEST(a_machine_too_small_for_any_is_told_so)
{
	struct machine m = machine(0.5);

	expect_said(&m, "The smallest model is named though it does not fit: qwen2.5-coder-0.5b needs ");
}

TEST(an_unknown_machine_gets_what_fits_most)
{
	struct machine m = { {0}, UINT64_MAX };

	expect_said(&m, "How much memory this machine has is not known.");
}

TEST(licences_that_ask_for_something_are_named)
{
	struct machine m = machine(15.5);

	expect_said(&m, "Qwen Research");
	expect_said(&m, "not for commercial use");
}

TEST(smaller_ones_follow_in_order)
{
	struct machine m = machine(64);
	struct choice c;

	choose_model(&c, &m, "q4");
	assert_int_equal(c.count, 5);
	for (size_t i = 1; i < c.count; i++)
		assert_true(catalogue_parameters(c.ranked[i]) < catalogue_parameters(c.ranked[i - 1]));
	expect_said(&m, "Should the Hub not have it, qwen2.5-coder-7b is taken instead.");
}

TEST(sizes_are_short)
{
	static const struct { uint64_t bytes; const char *text; } wanted[] = {
		{ 0, "0 bytes" }, { 900, "900 bytes" }, { 1000, "1 kB" }, { 786000000, "786 MB" },
		{ 1916000000, "1.9 GB" },
		{ 999999999, "1.0 GB" }, { 16000000000, "16 GB" }, { UINT64_MAX, "18446744074 GB" },
	};

	for (size_t i = 0; i < countof(wanted); i++) {
		char text[SIZE_TEXT];
		assert_string_equal(size_text(wanted[i].bytes, text), wanted[i].text);
	}
}

TEST(a_disk_is_found_for_a_folder_that_is_not_there_yet)
{
	struct machine there, later;

	machine_look(&there, "/");
	machine_look(&later, "/no/such/folder/yet");
	assert_true(there.disk_free != UINT64_MAX && later.disk_free != UINT64_MAX);
	assert_true(there.memory.limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_decides),
		cmocka_unit_test(more_memory_never_means_a_smaller_model),
		cmocka_unit_test(what_is_chosen_fits_or_is_said_not_to),
		cmocka_unit_test(a_limit_of_a_container_counts_and_is_named),
		cmocka_unit_test(memory_that_others_hold_is_left_to_them),
		cmocka_unit_test(a_small_disk_means_a_smaller_model),
		cmocka_unit_test(a_machine_too_small_for_any_is_told_so),
		cmocka_unit_test(an_unknown_machine_gets_what_fits_most),
		cmocka_unit_test(licences_that_ask_for_something_are_named),
		cmocka_unit_test(smaller_ones_follow_in_order),
		cmocka_unit_test(sizes_are_short),
		cmocka_unit_test(a_disk_is_found_for_a_folder_that_is_not_there_yet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
