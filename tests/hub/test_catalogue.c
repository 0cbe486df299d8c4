#include <ctype.h>

#include "base/cleanup.h"
#include "hub/catalogue.h"
#include "hub/names.h"
#include "support/test.h"

/* As the makers state them, in millions. */
static const struct { const char *name; unsigned millions; } stated[] = {
	{ "qwen2.5-coder-0.5b", 494 }, { "qwen2.5-coder-1.5b", 1544 }, { "qwen2.5-coder-3b", 3086 },
	{ "qwen2.5-coder-7b", 7616 },
	{ "qwen2.5-coder-14b", 14770 }, { "qwen3-0.6b", 596 }, { "qwen3-1.7b", 1721 }, { "qwen3-4b", 4022 },
	{ "llama-3.2-1b", 1236 }, { "llama-3.2-3b", 3213 }, { "phi-4-mini", 3836 }, { "phi-3.5-mini", 3821 },
	{ "gemma-3-270m", 268 }, { "gemma-3-1b", 1000 }, { "gemma-2-2b", 2614 },
	{ "smollm2-135m", 135 }, { "smollm2-360m", 362 },
	{ "smollm2-1.7b", 1711 }, { "deepseek-r1-distill-qwen-1.5b", 1777 },
};

TEST(shapes_sum_up_to_the_parameters_that_their_makers_state)
{
	for (size_t i = 0; i < countof(stated); i++) {
		const struct catalogue_model *m = catalogue_find(str_of(stated[i].name));
		assert_non_null(m);
		double millions = (double)catalogue_parameters(m) / 1e6, off = millions / stated[i].millions;
		if (off < 0.99 || off > 1.01)
			fail_msg("%s: %.0f million", m->name, millions);
	}
}

TEST(estimates_come_near_what_was_published)
{
	size_t compared = 0;

	for (size_t i = 0; i < catalogue_count; i++) {
		struct catalogue_model bare = catalogue[i];
		memset(bare.files, 0, sizeof bare.files);
		for (size_t j = 0; j < CATALOGUE_FILES && catalogue[i].files[j].precision; j++, compared++) {
			const char *precision = catalogue[i].files[j].precision;
			double ratio = (double)catalogue_download_bytes(&bare, precision) /
				(double)catalogue[i].files[j].bytes;
			if (ratio < 0.8 || ratio > 1.2)
				fail_msg("%s %s: estimate / published = %.2f", bare.name, precision, ratio);
			assert_int_equal(catalogue_download_bytes(&catalogue[i], precision),
				catalogue[i].files[j].bytes);
		}
	}
	assert_true(compared > 15);
}

TEST(every_row_is_whole)
{
	for (size_t i = 0; i < catalogue_count; i++) {
		const struct catalogue_model *m = &catalogue[i];
		struct error err = {0};

		assert_true(m->name && m->title && m->family && m->licence && m->repositories[0]);
		for (const char *c = m->name; *c; c++)
			assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '-' || *c == '.');
		for (const char *const *r = m->repositories; *r; r++) {
			assert_ok(name_check_repo(*r, &err));
			assert_ptr_equal(catalogue_find(str_of(*r)), m);
		}
		assert_ptr_equal(catalogue_find(str_of(m->name)), m);
		assert_ptr_equal(catalogue_find(str_of(m->title)), m);
		assert_int_equal(m->shape.heads % m->shape.kv_heads, 0);
		assert_true(m->confirmed || m->remark);
		assert_true(m->shape.context >= 2048 && m->shape.vocabulary > 0);
	}
}

TEST(names_are_found_whatever_their_case)
{
	assert_ptr_equal(catalogue_find((struct str)STR("Qwen2.5-Coder-1.5B")),
		catalogue_find((struct str)STR("qwen2.5-coder-1.5b")));
	assert_ptr_equal(catalogue_find((struct str)STR("ONNX-community/qwen3-0.6b-onnx")),
		catalogue_find((struct str)STR("qwen3-0.6b")));
	assert_null(catalogue_find((struct str)STR("qwen2.5-coder")));
	assert_null(catalogue_find((struct str)STR("qwen2.5-coder-1.5b-x")));
	assert_null(catalogue_find((struct str)STR("")));
}

TEST(keys_and_values_are_counted_exactly)
{
	const struct catalogue_model *m = catalogue_find((struct str)STR("qwen2.5-1.5b"));

	/* 28 layers, keys and values, 2 heads of 128, 2 bytes each. */
	assert_int_equal(catalogue_kv_bytes(m, 1), 28672);
	assert_int_equal(catalogue_kv_bytes(m, 4096), 4096 * 28672);
	assert_int_equal(catalogue_memory_bytes(m, 4096) - catalogue_memory_bytes(m, 0), 4096 * 28672);
}

TEST(what_is_never_prepared_takes_its_download_and_floats)
{
	const struct catalogue_model *m = catalogue_find((struct str)STR("gemma-3-1b"));

	assert_int_equal(catalogue_prepared_bytes(m), 0);
	assert_int_equal(catalogue_disk_bytes(m, "q4"), catalogue_download_bytes(m, "q4"));
	assert_true(catalogue_weight_bytes(m) > catalogue_download_bytes(m, "q4"));
	assert_int_equal(catalogue_kv_bytes(m, 1), 26 * 2 * 256 * 4);
	assert_int_equal(catalogue_memory_bytes(m, 10),
		catalogue_weight_bytes(m) + catalogue_kv_bytes(m, 10) + CATALOGUE_WORK);
}

TEST(a_precision_that_is_none_has_no_size)
{
	assert_int_equal(catalogue_download_bytes(&catalogue[0], "q3"), 0);
	assert_int_equal(catalogue_download_bytes(&catalogue[0], ""), 0);
}

TEST(one_model_is_chosen_for_each_size_of_machine)
{
	for (size_t i = 0; i < catalogue_count; i++)
		for (size_t j = i + 1; j < catalogue_count; j++)
			assert_true(!catalogue[i].memory_gb || catalogue[i].memory_gb != catalogue[j].memory_gb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes_sum_up_to_the_parameters_that_their_makers_state),
		cmocka_unit_test(estimates_come_near_what_was_published),
		cmocka_unit_test(every_row_is_whole),
		cmocka_unit_test(names_are_found_whatever_their_case),
		cmocka_unit_test(keys_and_values_are_counted_exactly),
		cmocka_unit_test(what_is_never_prepared_takes_its_download_and_floats),
		cmocka_unit_test(a_precision_that_is_none_has_no_size),
		cmocka_unit_test(one_model_is_chosen_for_each_size_of_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
