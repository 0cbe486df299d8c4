#include "model/files.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "support/test.h"

#define FOLDER "files_test.tmp"
#define IN_HUB FOLDER "/models--onnx-community--Qwen2.5-0.5B--x/snapshots/0123/"

static void put(const char *name, const char *text)
{
	struct error err = {0};
	own_mem char *path = path_join(FOLDER, name);

	assert_ok(path_make(FOLDER "/onnx", 0700, &err));
	assert_ok(file_write(path, str_of(text), 0600, &err));
}

static int clear(void **state)
{
	static const char *const names[] = {
		"config.json",
		"generation_config.json",
		"model.onnx",
		"onnx/model_q4.onnx",
		"onnx/model_fp16.onnx",
		"onnx/model.onnx",
	};

	(void)state;
	sys.read = read;
	for (size_t i = 0; i < countof(names); i++) {
		own_mem char *path = path_join(FOLDER, names[i]);
		(void)unlink(path);
	}
	return 0;
}

static void put_all(void)
{
	put("config.json",
		"{\"model_type\":\"qwen2\",\"max_position_embeddings\":32768,\"vocab_size\":151936,"
		"\"eos_token_id\":7}");
	put("generation_config.json",
		"{\"eos_token_id\":[5,6],\"do_sample\":true,\"temperature\":0.7,\"top_k\":20,\"top_p\":0.8,"
		"\"repetition_penalty\":1.05}");
	put("onnx/model_q4.onnx", "x");
}

static void expect_error(const char *precision, enum error_kind kind, const char *text)
{
	struct error err = {0};
	own_model_files f = {0};

	assert_false(model_files_find(&f, FOLDER, precision, &err));
	assert_string_equal(err.text, text);
	assert_int_equal(err.kind, kind);
}

TEST(a_published_folder_is_understood)
{
	struct error err = {0};
	own_model_files f = {0};

	put_all();
	assert_ok(model_files_find(&f, FOLDER, NULL, &err));
	assert_string_equal(f.name, FOLDER);
	assert_string_equal(f.graph, FOLDER "/onnx/model_q4.onnx");
	assert_string_equal(f.precision, "q4");
	assert_string_equal(f.type, "qwen2");
	assert_int_equal(f.context, 32768);
	assert_int_equal(f.vocabulary, 151936);
	assert_int_equal(f.end_token_count, 2);
	assert_int_equal(f.end_tokens[1], 6);
	assert_true(
		f.sampling.temperature == 0.7f && f.sampling.top_p == 0.8f && f.sampling.repetition_penalty == 1.05f);
	assert_int_equal(f.sampling.top_k, 20);
}

TEST(the_preferred_graph_is_taken_unless_another_is_asked_for)
{
	struct error err = {0};
	own_model_files preferred = {0}, asked = {0}, plain = {0};

	put_all();
	put("onnx/model_fp16.onnx", "x");
	put("model.onnx", "x");
	assert_ok(model_files_find(&preferred, FOLDER, NULL, &err));
	assert_string_equal(preferred.precision, "q4");
	assert_ok(model_files_find(&asked, FOLDER, "fp16", &err));
	assert_string_equal(asked.graph, FOLDER "/onnx/model_fp16.onnx");
	assert_ok(model_files_find(&plain, FOLDER, "fp32", &err));
	assert_string_equal(plain.graph, FOLDER "/model.onnx");
	expect_error("int8", ERROR_NOT_FOUND,
		     FOLDER " holds no ONNX model of precision int8; looked for onnx/model_q4.onnx and its kin");
}

TEST(without_generation_config_the_model_is_greedy_and_ends_as_config_says)
{
	struct error err = {0};
	own_model_files f = {0};

	put_all();
	assert_int_equal(unlink(FOLDER "/generation_config.json"), 0);
	assert_ok(model_files_find(&f, FOLDER, NULL, &err));
	assert_true(f.sampling.temperature == 0 && f.sampling.top_p == 1);
	assert_int_equal(f.end_token_count, 1);
	assert_int_equal(f.end_tokens[0], 7);
}

TEST(sampling_stays_off_where_do_sample_does_not_say_so)
{
	struct error err = {0};
	own_model_files f = {0};

	put_all();
	put("generation_config.json", "{\"temperature\":0.7,\"eos_token_id\":3}");
	assert_ok(model_files_find(&f, FOLDER, NULL, &err));
	assert_true(f.sampling.temperature == 0);
	assert_int_equal(f.end_tokens[0], 3);
}

TEST(what_is_missing_or_wrong_is_named)
{
	struct error err = {0};
	own_model_files none = {0};

	assert_false(model_files_find(&none, "no/such/folder", NULL, &err));
	assert_string_equal(err.text, "there is no folder no/such/folder");
	put_all();
	put("config.json", "{\"max_position_embeddings\":-1}");
	expect_error(NULL, ERROR_INVALID, "config.json: max_position_embeddings is not a number from 1 to 16777216");
	put("config.json", "[]");
	expect_error(NULL, ERROR_INVALID, FOLDER "/config.json does not hold an object");
	put("config.json", "{}");
	put("generation_config.json", "{\"eos_token_id\":\"x\"}");
	expect_error(NULL, ERROR_INVALID,
		"generation_config.json: eos_token_id is neither a token nor a list of at most 32");
	assert_int_equal(unlink(FOLDER "/config.json"), 0);
	expect_error(NULL, ERROR_NOT_FOUND, "cannot open " FOLDER "/config.json: No such file or directory");
}

TEST(a_folder_of_the_hubs_cache_is_named_by_its_repository)
{
	struct error err = {0};
	own_model_files f = {0};

	assert_ok(path_make(IN_HUB "onnx", 0700, &err));
	assert_ok(file_write(IN_HUB "config.json", str_of("{}"), 0600, &err));
	assert_ok(file_write(IN_HUB "onnx/model.onnx", str_of("x"), 0600, &err));
	assert_ok(model_files_find(&f, IN_HUB, NULL, &err));
	assert_string_equal(f.name, "onnx-community/Qwen2.5-0.5B--x");
}

static int reads_until_fault;

static ssize_t faulty_read(int fd, void *dst, size_t n)
{
	if (reads_until_fault-- == 0)
		return errno = EIO, -1;
	return read(fd, dst, n);
}

/* Property: whichever read fails, there is an error and nothing leaks. */
TEST(a_read_that_fails_at_any_point_is_reported)
{
	put_all();
	sys.read = faulty_read;
	for (int fault = 0; ; fault++) {
		struct error err = {0};
		own_model_files f = {0};
		reads_until_fault = fault;
		if (model_files_find(&f, FOLDER, NULL, &err)) {
			assert_int_equal(fault, 4);     /* two files, each until its end */
			break;
		}
		assert_non_null(strstr(err.text, "Input/output error"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_published_folder_is_understood, clear),
		cmocka_unit_test_teardown(the_preferred_graph_is_taken_unless_another_is_asked_for, clear),
		cmocka_unit_test_teardown(without_generation_config_the_model_is_greedy_and_ends_as_config_says, clear),
		cmocka_unit_test_teardown(sampling_stays_off_where_do_sample_does_not_say_so, clear),
		cmocka_unit_test_teardown(what_is_missing_or_wrong_is_named, clear),
		cmocka_unit_test_teardown(a_folder_of_the_hubs_cache_is_named_by_its_repository, clear),
		cmocka_unit_test_teardown(a_read_that_fails_at_any_point_is_reported, clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
