#include "base/cleanup.h"
#include "hub/graphs.h"
#include "support/test.h"

/* A listing of paths, each of 10 bytes; ends with NULL. */
static struct hub_listing listing(const char *const *paths)
{
	static struct hub_file files[64];
	struct hub_listing l = { .files = files };

	for (; paths[l.count]; l.count++)
		files[l.count] = (struct hub_file){ .path = (char *)(uintptr_t)paths[l.count], .size = 10 };
	return l;
}

static const char *const published[] = {
	".gitattributes", "LICENSE", "README.md", "chat_template.jinja", "config.json", "generation_config.json",
	"onnx/model.onnx",
	"onnx/model.onnx_data", "onnx/model_fp16.onnx", "onnx/model_q4.onnx", "onnx/model_q4.onnx_data",
	"onnx/model_q4.onnx_data_1",
	"onnx/model_q4f16.onnx", "onnx/model_q4f16.onnx_data", "special_tokens_map.json", "sub/config.json",
	"tokenizer.json", "tokenizer_config.json", NULL,
};

static bool wanted(const struct graph_files *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->paths[i], path) == 0)
			return true;
	return false;
}

TEST(a_precision_is_its_graph_with_its_weights_and_what_goes_with_it)
{
	struct hub_listing l = listing(published);
	own_graph_files f = {0};
	struct error err = {0};

	assert_ok(graph_files_choose(&f, &l, "q4", &err));
	assert_string_equal(f.precision, "q4");
	assert_int_equal(f.count, 10);
	assert_int_equal(f.bytes, 100);
	static const char *const needed[] = {
		"onnx/model_q4.onnx", "onnx/model_q4.onnx_data", "onnx/model_q4.onnx_data_1", "config.json",
		"generation_config.json",
		"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja", "LICENSE",
	};
	for (size_t i = 0; i < countof(needed); i++)
		assert_true(wanted(&f, needed[i]));
}

TEST(without_a_precision_the_first_of_the_table_is_taken)
{
	static const char *const few[] = {
		"config.json", "model.onnx", "model.onnx.data", "onnx/model_fp16.onnx", "tokenizer.json",
		"tokenizer_config.json", NULL,
	};
	struct hub_listing l = listing(few);
	own_graph_files f = {0};
	struct error err = {0};

	assert_ok(graph_files_choose(&f, &l, NULL, &err));
	assert_string_equal(f.precision, "fp32");
	assert_true(wanted(&f, "model.onnx") && wanted(&f, "model.onnx.data") && !wanted(&f, "onnx/model_fp16.onnx"));
}

static void expect_refused(const char *const *paths, const char *precision, const char *part)
{
	struct hub_listing l = listing(paths);
	own_graph_files f = {0};
	struct error err = {0};

	assert_false(graph_files_choose(&f, &l, precision, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	if (!strstr(err.text, part))
		fail_msg("'%s' does not say '%s'", err.text, part);
}

TEST(what_a_repository_lacks_is_named)
{
	static const char *const other[] = { "config.json", "model.safetensors", "tokenizer.json",
		"tokenizer_config.json", NULL };
	static const char *const no_tokenizer[] = { "config.json", "onnx/model_q4.onnx", "tokenizer_config.json",
		NULL };
	static const char *const nothing[] = { NULL };

	expect_refused(published, "int8", "no precision int8; it has q4, q4f16, fp32, fp16");
	expect_refused(other, NULL, "holds no ONNX model");
	expect_refused(no_tokenizer, "q4", "has no tokenizer.json");
	expect_refused(nothing, NULL, "holds no ONNX model");
}

TEST(every_name_of_the_table_is_a_precision)
{
	struct hub_listing l = listing(published);

	for (size_t i = 0; i < graph_name_count; i++) {
		assert_true(graph_precision_known(graph_names[i].precision));
		assert_non_null(strstr(graph_precisions, graph_names[i].precision));
	}
	assert_false(graph_precision_known("q3"));
	assert_true(graph_listed(&l, "fp32"));
	assert_false(graph_listed(&l, "bnb4"));
	assert_false(graph_listed(&l, "q3"));
}

TEST(sizes_that_are_not_known_are_left_out)
{
	struct hub_listing l = listing(published);
	own_graph_files f = {0};
	struct error err = {0};

	for (size_t i = 0; i < l.count; i++)
		l.files[i].size = HUB_SIZE_UNKNOWN;
	assert_ok(graph_files_choose(&f, &l, "q4", &err));
	assert_int_equal(f.bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_precision_is_its_graph_with_its_weights_and_what_goes_with_it),
		cmocka_unit_test(without_a_precision_the_first_of_the_table_is_taken),
		cmocka_unit_test(what_a_repository_lacks_is_named),
		cmocka_unit_test(every_name_of_the_table_is_a_precision),
		cmocka_unit_test(sizes_that_are_not_known_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
