/*
 * Published forms of one model, prepared: the file answers as ONNX Runtime does,
 * and what goes wrong leaves nothing behind that is taken for whole.
 */
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "model/model.h"
#include "model/prepared.h"
#include "model/timeline.h"
#include "prepare/prepare.h"
#include "support/bare_ort.h"
#include "support/models.h"
#include "support/piece_tokenizer.h"

#define FOLDER "test_prepare.tmp"

static const struct model_shape forms[] = {
	{ MODEL_TINY, .attention = ATTENTION_PLAIN },
	{ MODEL_TINY, .attention = ATTENTION_PLAIN, .position_ids = true, .external = true },
	{ MODEL_TINY, .attention = ATTENTION_GQA },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .position_ids = true, .last_logits = true },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .packed_qkv = true, .external = true },
};

static const char *const precisions[PRECISION_COUNT] = { "fp32", "fp16", "int8", "q4", "q4f16" };

#define NEEDS_ONNXRUNTIME() do { \
		if (!bare_available()) \
			skip_because("no ONNX Runtime in $SHAMMAH_ONNXRUNTIME"); \
	} while (0)

static void write_afresh(const struct model_shape *shape)
{
	struct error err = {0};

	assert_int_equal(system("rm -rf " FOLDER), 0);
	assert_ok(model_write(FOLDER, shape, &err));
}

static struct prepare_options options_of(const struct model_shape *shape)
{
	return (struct prepare_options){ .engine = { .threads = 1, .precision = precisions[shape->precision] } };
}

static bool prepare_it(const struct model_shape *shape, struct prepared_model *out, struct error *err)
{
	struct prepare_options options = options_of(shape);

	return prepare_model(FOLDER, &options, out, err);
}

static void prepare_afresh(const struct model_shape *shape, struct prepared_model *out)
{
	struct error err = {0};

	write_afresh(shape);
	assert_ok(prepare_it(shape, out, &err));
	if (!out->path)
		fail_msg("%s", out->reason);
}

/* How many files of ours are there but locks, notes and whole ones. */
static size_t count_left_over(void)
{
	DIR *directory = opendir(FOLDER "/.shammah");
	size_t count = 0;

	for (struct dirent *entry; directory && (entry = readdir(directory)); )
		count += strstr(entry->d_name, ".tmp.") != NULL;
	if (directory)
		closedir(directory);
	return count;
}

/* ---- It answers as its graph ---- */

static double number_of(const char *path, const char *key)
{
	struct error err = {0};
	own_prepared file = {0};

	assert_ok(prepared_open(&file, path, &err));
	own_json *description = json_parse(file.description, "description", &err);
	assert_non_null(description);
	return json_number_value(json_object_get(description, key));
}

/* A 4-bit model's float head is rounded to 4 bits as well, which moves logits more than the rest. */
static double most_deviation(const struct model_shape *s)
{
	bool small_head = s->precision >= PRECISION_Q4 && !s->separate_head;

	return s->precision < PRECISION_INT8 ? 0.002 : small_head ? 0.1 : 0.05;
}

static void expect_good(const struct model_shape *shape)
{
	for (size_t i = 0; i < 2 * PRECISION_COUNT; i++) {
		struct model_shape s = *shape;
		own_prepared_model p = {0};

		s.separate_head = i % 2;
		s.precision = (enum precision)(i / 2);
		prepare_afresh(&s, &p);
		assert_true(number_of(p.path, "positions") > 50);
		assert_true(number_of(p.path, "deviation") < most_deviation(&s));
		assert_int_equal(count_left_over(), 0);
	}
}

TEST(every_form_in_every_precision_answers_as_its_graph)
{
	NEEDS_ONNXRUNTIME();
	for (size_t i = 0; i < countof(forms); i++)
		expect_good(&forms[i]);
}

/* Norms of heads, no biases, scaled positions: with attention in one operator and written out. */
TEST(so_do_qwen3_and_llama)
{
	NEEDS_ONNXRUNTIME();
	for (enum attention_form form = ATTENTION_PLAIN; form <= ATTENTION_GQA; form++) {
		struct model_shape qwen3 = { MODEL_TINY, .attention = form, .head_norms = true, .no_biases = true };
		struct model_shape llama = { MODEL_TINY, .attention = form, .no_biases = true, .rope_factor = 8 };

		expect_good(&qwen3);
		expect_good(&llama);
	}
}

static char *read_weights(const char *path, size_t *n)
{
	struct error err = {0};
	own_prepared file = {0};

	assert_ok(prepared_open(&file, path, &err));
	*n = file.file.len - (size_t)(file.description.p + PREPARED_DESCRIPTION_MAX - file.file.data);
	char *copy = mem_alloc(*n);
	memcpy(copy, file.description.p + PREPARED_DESCRIPTION_MAX, *n);
	return copy;
}

/* So one form runs exactly as fast as another. */
TEST(all_forms_of_the_same_weights_become_the_same_bytes)
{
	NEEDS_ONNXRUNTIME();
	for (enum precision precision = 0; precision < PRECISION_COUNT; precision++) {
		own_mem char *first = NULL;
		size_t first_n = 0;

		for (size_t form = 0; form < countof(forms); form++) {
			struct model_shape s = forms[form];
			own_prepared_model p = {0};
			size_t n;

			if (precision == PRECISION_INT8 && s.packed_qkv)
				continue;              /* one scale for the three: other weights */
			s.precision = precision;
			prepare_afresh(&s, &p);
			own_mem char *bytes = read_weights(p.path, &n);
			if (first)
				assert_memory_equal(bytes, first, n < first_n ? n : first_n);
			assert_true(!first || n == first_n);
			if (!first) {
				first = take(bytes);
				first_n = n;
			}
		}
	}
}

/* ---- It is made once ---- */

static uint64_t identity(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return (uint64_t)status.st_ino;
}

TEST(is_made_once_and_again_when_the_model_changes)
{
	struct model_shape s = { MODEL_TINY, .precision = PRECISION_Q4 };
	own_prepared_model first = {0}, second = {0}, third = {0};
	struct prepare_options options = options_of(&s);
	struct error err = {0};

	NEEDS_ONNXRUNTIME();
	prepare_afresh(&s, &first);
	uint64_t made = identity(first.path);
	assert_ok(prepare_find(FOLDER, &options, &second, &err));
	assert_string_equal(second.path, first.path);
	assert_string_equal(second.reason, first.reason);
	assert_true(identity(second.path) == made);
	s.seed = 1;
	s.layers = 3;
	assert_ok(model_write(FOLDER, &s, &err));
	assert_ok(prepare_find(FOLDER, &options, &third, &err));
	assert_null(third.path);
	assert_int_equal(access(first.path, F_OK), -1);       /* an old one is no use and takes room */
	prepared_model_done(&third);
	assert_ok(prepare_it(&s, &third, &err));
	assert_non_null(third.path);
}

TEST(a_damaged_file_is_made_anew)
{
	struct model_shape s = { MODEL_TINY, .precision = PRECISION_Q4 };
	own_prepared_model first = {0}, second = {0};
	struct error err = {0};

	NEEDS_ONNXRUNTIME();
	prepare_afresh(&s, &first);
	assert_int_equal(truncate(first.path, 5000), 0);
	assert_ok(prepare_it(&s, &second, &err));
	assert_non_null(second.path);
	assert_true(number_of(second.path, "positions") > 0);
}

/* ---- What it does not know is left alone, and noted ---- */

static void change_config(const char *key, json_t *value)
{
	struct error err = {0};
	own_json *config = json_parse_file(FOLDER "/config.json", 1 << 20, &err);
	own_buf text = BUF_INIT(1 << 20);

	json_object_set_new(config, key, value);
	assert_ok(json_write(&text, config, &err) && file_write(FOLDER "/config.json", buf_str(&text), 0644, &err));
}

static void expect_refusal(const struct model_shape *s, const char *part)
{
	own_prepared_model first = {0}, second = {0};
	struct prepare_options options = options_of(s);
	struct error err = {0};

	assert_ok(prepare_it(s, &first, &err));
	assert_null(first.path);
	if (!strstr(first.reason, part))
		fail_msg("\"%s\" does not say \"%s\"", first.reason, part);
	assert_ok(prepare_find(FOLDER, &options, &second, &err));        /* from the note */
	assert_string_equal(second.reason, first.reason);
	assert_int_equal(count_left_over(), 0);
}

TEST(contradictions_of_graph_and_config_are_refused)
{
	struct model_shape s = { MODEL_TINY };
	const struct { const char *key; json_t *value; const char *part; } changes[] = {
		{ "num_attention_heads", json_integer(8), "num_attention_heads" },
		{ "rms_norm_eps", json_real(1.1e-6), "rms_norm_eps" },
		{ "rope_theta", json_real(1e4), "rotary" },
		{ "hidden_act", json_string("gelu"), "hidden_act" },
		{ "rope_scaling", json_pack("{s:s, s:f}", "type", "linear", "factor", 2.0), "rotary" },
		{ "vocab_size", json_integer(700), "vocab_size" },
	};

	for (size_t i = 0; i < countof(changes); i++) {
		write_afresh(&s);
		change_config(changes[i].key, changes[i].value);
		expect_refusal(&s, changes[i].part);
	}
}

/* Each of what Gemma has is enough: our forward pass does not know it. */
TEST(what_gemma_has_is_refused_one_by_one)
{
	static const struct { unsigned trait; const char *parts[2]; } rows[] = {
		{ GEMMA_SCALED, { "embed_tokens/Mul", "embed_tokens/Mul" } },
		{ GEMMA_GELU, { "mlp/Mul", "mlp/Mul" } },
		{ GEMMA_NORMS, { "what a layer adds", "what a layer adds" } },
		{ GEMMA_ONE_MORE, { "look for a norm", "look for a norm" } },
		{ GEMMA_CAPPED_SCORES, { NULL, "plain attention" } },
		{ GEMMA_WINDOW, { NULL, "each token sees 1024" } },
		{ GEMMA_CAPPED_LOGITS, { "lm_head/Mul", "lm_head/Mul" } },
		{ GEMMA_ALL, { "lm_head/Mul", "lm_head/Mul" } },
	};

	for (size_t i = 0; i < countof(rows); i++)
		for (enum attention_form form = ATTENTION_PLAIN; form <= ATTENTION_GQA; form++) {
			struct model_shape s = { MODEL_TINY, .attention = form, .gemma = rows[i].trait };
			if (!rows[i].parts[form])
				continue;
			write_afresh(&s);
			expect_refusal(&s, rows[i].parts[form]);
		}
}

/* A tokenizer and a template of Gemma's kind instead of the model's own. */
static void change_tokenizer(void)
{
	static const char *const added[] = { "<bos>", "<start_of_turn>", "<end_of_turn>" };
	static const char config[] = "{\"chat_template\":\"{{ bos_token }}{{ raise_exception('Conversation roles must "
		"alternate user/assistant/') }}{{ '<start_of_turn>' + role }}\"}";
	uint64_t seed = 4;
	struct error err = {0};
	own_json *file = piece_tokenizer(&seed, PIECES_GEMMA);
	json_int_t id = 400;
	own_buf text = BUF_INIT(1 << 20);

	for (size_t i = 0; i < countof(added); i++)
		json_array_append_new(json_object_get(file, "added_tokens"),
			json_pack("{sIsssb}", "id", id++, "content", added[i], "special", 1));
	assert_ok(json_write(&text, file, &err) && file_write(FOLDER "/tokenizer.json", buf_str(&text), 0644, &err));
	assert_ok(file_write(FOLDER "/tokenizer_config.json", str_of(config), 0644, &err));
}

static void expect_close(const float *got, const float *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fabsf(got[i] - wanted[i]) > 1e-3f)
			fail_msg("logit %zu is %g instead of %g", i, (double)got[i], (double)wanted[i]);
}

TEST(a_gemma_is_run_by_onnx_runtime_with_its_tokenizer_and_template)
{
	struct model_shape s = { MODEL_TINY, .attention = ATTENTION_GQA, .gemma = GEMMA_ALL };
	struct model_options options = { .engine = { .threads = 1, .precision = "fp32" } };
	own_chat chat = CHAT_INIT(1 << 16);
	own_tokens tokens = TOKENS_INIT(1000);
	struct error err = {0};
	int64_t ids[1000];

	NEEDS_ONNXRUNTIME();
	write_afresh(&s);
	change_tokenizer();
	own_model *m = model_open(FOLDER, &options, &err);
	own_bare *bare = bare_open(FOLDER, &s, 0, &err);
	if (!m || !bare)
		fail_msg("%s", err.text);
	assert_non_null(chat_add(&chat, ROLE_SYSTEM, str_of("abc"), &err));
	assert_non_null(chat_add(&chat, ROLE_USER, str_of("xa \xE6\x97\xA5<end_of_turn>"), &err));
	assert_ok(model_encode(m, &chat, false, &tokens, &err));
	assert_int_equal(tokens.ids[0], 400);
	for (size_t i = 0; i < tokens.count; i++)
		ids[i] = tokens.ids[i];
	own_mem float *wanted = mem_zeroed(tokens.count * s.vocab, sizeof *wanted);
	assert_ok(bare_run(bare, ids, tokens.count, wanted, &err));
	own_timeline *t = timeline_create(model_engine(m), &err);
	assert_ok(t && timeline_begin(t, tokens.ids, tokens.count, &err));
	while (timeline_pending(t))
		assert_ok(timeline_advance(t, 7, NULL, &err));
	expect_close(timeline_logits(t), wanted + (tokens.count - 1) * s.vocab, s.vocab);
	assert_true(model_is_end(m, 402));
}

TEST(a_window_is_refused_unless_the_context_fits_in_it)
{
	struct model_shape s = { MODEL_TINY };
	own_prepared_model p = {0};
	struct error err = {0};

	write_afresh(&s);
	change_config("sliding_window", json_integer(1024));
	change_config("use_sliding_window", json_true());
	expect_refusal(&s, "1024");
	change_config("sliding_window", json_integer(4096));
	NEEDS_ONNXRUNTIME();
	assert_ok(prepare_it(&s, &p, &err));
	assert_non_null(p.path);
}

TEST(a_refusal_is_tried_again_when_the_model_changes)
{
	struct model_shape s = { MODEL_TINY };
	own_prepared_model p = {0};
	struct error err = {0};

	NEEDS_ONNXRUNTIME();
	write_afresh(&s);
	change_config("hidden_act", json_string("gelu"));
	expect_refusal(&s, "hidden_act");
	change_config("hidden_act", json_string("silu"));
	assert_ok(prepare_it(&s, &p, &err));
	assert_non_null(p.path);
	assert_int_equal(access(FOLDER "/.shammah/fp32.decoder.refused", F_OK), -1);
}

/* What config.json says and we have no formula for is the graph's business. */
TEST(positions_that_the_config_does_not_explain_are_taken_from_the_graph)
{
	struct model_shape s = { MODEL_TINY, .attention = ATTENTION_GQA };
	own_prepared_model p = {0};
	struct error err = {0};

	NEEDS_ONNXRUNTIME();
	write_afresh(&s);
	change_config("rope_scaling", json_pack("{s:s, s:f}", "rope_type", "strange", "factor", 2.0));
	assert_ok(prepare_it(&s, &p, &err));
	assert_non_null(p.path);
}

/* ---- YaRN ---- */

TEST(yarn_is_put_in_behind_the_check)
{
	struct model_shape s = { MODEL_TINY, .precision = PRECISION_Q4, .context = 1024 };
	own_prepared_model p = {0};
	own_prepared file = {0};
	struct error err = {0};

	NEEDS_ONNXRUNTIME();
	write_afresh(&s);
	change_config("rope_scaling", json_pack("{s:s, s:f, s:i}", "type", "yarn", "factor", 4.0,
		"original_max_position_embeddings", 1024));
	assert_ok(prepare_it(&s, &p, &err));
	assert_non_null(p.path);
	assert_non_null(strstr(p.reason, "YaRN"));
	assert_ok(prepared_open(&file, p.path, &err));
	assert_int_equal(file.shape.context, 4096);
	assert_true(fabsf(file.shape.rope_magnitude - 1.1386294f) < 1e-6f);      /* 0.1 ln 4 + 1 */
	assert_true(file.weights.frequencies[0] == 1);
	assert_true(fabsf(file.weights.frequencies[7] * 4 - powf(1e6f, -7.0f / 8)) < 1e-9f);
}

/* ---- What goes wrong on the way ---- */

static void fire(void *user, enum prepare_stage stage, double share)
{
	(void)share;
	if (stage == PREPARE_PACK)
		cancel_fire(user);
}

/* Then the graph could not be run either. */
static bool is_checked_with(const struct model_shape *s, uint64_t memory)
{
	struct prepare_options options = options_of(s);
	own_prepared_model p = {0};
	struct error err = {0};

	write_afresh(s);
	options.memory = memory;
	assert_ok(prepare_model(FOLDER, &options, &p, &err));
	assert_non_null(p.path);
	bool checked = number_of(p.path, "positions") > 0;
	assert_true(checked != (strstr(p.reason, "not checked") != NULL));
	return checked;
}

/* By all that ONNX Runtime keeps beside the files, in bits a weight. */
static void expect_estimate(const struct model_shape *s, uint64_t projections, uint64_t head)
{
	uint64_t queries = s->heads * s->head_dim, keys = s->kv_heads * s->head_dim;
	uint64_t layer = s->hidden * (2 * queries + 2 * keys + 3 * s->intermediate);
	uint64_t logits = 80 * s->vocab * sizeof(float), table = s->vocab * s->hidden;
	uint64_t wanted = logits + s->layers * layer * projections / 8 + table * head / 8;

	assert_false(is_checked_with(s, wanted - 1));
	assert_true(is_checked_with(s, wanted));
}

TEST(a_graph_too_large_to_be_run_is_prepared_unchecked_and_says_so)
{
	struct model_shape q4 = { MODEL_TINY, .precision = PRECISION_Q4 };
	struct model_shape apart = { MODEL_TINY, .precision = PRECISION_Q4, .separate_head = true };
	struct model_shape halves = { MODEL_TINY, .precision = PRECISION_FLOAT16, .separate_head = true };
	struct model_shape int8 = { MODEL_TINY, .precision = PRECISION_INT8 };
	struct model_shape floats = { MODEL_TINY, .attention = ATTENTION_GQA, .packed_qkv = true, .external = true };

	NEEDS_ONNXRUNTIME();
	expect_estimate(&q4, 5, 32 + 2 * 32);
	expect_estimate(&apart, 5, 5);
	expect_estimate(&halves, 16 + 32, 16 + 32);
	expect_estimate(&int8, 10, 32 + 2 * 32);
	expect_estimate(&floats, 32, 2 * 32);
}

TEST(cancelling_leaves_nothing)
{
	struct model_shape s = { MODEL_TINY, .precision = PRECISION_Q4, .layers = 5 };
	struct prepare_options options = options_of(&s);
	own_prepared_model p = {0};
	struct error err = {0};
	struct cancel cancel;

	NEEDS_ONNXRUNTIME();
	cancel_init(&cancel);
	options.cancel = &cancel;
	options.progress = fire;
	options.user = &cancel;
	write_afresh(&s);
	assert_false(prepare_model(FOLDER, &options, &p, &err));
	assert_int_equal(err.kind, ERROR_CANCELLED);
	assert_int_equal(count_left_over(), 0);
	assert_int_equal(access(FOLDER "/.shammah/q4.decoder", F_OK), -1);
	cancel_done(&cancel);
}

TEST(what_a_killed_process_left_is_cleared_away)
{
	struct model_shape s = { MODEL_TINY, .precision = PRECISION_Q4 };
	own_prepared_model p = {0};
	struct error err = {0};

	NEEDS_ONNXRUNTIME();
	write_afresh(&s);
	assert_ok(path_make(FOLDER "/.shammah", 0755, &err));
	assert_ok(file_write(FOLDER "/.shammah/q4.decoder.tmp.999999", (struct str)STR("half"), 0644, &err));
	assert_ok(prepare_it(&s, &p, &err));
	assert_non_null(p.path);
	assert_int_equal(count_left_over(), 0);
}

static int full_rename(const char *from, const char *to)
{
	(void)from;
	(void)to;
	errno = ENOSPC;
	return -1;
}

/* Not noted: there may be room tomorrow. */
TEST(a_full_disk_is_a_reason_but_not_for_ever)
{
	struct model_shape s = { MODEL_TINY, .precision = PRECISION_Q4 };
	struct sys_calls real = sys;
	own_prepared_model first = {0}, second = {0};
	struct error err = {0};

	NEEDS_ONNXRUNTIME();
	write_afresh(&s);
	sys.rename = full_rename;
	bool ok = prepare_it(&s, &first, &err);
	sys = real;
	assert_ok(ok);
	assert_null(first.path);
	assert_non_null(strstr(first.reason, "space"));
	assert_int_equal(count_left_over(), 0);
	assert_ok(prepare_it(&s, &second, &err));
	assert_non_null(second.path);
}

TEST(waits_for_another_process_and_can_be_cancelled_meanwhile)
{
	struct model_shape s = { MODEL_TINY, .precision = PRECISION_Q4 };
	struct prepare_options options = options_of(&s);
	own_prepared_model p = {0};
	struct error err = {0};
	struct cancel cancel;

	write_afresh(&s);
	assert_ok(path_make(FOLDER "/.shammah", 0755, &err));
	own_fd lock = open(FOLDER "/.shammah/q4.decoder.lock", O_RDWR | O_CREAT, 0644);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	cancel_init(&cancel);
	cancel_fire(&cancel);
	options.cancel = &cancel;
	assert_false(prepare_model(FOLDER, &options, &p, &err));
	assert_int_equal(err.kind, ERROR_CANCELLED);
	cancel_done(&cancel);
}

TEST(lies_beside_the_snapshot_in_a_cache_of_the_hub)
{
	struct model_shape s = { MODEL_TINY, .precision = PRECISION_Q4 };
	struct prepare_options options = options_of(&s);
	const char *folder = FOLDER "/models--owner--name/snapshots/abc123";
	own_prepared_model p = {0};
	struct error err = {0};

	NEEDS_ONNXRUNTIME();
	assert_int_equal(system("rm -rf " FOLDER), 0);
	assert_ok(model_write(folder, &s, &err));
	assert_ok(prepare_model(folder, &options, &p, &err));
	assert_non_null(p.path);
	assert_non_null(strstr(p.path, "/models--owner--name/shammah/abc123-q4.decoder"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_in_every_precision_answers_as_its_graph),
		cmocka_unit_test(so_do_qwen3_and_llama),
		cmocka_unit_test(all_forms_of_the_same_weights_become_the_same_bytes),
		cmocka_unit_test(is_made_once_and_again_when_the_model_changes),
		cmocka_unit_test(a_damaged_file_is_made_anew),
		cmocka_unit_test(contradictions_of_graph_and_config_are_refused),
		cmocka_unit_test(what_gemma_has_is_refused_one_by_one),
		cmocka_unit_test(a_gemma_is_run_by_onnx_runtime_with_its_tokenizer_and_template),
		cmocka_unit_test(a_window_is_refused_unless_the_context_fits_in_it),
		cmocka_unit_test(a_refusal_is_tried_again_when_the_model_changes),
		cmocka_unit_test(positions_that_the_config_does_not_explain_are_taken_from_the_graph),
		cmocka_unit_test(yarn_is_put_in_behind_the_check),
		cmocka_unit_test(a_graph_too_large_to_be_run_is_prepared_unchecked_and_says_so),
		cmocka_unit_test(cancelling_leaves_nothing),
		cmocka_unit_test(what_a_killed_process_left_is_cleared_away),
		cmocka_unit_test(a_full_disk_is_a_reason_but_not_for_ever),
		cmocka_unit_test(waits_for_another_process_and_can_be_cancelled_meanwhile),
		cmocka_unit_test(lies_beside_the_snapshot_in_a_cache_of_the_hub),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
