#include "model/prepared.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "support/test.h"

#define PATH "prepared_test.tmp"

enum { FILE_MAX = 1 << 20 };

/* Two layers with everything a decoder may have, each matrix of a type of its own. */
static const struct decoder_shape small = {
	.layers = 2, .hidden = 64, .intermediate = 96, .heads = 4, .kv_heads = 2, .head_dim = 16, .rotary_dim = 16,
	.vocabulary = 50, .context = 128, .eps = 1e-6f, .rope_magnitude = 1, .qkv_bias = 1, .qk_norm = 1,
};
static const uint8_t types[] = {
	WEIGHTS_I4, WEIGHTS_I8, WEIGHTS_F16, WEIGHTS_F32, WEIGHTS_I8, WEIGHTS_I4, WEIGHTS_F32, WEIGHTS_F16, WEIGHTS_I8,
	WEIGHTS_I4,
};

/* Calls `visit` with every tensor there is. */
static void each_tensor(const struct decoder_shape *s, const struct decoder_weights *w,
	void (*visit)(const void *data, size_t bytes, size_t index))
{
	size_t index = 0;

	for (size_t i = 0; i < s->layers; i++) {
		for (enum decoder_matrix k = 0; k < DECODER_LAYER_MATRICES; k++) {
			const struct matrix *m = &w->layers[i].matrices[k];
			visit(m->data, matrix_bytes(m->type, m->outputs, m->inputs), index++);
		}
		for (enum decoder_vector k = 0; k < DECODER_LAYER_VECTORS; k++)
			if (decoder_numbers(s, k))
				visit(w->layers[i].vectors[k], decoder_numbers(s, k) * sizeof(float), index++);
	}
	visit(w->embedding.data, matrix_bytes(w->embedding.type, w->embedding.outputs, w->embedding.inputs), index++);
	if (!s->tied)
		visit(w->head.data, matrix_bytes(w->head.type, w->head.outputs, w->head.inputs), index++);
	visit(w->final_norm, decoder_numbers(s, DECODER_FINAL_NORM) * sizeof(float), index++);
	visit(w->frequencies, decoder_numbers(s, DECODER_FREQUENCIES) * sizeof(float), index++);
}

static void fill(const void *data, size_t bytes, size_t index)
{
	assert_int_equal((uintptr_t)data % 64, 0);
	memset(prepared_memory(data), (int)(index + 1), bytes);
}

static void expect_filled(const void *data, size_t bytes, size_t index)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < bytes; i++)
		if (p[i] != index + 1)
			fail_msg("tensor %zu, byte %zu: %d", index, i, p[i]);
}

static bool write_file(const struct decoder_shape *s, struct str description, struct error *err)
{
	own_prepared_writer *w = prepared_writer_create(PATH, s, types, err);

	if (!w)
		return false;
	each_tensor(s, prepared_writer_weights(w), fill);
	return prepared_writer_seal(w, description, err) && prepared_writer_commit(w, err);
}

static void expect_read(const struct decoder_shape *s, const char *description)
{
	struct error err = {0};
	own_prepared p = {0};

	assert_ok(prepared_open(&p, PATH, &err));
	assert_memory_equal(&p.shape, s, sizeof *s);
	assert_true(str_is(p.description, description));
	each_tensor(s, &p.weights, expect_filled);
}

TEST(what_was_written_is_read)
{
	struct error err = {0};

	assert_ok(write_file(&small, (struct str)STR("{\"a\":1}"), &err));
	expect_read(&small, "{\"a\":1}");
}

TEST(tensors_that_a_shape_lacks_are_absent)
{
	struct error err = {0};
	struct decoder_shape s = small;
	own_prepared p = {0};

	s.tied = 1, s.qkv_bias = 0, s.qk_norm = 0;
	assert_ok(write_file(&s, (struct str)STR(""), &err));
	expect_read(&s, "");
	assert_ok(prepared_open(&p, PATH, &err));
	assert_null(p.weights.layers[1].vectors[DECODER_QKV_BIAS]);
	assert_null(p.weights.layers[0].vectors[DECODER_Q_NORM]);
	assert_ptr_equal(p.weights.head.data, p.weights.embedding.data);
}

static char *read_back(size_t *len)
{
	struct error err = {0};
	char *bytes = file_read(PATH, FILE_MAX, len, &err);

	assert_non_null(bytes);
	return bytes;
}

TEST(a_file_cut_anywhere_or_made_longer_is_refused)
{
	struct error err = {0};
	size_t len;

	assert_ok(write_file(&small, (struct str)STR("text"), &err));
	own_mem char *bytes = read_back(&len), *longer = mem_zeroed(len + 64, 1);
	memcpy(longer, bytes, len);
	for (size_t cut = 0; cut < len + 64; cut += cut < 300 ? 1 : 4096) {
		own_prepared p = {0};
		assert_false(prepared_read(&p, (struct str){ longer, cut }, &err));
		assert_int_equal(err.kind, ERROR_INVALID);
	}
	own_prepared p = {0};
	assert_false(prepared_read(&p, (struct str){ longer, len + 64 }, &err));
}

TEST(every_damaged_byte_before_the_weights_is_noticed)
{
	struct error err = {0};
	size_t len;

	assert_ok(write_file(&small, (struct str)STR("text"), &err));
	own_mem char *bytes = read_back(&len);
	char *end = memmem(bytes, len, "text", 4);
	assert_non_null(end);
	for (char *at = bytes; at < end + 4; at++) {
		own_prepared p = {0};
		*at ^= 1;
		assert_false(prepared_read(&p, (struct str){ bytes, len }, &err));
		*at ^= 1;
	}
	own_prepared p = {0};
	assert_ok(prepared_read(&p, (struct str){ bytes, len }, &err));
}

TEST(shapes_that_no_decoder_has_are_refused)
{
	struct error err = {0};
	uint8_t wrong_types[sizeof types];
	const struct { size_t offset; uint32_t value; } wrongs[] = {
		{ offsetof(struct decoder_shape, layers), 0 }, { offsetof(struct decoder_shape, layers), 1 << 30 },
		{ offsetof(struct decoder_shape, hidden), 65 }, { offsetof(struct decoder_shape, intermediate), 0 },
		{ offsetof(struct decoder_shape, kv_heads), 3 }, { offsetof(struct decoder_shape, head_dim), 20 },
		{ offsetof(struct decoder_shape, rotary_dim), 18 },
		{ offsetof(struct decoder_shape, vocabulary), UINT32_MAX },
		{ offsetof(struct decoder_shape, eps), 0 }, { offsetof(struct decoder_shape, tied), 2 },
	};

	for (size_t i = 0; i < countof(wrongs); i++) {
		struct decoder_shape s = small;
		memcpy((char *)&s + wrongs[i].offset, &wrongs[i].value, sizeof wrongs[i].value);
		assert_null(prepared_writer_create(PATH, &s, types, &err));
		assert_int_equal(err.kind, ERROR_INVALID);
	}
	memcpy(wrong_types, types, sizeof types);
	wrong_types[3] = 77;
	assert_null(prepared_writer_create(PATH, &small, wrong_types, &err));
}

static bool exists(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0;
}

TEST(without_a_commit_the_old_file_stays_and_nothing_else)
{
	struct error err = {0};
	own_mem char *temporary = NULL;

	assert_ok(write_file(&small, (struct str)STR("old"), &err));
	struct prepared_writer *w = prepared_writer_create(PATH, &small, types, &err);
	assert_non_null(w);
	temporary = mem_strdup(prepared_writer_path(w));
	assert_false(prepared_writer_commit(w, &err));
	assert_ok(prepared_writer_seal(w, (struct str)STR("new"), &err));
	assert_true(exists(temporary));
	prepared_writer_destroy(w);
	assert_false(exists(temporary));
	expect_read(&small, "old");
}

TEST(a_sealed_file_can_be_opened_and_sealed_again)
{
	struct error err = {0};
	own_prepared_writer *w = prepared_writer_create(PATH, &small, types, &err);
	own_prepared p = {0};

	assert_non_null(w);
	assert_ok(prepared_writer_seal(w, (struct str)STR("first"), &err));
	assert_ok(prepared_open(&p, prepared_writer_path(w), &err));
	assert_true(str_is(p.description, "first"));
	each_tensor(&small, prepared_writer_weights(w), fill);
	assert_ok(prepared_writer_seal(w, (struct str)STR("2nd"), &err));
	assert_ok(prepared_writer_commit(w, &err));
	expect_read(&small, "2nd");
}

static int fail_fsync(int fd) { (void)fd, errno = EIO; return -1; }
static int fail_rename(const char *from, const char *to) { (void)from, (void)to, errno = EACCES; return -1; }

TEST(a_failing_disk_leaves_the_old_file)
{
	struct error err = {0};

	assert_ok(write_file(&small, (struct str)STR("old"), &err));
	sys.fsync = fail_fsync;
	assert_false(write_file(&small, (struct str)STR("new"), &err));
	sys.fsync = fsync;
	sys.rename = fail_rename;
	assert_false(write_file(&small, (struct str)STR("new"), &err));
	sys.rename = rename;
	expect_read(&small, "old");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(tensors_that_a_shape_lacks_are_absent),
		cmocka_unit_test(a_file_cut_anywhere_or_made_longer_is_refused),
		cmocka_unit_test(every_damaged_byte_before_the_weights_is_noticed),
		cmocka_unit_test(shapes_that_no_decoder_has_are_refused),
		cmocka_unit_test(without_a_commit_the_old_file_stays_and_nothing_else),
		cmocka_unit_test(a_sealed_file_can_be_opened_and_sealed_again),
		cmocka_unit_test(a_failing_disk_leaves_the_old_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
