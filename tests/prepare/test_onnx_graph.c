/*
 * Graphs read into nodes and values: what is found, and what is refused.
 */
#include "prepare/onnx_graph.h"

#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/graph.h"
#include "prepare/numbers.h"
#include "prepare/recognise.h"
#include "support/model/builder.h"
#include "support/models.h"
#include "support/random.h"
#include "support/test.h"

#define PATH   "test_onnx_graph.tmp"
#define FOLDER "test_onnx_graph_model.tmp"

/* ---- Small graphs ---- */

static bool read_built(struct builder *b, struct onnx_graph *g, struct error *err)
{
	struct error failure = {0};

	if (!build_save(b, PATH, &failure))
		fail_msg("%s", failure.text);
	return onnx_graph_open(g, PATH, err);
}

static void expect_refusal(struct builder *b, const char *part)
{
	struct onnx_graph g = {0};
	struct error err = {0};

	assert_false(read_built(b, &g, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
	assert_null(g.values);
}

TEST(nodes_know_what_they_take_and_values_who_makes_them)
{
	own_builder *b = builder_create(NULL);
	own_onnx_graph g = {0};
	struct error err = {0};
	struct onnx_attribute a;
	double number;

	build_scope(b, "/s");
	const char *x = build_input(b, ELEMENT_FLOAT, DIMENSIONS({ "n", 0 }), "x");
	const char *two = build_scalar(b, ELEMENT_FLOAT, 2);
	build_node_to(b, "Split", INPUTS(x, "", two), OUTPUTS("a", "b"));
	build_int(b, "axis", -3);
	build_float(b, "epsilon", 0.5f);
	build_ints(b, "perm", LIST(3, 1, 2));
	assert_ok(read_built(b, &g, &err));
	int32_t second = onnx_graph_find(&g, (struct str)STR("b"));
	const struct onnx_node *n = onnx_maker(&g, second);
	assert_non_null(n);
	assert_true(str_is(n->op, "Split") && str_is(n->name, "/s/Split") && n->domain.n == 0);
	assert_int_equal(onnx_input(n, 0), onnx_graph_find(&g, (struct str)STR("x")));
	assert_int_equal(onnx_input(n, 1), ONNX_NONE);
	assert_true(numbers_one(onnx_constant(&g, onnx_input(n, 2)), &number) && number == 2);
	assert_int_equal(onnx_input(n, 3), ONNX_NONE);
	assert_int_equal(onnx_output(n, 1), second);
	assert_int_equal(onnx_attribute_int(n, "axis", 0), -3);
	assert_int_equal(onnx_attribute_int(n, "none", 7), 7);
	assert_true(onnx_attribute_float(n, "epsilon", 0) == 0.5f);
	assert_true(onnx_attribute(n, "perm", &a) && a.int_count == 3 && a.ints[0] == 3 && a.ints[2] == 2);
	assert_true(g.values[onnx_input(n, 0)].input && !onnx_maker(&g, onnx_input(n, 0)));
	assert_int_equal(onnx_graph_find(&g, (struct str)STR("c")), ONNX_NONE);
}

TEST(a_value_that_depends_on_itself_is_refused)
{
	own_builder *one = builder_create(NULL), *three = builder_create(NULL);

	build_node_to(one, "Relu", INPUTS("a"), OUTPUTS("a"));
	expect_refusal(one, "itself");
	build_node_to(three, "Relu", INPUTS("c"), OUTPUTS("a"));
	build_node_to(three, "Relu", INPUTS("a"), OUTPUTS("b"));
	build_node_to(three, "Relu", INPUTS("b"), OUTPUTS("c"));
	expect_refusal(three, "itself");
}

TEST(nodes_may_stand_in_any_order)
{
	own_builder *b = builder_create(NULL);
	own_onnx_graph g = {0};
	struct error err = {0};

	build_node_to(b, "Relu", INPUTS("a"), OUTPUTS("b"));
	build_node_to(b, "Relu", INPUTS("x"), OUTPUTS("a"));
	build_input(b, ELEMENT_FLOAT, DIMENSIONS({ "n", 0 }), "x");
	assert_ok(read_built(b, &g, &err));
}

TEST(a_chain_of_twenty_thousand_nodes_is_no_trouble)
{
	own_builder *b = builder_create(NULL);
	own_onnx_graph g = {0};
	struct error err = {0};
	const char *x = build_input(b, ELEMENT_FLOAT, DIMENSIONS({ "n", 0 }), "x");

	for (int i = 0; i < 20000; i++) {
		build_scope(b, "/%d", i);      /* or the writer would count all before */
		const char *y = build_text(b, "v%d", i);
		build_node_to(b, "Relu", INPUTS(x), OUTPUTS(y));
		x = y;
	}
	assert_ok(read_built(b, &g, &err));
	assert_int_equal(g.node_count, 20000);
}

TEST(names_that_nothing_or_two_things_have_are_refused)
{
	own_builder *missing = builder_create(NULL), *twice = builder_create(NULL);

	build_node_to(missing, "Relu", INPUTS("nobody"), OUTPUTS("a"));
	expect_refusal(missing, "nobody");
	build_input(twice, ELEMENT_FLOAT, DIMENSIONS({ "n", 0 }), "x");
	build_node_to(twice, "Relu", INPUTS("x"), OUTPUTS("a"));
	build_node_to(twice, "Sin", INPUTS("x"), OUTPUTS("a"));
	expect_refusal(twice, "a is made twice");
}

TEST(a_tensor_with_other_bytes_than_its_shape_wants_is_refused)
{
	static const int64_t dims[][2] = { { 2, 3 }, { 1ll << 40, 1ll << 40 }, { 0, 4 }, { 1ll << 62, 2 } };

	for (size_t i = 0; i < countof(dims); i++) {
		own_builder *b = builder_create(NULL);

		build_bytes(b, ELEMENT_FLOAT, dims[i], 2, "sixteen bytes ..", 16, "w");
		expect_refusal(b, dims[i][0] > 1ll << 30 ? "too large" : "w has not the bytes");
	}
}

/* ---- Numbers spelled out ---- */

static void put(struct buf *b, const void *bytes, size_t n)
{
	struct error err = {0};

	assert_ok(buf_add(b, bytes, n, &err));
}

static void put_varint(struct buf *b, uint64_t value)
{
	do {
		char byte = (char)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
		put(b, &byte, 1);
	} while (value >>= 7);
}

static void put_bytes(struct buf *b, unsigned field, const void *bytes, size_t n)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, n);
	put(b, bytes, n);
}

static void put_number(struct buf *b, unsigned field, uint64_t value)
{
	put_varint(b, field << 3);
	put_varint(b, value);
}

/* A graph of one initialiser "t": two numbers of a type, in a field of TensorProto. */
static bool read_spelled(struct onnx_graph *g, int type, const struct buf *numbers, struct error *err)
{
	own_buf tensor = BUF_INIT(1 << 16), graph = BUF_INIT(1 << 16), model = BUF_INIT(1 << 16);

	put_number(&tensor, 1, 2);
	put_number(&tensor, 2, (uint64_t)type);
	put(&tensor, numbers->data, numbers->len);
	put_bytes(&tensor, 8, "t", 1);
	put_bytes(&graph, 5, tensor.data, tensor.len);
	put_bytes(&model, 7, graph.data, graph.len);
	assert_true(file_write(PATH, buf_str(&model), 0644, err));
	return onnx_graph_open(g, PATH, err);
}

static void expect_two(int type, const struct buf *numbers, float first, float second)
{
	own_onnx_graph g = {0};
	struct error err = {0};
	float got[2];

	assert_ok(read_spelled(&g, type, numbers, &err));
	numbers_read(onnx_constant(&g, onnx_graph_find(&g, (struct str)STR("t"))), 0, 2, got);
	assert_true(got[0] == first && got[1] == second);
}

TEST(numbers_that_are_spelled_out_are_read)
{
	const float floats[] = { 1.5f, -2 };
	own_buf packed = BUF_INIT(100), loose = BUF_INIT(100), whole = BUF_INIT(100), halves = BUF_INIT(100);
	own_buf varints = BUF_INIT(100);

	put_bytes(&packed, 4, floats, sizeof floats);
	expect_two(ONNX_FLOAT, &packed, 1.5f, -2);
	for (size_t i = 0; i < 2; i++) {
		put_varint(&loose, 4 << 3 | 5);
		put(&loose, &floats[i], sizeof floats[i]);
	}
	expect_two(ONNX_FLOAT, &loose, 1.5f, -2);
	put_varint(&varints, 300);
	put_varint(&varints, (uint64_t)-7);
	put_bytes(&whole, 7, varints.data, varints.len);
	expect_two(ONNX_INT64, &whole, 300, -7);
	put_number(&halves, 5, 0x3C00);
	put_number(&halves, 5, 0xC000);
	expect_two(ONNX_FLOAT16, &halves, 1, -2);
}

TEST(too_few_or_too_many_numbers_are_refused)
{
	for (int count = 0; count < 4; count++) {
		own_buf numbers = BUF_INIT(100);
		own_onnx_graph g = {0};
		struct error err = {0};

		for (int i = 0; i < count; i++)
			put_number(&numbers, 7, 1);
		assert_int_equal(read_spelled(&g, ONNX_INT64, &numbers, &err), count == 2);
	}
}

/* ---- Whole models, damaged ---- */

static bool recognise_file(const char *path, struct error *err)
{
	own_found f = {0};
	own_onnx scan = {0};
	own_graph caches = {0};

	return onnx_scan_file(&scan, path, err) && graph_understand(&caches, &scan, err) &&
	       onnx_graph_open(&f.graph, path, err) && recognise(&f, &caches, err);
}

TEST(external_data_that_is_cut_is_refused)
{
	struct model_shape s = { MODEL_TINY, .external = true, .precision = PRECISION_Q4 };
	const char *path = FOLDER "/onnx/model_q4.onnx", *data = FOLDER "/onnx/model_q4.onnx_data";
	struct error err = {0};

	assert_ok(model_write(FOLDER, &s, &err));
	assert_ok(recognise_file(path, &err));
	assert_int_equal(truncate(data, 100000), 0);
	assert_false(recognise_file(path, &err));
	assert_non_null(strstr(err.text, "cut short"));
	assert_int_equal(unlink(data), 0);
	assert_false(recognise_file(path, &err));
	assert_non_null(strstr(err.text, "model_q4.onnx_data"));
}

/* One byte changed anywhere, or the file cut: an answer, and no read outside the bytes. */
TEST(damage_anywhere_ends_in_an_answer)
{
	struct model_shape s = { MODEL_TINY, .layers = 1, .hidden = 32, .intermediate = 32, .heads = 2, .kv_heads = 1,
		.precision = PRECISION_Q4F16, .attention = ATTENTION_GQA };
	struct error err = {0};
	uint64_t seed = 5;
	size_t n;

	assert_ok(model_write(FOLDER, &s, &err));
	own_mem char *whole = file_read(FOLDER "/onnx/model_q4f16.onnx", 1 << 20, &n, &err);
	assert_non_null(whole);
	for (int round = 0; round < 3000; round++) {
		size_t length = round % 3 == 0 ? random_below(&seed, (uint32_t)n) : n;
		own_mem char *bytes = mem_strndup(whole, length);      /* so that a read behind the end is seen */
		own_found f = {0};
		own_onnx scan = {0};
		own_graph caches = {0};
		struct error reason = {0};

		for (int i = 0; i < round % 4 && length; i++)
			bytes[random_below(&seed, (uint32_t)(length < 20000 ? length : 20000))] =
				(char)random_next(&seed);
		struct str all = { bytes, length };
		bool ok = onnx_scan(&scan, all, &reason) && graph_understand(&caches, &scan, &reason) &&
			onnx_graph_read(&f.graph, all, NULL, &reason) && recognise(&f, &caches, &reason);
		assert_true(ok || (reason.kind != ERROR_NONE && reason.text[0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_know_what_they_take_and_values_who_makes_them),
		cmocka_unit_test(a_value_that_depends_on_itself_is_refused),
		cmocka_unit_test(nodes_may_stand_in_any_order),
		cmocka_unit_test(a_chain_of_twenty_thousand_nodes_is_no_trouble),
		cmocka_unit_test(names_that_nothing_or_two_things_have_are_refused),
		cmocka_unit_test(a_tensor_with_other_bytes_than_its_shape_wants_is_refused),
		cmocka_unit_test(numbers_that_are_spelled_out_are_read),
		cmocka_unit_test(too_few_or_too_many_numbers_are_refused),
		cmocka_unit_test(external_data_that_is_cut_is_refused),
		cmocka_unit_test(damage_anywhere_ends_in_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
