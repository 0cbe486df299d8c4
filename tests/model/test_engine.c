#include "model/engine.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "model/timeline.h"
#include "support/models.h"
#include "support/test.h"

#define FOLDER "engine_test.tmp"
#define GRAPH  FOLDER "/onnx/model.onnx"

static const struct engine_options options = { .threads = 1 };

static void write_model(const struct model_shape *shape)
{
	struct error err = {0};

	assert_ok(model_write(FOLDER, shape, &err));
}

static void expect_refused(enum error_kind kind, const char *part)
{
	struct error err = {0};

	assert_null(engine_open(FOLDER, &options, &err));
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
	assert_int_equal(err.kind, kind);
}

TEST(everything_is_found_out_from_the_files)
{
	struct error err = {0};

	write_model(&(struct model_shape){ MODEL_TINY, .attention = ATTENTION_GQA });
	own_engine *e = engine_open(FOLDER, &options, &err);
	if (!e)
		fail_msg("%s", err.text);
	const struct engine_info *i = engine_info(e);
	assert_string_equal(i->name, FOLDER);
	assert_string_equal(i->type, "qwen2");
	assert_string_equal(i->precision, "fp32");
	assert_string_equal(i->attention, "GroupQueryAttention, cache in place");
	assert_int_equal(i->vocabulary, 640);
	assert_int_equal(i->context, 2048);
	assert_int_equal(i->layers, 2);
	assert_int_equal(i->kv_heads, 2);
	assert_int_equal(i->head_dimension, 16);
	assert_int_equal(i->token_bytes, 2 * 2 * 2 * 16 * 4);
	assert_true(i->weight_bytes > 100000);
	assert_int_equal(i->end_token_count, 2);
	assert_true(engine_is_end(e, i->end_tokens[0]) && !engine_is_end(e, 0));
}

TEST(layers_heads_and_dimensions_may_be_any)
{
	const struct model_shape shapes[] = {
		{ .layers = 1,
			.hidden = 32,
			.intermediate = 32,
			.heads = 1,
			.kv_heads = 1,
			.head_dim = 32,
			.vocab = 700,
			.context = 100,
			.rope_theta = 1e4,
			.rms_eps = 1e-6 },
		{ .layers = 5,
			.hidden = 96,
			.intermediate = 64,
			.heads = 6,
			.kv_heads = 3,
			.head_dim = 16,
			.vocab = 1000,
			.context = 300,
			.rope_theta = 1e4,
			.rms_eps = 1e-6,
			.attention = ATTENTION_GQA },
	};
	const int32_t tokens[] = { 1, 2, 3 };

	for (size_t s = 0; s < countof(shapes); s++) {
		struct error err = {0};
		write_model(&shapes[s]);
		own_engine *e = engine_open(FOLDER, &options, &err);
		own_timeline *t = timeline_create(e, &err);
		assert_int_equal(engine_info(e)->layers, shapes[s].layers);
		assert_int_equal(engine_info(e)->context, shapes[s].context);
		assert_ok(timeline_begin(t, tokens, 3, &err));
		assert_ok(timeline_advance(t, 3, NULL, &err));
		assert_non_null(timeline_logits(t));
	}
}

TEST(a_smaller_context_may_be_asked_for)
{
	struct error err = {0};
	struct engine_options small = { .threads = 1, .context = 100 }, large = { .threads = 1, .context = 1 << 20 };

	write_model(&(struct model_shape){ MODEL_TINY });
	own_engine *e = engine_open(FOLDER, &small, &err), *f = engine_open(FOLDER, &large, &err);
	assert_int_equal(engine_info(e)->context, 100);
	assert_int_equal(engine_info(f)->context, 2048);
}

TEST(the_last_one_to_let_go_frees_it)
{
	struct error err = {0};

	write_model(&(struct model_shape){ MODEL_TINY });
	struct engine *e = engine_open(FOLDER, &options, &err);
	struct timeline *t = timeline_create(e, &err);
	engine_release(e);
	assert_int_equal(engine_info(timeline_engine(t))->layers, 2);
	timeline_destroy(t);
}

/* ---- Folders that are no models ---- */

TEST(external_weights_that_are_missing_or_cut_short_are_named)
{
	write_model(&(struct model_shape){ MODEL_TINY, .external = true });
	assert_int_equal(truncate(FOLDER "/onnx/model.onnx_data", 100000), 0);
	expect_refused(ERROR_INVALID, "model.onnx_data is cut short");
	assert_int_equal(unlink(FOLDER "/onnx/model.onnx_data"), 0);
	expect_refused(ERROR_NOT_FOUND, "cannot open " FOLDER "/onnx/model.onnx_data");
}

/* As in the Hub's cache, where every file is a link. */
TEST(weights_may_be_links_to_elsewhere)
{
	struct error err = {0};

	write_model(&(struct model_shape){ MODEL_TINY, .external = true });
	(void)unlink("engine_blob_1.tmp"), (void)unlink("engine_blob_2.tmp");
	assert_int_equal(rename(GRAPH, "engine_blob_1.tmp"), 0);
	assert_int_equal(rename(FOLDER "/onnx/model.onnx_data", "engine_blob_2.tmp"), 0);
	assert_int_equal(symlink("../../engine_blob_1.tmp", GRAPH), 0);
	assert_int_equal(symlink("../../engine_blob_2.tmp", FOLDER "/onnx/model.onnx_data"), 0);
	own_engine *e = engine_open(FOLDER, &options, &err);
	if (!e)
		fail_msg("%s", err.text);
	assert_int_equal(unlink(GRAPH), 0);
	assert_int_equal(unlink(FOLDER "/onnx/model.onnx_data"), 0);
}

TEST(a_graph_that_is_none_is_an_error)
{
	struct error err = {0};

	write_model(&(struct model_shape){ MODEL_TINY });
	assert_ok(file_write(GRAPH, str_of("no graph"), 0600, &err));
	expect_refused(ERROR_INVALID, "not a usable ONNX file");
}

/* Property: damage that our scan does not see ends in an error of ONNX Runtime, or in a model that runs. */
TEST(a_damaged_graph_ends_in_an_error_or_runs)
{
	struct error err = {0};
	size_t len;

	write_model(&(struct model_shape){ MODEL_TINY, .external = true });
	own_mem char *bytes = file_read(GRAPH, 1 << 22, &len, &err);
	assert_non_null(bytes);
	srand(11);
	for (int round = 0; round < 60; round++) {
		own_mem char *damaged = mem_strndup(bytes, len);
		for (int i = 0; i < 3; i++)
			damaged[(size_t)rand() % len] = (char)rand();
		assert_ok(file_write(GRAPH, (struct str){ damaged, len }, 0600, &err));
		own_engine *e = engine_open(FOLDER, &options, &err);
		own_timeline *t = e ? timeline_create(e, &err) : NULL;
		if (t && timeline_begin(t, (const int32_t[]){ 1, 2, 3 }, 3, &err))
			(void)!timeline_advance(t, 3, NULL, &err);
	}
}

static int calls_until_fault;

static int faulty_open(const char *path, int flags, ...)
{
	if (calls_until_fault-- == 0)
		return errno = EMFILE, -1;
	return open(path, flags);
}

static void *faulty_mmap(void *where, size_t n, int protection, int flags, int fd, off_t offset)
{
	return calls_until_fault-- == 0 ? errno = ENOMEM, MAP_FAILED : mmap(where, n, protection, flags, fd, offset);
}

/* Property: whichever call of ours fails, there is an error that says so. */
TEST(a_system_call_that_fails_at_any_point_is_reported)
{
	int fault = 0;

	write_model(&(struct model_shape){ MODEL_TINY });
	for (;; fault++) {
		struct error err = {0};
		sys.open = faulty_open;
		sys.mmap = faulty_mmap;
		calls_until_fault = fault;
		own_engine *e = engine_open(FOLDER, &options, &err);
		sys.open = open;
		sys.mmap = mmap;
		if (e)
			break;
		assert_int_equal(err.kind, ERROR_INTERNAL);
	}
	assert_int_equal(fault, 4);     /* two JSON files, the graph and its mapping */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_found_out_from_the_files),
		cmocka_unit_test(layers_heads_and_dimensions_may_be_any),
		cmocka_unit_test(a_smaller_context_may_be_asked_for),
		cmocka_unit_test(the_last_one_to_let_go_frees_it),
		cmocka_unit_test(external_weights_that_are_missing_or_cut_short_are_named),
		cmocka_unit_test(weights_may_be_links_to_elsewhere),
		cmocka_unit_test(a_graph_that_is_none_is_an_error),
		cmocka_unit_test(a_damaged_graph_ends_in_an_error_or_runs),
		cmocka_unit_test(a_system_call_that_fails_at_any_point_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
