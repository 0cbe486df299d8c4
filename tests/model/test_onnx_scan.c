/*
 * Hand-made ONNX files (a message is written inside out) and files of the test
 * models, whole and damaged.
 */
#include "model/onnx_scan.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/graph.h"
#include "support/models.h"
#include "support/test.h"

/* ---- A writer of the wire format ---- */

static void put_varint(struct buf *b, uint64_t value)
{
	struct error err = {0};

	do {
		char byte = (char)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
		assert_ok(buf_add(b, &byte, 1, &err));
	} while (value >>= 7);
}

static void put_number(struct buf *b, unsigned field, uint64_t value)
{
	put_varint(b, field << 3);
	put_varint(b, value);
}

static void put_bytes(struct buf *b, unsigned field, struct str bytes)
{
	struct error err = {0};

	put_varint(b, field << 3 | 2);
	put_varint(b, bytes.n);
	assert_ok(buf_add_str(b, bytes, &err));
}

static void put_text(struct buf *b, unsigned field, const char *text) { put_bytes(b, field, str_of(text)); }

/* Appends field `field` to `out`, whose message `inner` holds; empties it. */
static void put_message(struct buf *out, unsigned field, struct buf *inner)
{
	put_bytes(out, field, buf_str(inner));
	buf_done(inner);
	inner->max = 1 << 20;
}

#define own_message own_buf
#define MESSAGE BUF_INIT(1 << 20)

/* A value of rank n whose symbolic dimensions are -1. */
static void put_value(struct buf *graph, unsigned field, const char *name, int type, size_t rank, const int64_t *dims)
{
	own_message value = MESSAGE, kind = MESSAGE, tensor = MESSAGE, shape = MESSAGE, dim = MESSAGE;

	for (size_t i = 0; i < rank; i++) {
		if (dims[i] >= 0)
			put_number(&dim, 1, (uint64_t)dims[i]);
		else
			put_text(&dim, 2, "n");
		put_message(&shape, 1, &dim);
	}
	put_number(&tensor, 1, (uint64_t)type);
	put_message(&tensor, 2, &shape);
	put_message(&kind, 1, &tensor);
	put_text(&value, 1, name);
	put_message(&value, 2, &kind);
	put_message(graph, field, &value);
}

static void put_node(struct buf *graph, const char *domain, const char *kind, const char *inputs, const char *outputs)
{
	own_message node = MESSAGE;
	struct str rest, piece;

	for (rest = str_of(inputs); str_split(&rest, ' ', &piece);)
		put_bytes(&node, 1, piece);
	for (rest = str_of(outputs); str_split(&rest, ' ', &piece);)
		put_bytes(&node, 2, piece);
	put_text(&node, 4, kind);
	put_text(&node, 7, domain);
	put_message(graph, 1, &node);
}

static void put_external(struct buf *graph, const char *name, const char *path, const char *offset, const char *length)
{
	own_message tensor = MESSAGE, entry = MESSAGE;
	const char *const entries[] = { "location", path, "offset", offset, "length", length };

	put_text(&tensor, 8, name);
	for (size_t i = 0; i < countof(entries); i += 2) {
		put_text(&entry, 1, entries[i]);
		put_text(&entry, 2, entries[i + 1]);
		put_message(&tensor, 13, &entry);
	}
	put_number(&tensor, 14, 1);
	put_message(graph, 5, &tensor);
}

static void finish(struct buf *model, struct buf *graph)
{
	own_message opset = MESSAGE;

	put_number(model, 1, 8);
	put_message(model, 7, graph);
	put_number(&opset, 2, 14);
	put_message(model, 8, &opset);
}

static void expect_refused(const struct buf *model, const char *why)
{
	struct error err = {0};
	own_onnx o = {0};

	assert_false(onnx_scan(&o, buf_str(model), &err));
	assert_non_null(strstr(err.text, why));
}

/* ---- Reading ---- */

TEST(inputs_outputs_operators_and_opset_are_read)
{
	own_message model = MESSAGE, graph = MESSAGE;
	struct error err = {0};
	own_onnx o = {0};

	put_value(&graph, 11, "ids", ONNX_INT64, 2, (int64_t[]){ -1, 7 });
	put_value(&graph, 11, "w", ONNX_FLOAT, 1, (int64_t[]){ 3 });
	put_value(&graph, 12, "out", ONNX_FLOAT16, 0, NULL);
	put_node(&graph, "", "Add", "ids ids", "x");
	put_node(&graph, "ai.onnx", "Add", "x w", "out");
	put_node(&graph, "com.microsoft", "Add", "x", "y");
	put_external(&graph, "w", "m.onnx_data", "100", "12");
	put_external(&graph, "v", "m.onnx_data", "50", "10");
	finish(&model, &graph);
	assert_ok(onnx_scan(&o, buf_str(&model), &err));
	assert_int_equal(o.input_count, 2);
	assert_string_equal(o.inputs[0].name, "ids");
	assert_int_equal(o.inputs[0].type, ONNX_INT64);
	assert_int_equal(o.inputs[0].rank, 2);
	assert_int_equal(o.inputs[0].dims[0], -1);
	assert_int_equal(o.inputs[0].dims[1], 7);
	assert_int_equal(o.inputs[0].uses, 2);
	assert_false(o.inputs[0].initialised);
	assert_true(o.inputs[1].initialised);
	assert_int_equal(o.outputs[0].rank, 0);
	assert_int_equal(onnx_count(&o, "", "Add"), 2);
	assert_int_equal(onnx_count(&o, "com.microsoft", "Add"), 1);
	assert_int_equal(o.opset, 14);
	assert_int_equal(o.external_count, 1);
	assert_string_equal(o.externals[0].path, "m.onnx_data");
	assert_int_equal(o.externals[0].end, 112);
}

/* ---- Refusals ---- */

TEST(external_data_outside_the_folder_is_refused)
{
	static const char *const bad[] = { "/etc/passwd", "../x", "a/../../x", "", "a//b", "a/", ".." };
	static const char *const good[] = { "x", "a/b", "..x", "a/..b/c" };

	for (size_t i = 0; i < countof(bad) + countof(good); i++) {
		own_message model = MESSAGE, graph = MESSAGE;
		struct error err = {0};
		own_onnx o = {0};
		put_external(&graph, "w", i < countof(bad) ? bad[i] : good[i - countof(bad)], "0", "1");
		finish(&model, &graph);
		if (i < countof(bad))
			expect_refused(&model, "outside");
		else
			assert_ok(onnx_scan(&o, buf_str(&model), &err));
	}
}

TEST(places_in_external_data_that_are_no_numbers_are_refused)
{
	static const char *const bad[] = { "-1", "1e3", "99999999999999999999", " 1" };

	for (size_t i = 0; i < countof(bad); i++) {
		own_message model = MESSAGE, graph = MESSAGE;
		put_external(&graph, "w", "x", bad[i], "1");
		finish(&model, &graph);
		expect_refused(&model, "no number");
	}
}

TEST(graphs_nested_too_deep_are_refused)
{
	own_message model = MESSAGE, graph = MESSAGE, outer = MESSAGE, node = MESSAGE, attribute = MESSAGE;

	for (int i = 0; i < 20; i++) {
		put_message(&attribute, 6, &graph);
		put_message(&node, 5, &attribute);
		put_message(&outer, 1, &node);
		assert_true(buf_add_str(&graph, buf_str(&outer), &(struct error){0}));
		buf_clear(&outer);
	}
	finish(&model, &graph);
	expect_refused(&model, "nested too deep");
}

TEST(what_is_no_onnx_file_is_refused)
{
	static const struct str texts[] = { STR(""), STR("hello"), STR("\x08\x08"), STR("\x3a\x00"),
		STR("\x3a\xff\xff\xff\xff\x7f") };

	for (size_t i = 0; i < countof(texts); i++) {
		struct error err = {0};
		own_onnx o = {0};
		assert_false(onnx_scan(&o, texts[i], &err));
		assert_int_equal(err.kind, ERROR_INVALID);
	}
}

TEST(too_many_inputs_and_dimensions_are_refused)
{
	own_message model = MESSAGE, graph = MESSAGE, second = MESSAGE;

	for (int i = 0; i < 5000; i++)
		put_value(&graph, 11, "x", ONNX_FLOAT, 0, NULL);
	finish(&model, &graph);
	expect_refused(&model, "too many inputs");
	put_value(&graph, 11, "x", ONNX_FLOAT, 9, (int64_t[9]){0});
	finish(&second, &graph);
	expect_refused(&second, "too many dimensions");
}

/* ---- Whole models ---- */

static char *model_bytes(const struct model_shape *shape, size_t *len)
{
	struct error err = {0};
	own_mem char *path = mem_printf("onnx_scan.tmp/onnx/%s", model_file_name(shape->precision));
	char *bytes;

	assert_ok(model_write("onnx_scan.tmp", shape, &err));
	assert_ok((bytes = file_read(path, 1 << 22, len, &err)));
	return bytes;
}

static void expect_graph(const struct model_shape *shape, bool shared, bool last)
{
	struct error err = {0};
	size_t len;
	own_mem char *bytes = model_bytes(shape, &len);
	own_onnx o = {0};
	own_graph g = {0};

	assert_ok(onnx_scan(&o, (struct str){ bytes, len }, &err));
	assert_ok(graph_understand(&g, &o, &err));
	assert_int_equal(g.shared, shared);
	assert_int_equal(g.last_logits, last);
	assert_int_equal(g.cache_count, 2 * shape->layers);
	assert_int_equal(g.caches[0].heads, shape->kv_heads);
	assert_int_equal(g.caches[0].dimension, shape->head_dim);
	assert_string_equal(g.caches[3].past, "past_key_values.1.value");
	assert_string_equal(g.caches[3].present, "present.1.value");
	assert_int_equal(g.inputs[GRAPH_POSITIONS] != NULL, shape->position_ids);
}

TEST(graphs_of_published_layouts_are_understood)
{
	expect_graph(&(struct model_shape){ MODEL_TINY }, false, false);
	expect_graph(&(struct model_shape){ MODEL_TINY, .position_ids = true, .last_logits = true }, false, true);
	expect_graph(&(struct model_shape){ MODEL_TINY, .attention = ATTENTION_GQA, .precision = PRECISION_Q4F16 },
		true, false);
}

/* Property: no beginning of a file is taken for a file. */
TEST(a_file_cut_anywhere_is_refused)
{
	struct error err = {0};
	size_t len;
	own_mem char *bytes = model_bytes(&(struct model_shape){ MODEL_TINY, .external = true }, &len);

	for (size_t cut = 0; cut < len; cut += cut < 2000 ? 1 : 37) {
		own_onnx o = {0};
		own_graph g = {0};
		own_mem char *part = mem_strndup(bytes, cut);   /* so that a read behind the end is seen */
		assert_false(
			onnx_scan(&o, (struct str){ part, cut }, &err) && graph_understand(&g, &o, &err) && o.opset);
	}
}

TEST(random_damage_never_does_more_than_an_error)
{
	size_t len;
	own_mem char *bytes = model_bytes(&(struct model_shape){ MODEL_TINY, .external = true }, &len);

	srand(9);
	for (int round = 0; round < 3000; round++) {
		struct error err = {0};
		own_onnx o = {0};
		own_graph g = {0};
		own_mem char *damaged = mem_strndup(bytes, len);
		for (int i = 0, n = 1 + rand() % 4; i < n; i++)
			damaged[(size_t)rand() % len] = (char)rand();
		if (onnx_scan(&o, (struct str){ damaged, len }, &err))
			(void)!graph_understand(&g, &o, &err);
	}
}

/* ---- Graphs we cannot feed ---- */

/* A decoder of one layer with hand-made names. */
static void put_decoder(
	struct buf *graph, const char *past_key, const char *past_value, const char *key, const char *value)
{
	const int64_t cache[] = { -1, 2, -1, 16 }, ids[] = { -1, -1 }, logits[] = { -1, -1, 100 };

	put_value(graph, 11, "input_ids", ONNX_INT64, 2, ids);
	put_value(graph, 11, past_key, ONNX_FLOAT, 4, cache);
	put_value(graph, 11, past_value, ONNX_FLOAT, 4, cache);
	put_value(graph, 12, key, ONNX_FLOAT, 4, cache);
	put_value(graph, 12, value, ONNX_FLOAT, 4, cache);
	put_value(graph, 12, "logits", ONNX_FLOAT, 3, logits);
}

static bool understand(struct buf *graph, struct graph *g, struct error *err)
{
	own_message model = MESSAGE;
	own_onnx o = {0};

	finish(&model, graph);
	return onnx_scan(&o, buf_str(&model), err) && graph_understand(g, &o, err);
}

TEST(caches_are_paired_by_layer_and_side_under_any_of_the_usual_names)
{
	static const char *const names[][4] = {
		{ "past_key_values.7.key", "past_key_values.7.value", "present.7.key", "present.7.value" },
		{ "past_key_0", "past_value_0", "present_key_0", "present_value_0" },
		{ "past.0.k", "past.0.v", "present.0.k", "present.0.v" },
		{ "past_key_values.0.decoder.key", "past_key_values.0.decoder.value", "present.0.decoder.key",
			"present.0.decoder.value" },
		{ "key_cache.3", "value_cache.3", "value_cache_out.3", "key_cache_out.3" },
	};

	for (size_t i = 0; i < countof(names); i++) {
		own_message graph = MESSAGE;
		struct error err = {0};
		own_graph g = {0};
		bool swapped = strstr(names[i][2], "value");
		put_decoder(&graph, names[i][0], names[i][1], names[i][2], names[i][3]);
		assert_ok(understand(&graph, &g, &err));
		assert_string_equal(g.caches[0].past, names[i][0]);
		assert_string_equal(g.caches[0].present, names[i][swapped ? 3 : 2]);
		assert_string_equal(g.caches[1].present, names[i][swapped ? 2 : 3]);
	}
}

TEST(an_input_that_cannot_be_given_and_an_output_that_is_missing_are_named)
{
	own_message unknown = MESSAGE, lonely = MESSAGE;
	struct error err = {0};
	own_graph g = {0};

	put_decoder(&unknown, "past.0.key", "past.0.value", "present.0.key", "present.0.value");
	put_value(&unknown, 11, "pixel_values", ONNX_FLOAT, 3, (int64_t[3]){0});
	assert_false(understand(&unknown, &g, &err));
	assert_non_null(strstr(err.text, "\"pixel_values\""));
	put_decoder(&lonely, "past.0.key", "past.0.value", "present.0.key", "present.1.value");
	assert_false(understand(&lonely, &g, &err));
	assert_non_null(strstr(err.text, "past.0.value"));
}

/* Sharing needs past and present at the same attention node, in the right places, and nobody else there. */
TEST(a_cache_is_shared_only_where_attention_reads_and_writes_it_itself)
{
	static const struct { const char *domain, *inputs, *outputs, *also; bool shared;
	} cases[] = {
		{ "com.microsoft", "q k v past.0.key past.0.value s t", "o present.0.key present.0.value", "x", true },
		{ "com.microsoft", "q k v past.0.key past.0.value s t", "o present.0.key present.0.value", "past.0.key",
			false },
		{ "com.microsoft", "q k v past.0.value past.0.key s t", "o present.0.key present.0.value", "x", false },
		{ "com.microsoft", "q k v past.0.key past.0.value s t", "o p present.0.value", "x", false },
		{ "", "q k v past.0.key past.0.value s t", "o present.0.key present.0.value", "x", false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_message graph = MESSAGE;
		struct error err = {0};
		own_graph g = {0};
		put_decoder(&graph, "past.0.key", "past.0.value", "present.0.key", "present.0.value");
		put_node(&graph, cases[i].domain, "GroupQueryAttention", cases[i].inputs, cases[i].outputs);
		put_node(&graph, "", "Shape", cases[i].also, "y");
		assert_ok(understand(&graph, &g, &err));
		assert_int_equal(g.shared, cases[i].shared);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inputs_outputs_operators_and_opset_are_read),
		cmocka_unit_test(external_data_outside_the_folder_is_refused),
		cmocka_unit_test(places_in_external_data_that_are_no_numbers_are_refused),
		cmocka_unit_test(graphs_nested_too_deep_are_refused),
		cmocka_unit_test(what_is_no_onnx_file_is_refused),
		cmocka_unit_test(too_many_inputs_and_dimensions_are_refused),
		cmocka_unit_test(graphs_of_published_layouts_are_understood),
		cmocka_unit_test(a_file_cut_anywhere_is_refused),
		cmocka_unit_test(random_damage_never_does_more_than_an_error),
		cmocka_unit_test(caches_are_paired_by_layer_and_side_under_any_of_the_usual_names),
		cmocka_unit_test(an_input_that_cannot_be_given_and_an_output_that_is_missing_are_named),
		cmocka_unit_test(a_cache_is_shared_only_where_attention_reads_and_writes_it_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
