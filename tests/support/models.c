/*
 * One folder: the small JSON files, then the graph.
 */
#include "support/models.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/model/arch_says.h"
#include "support/model/vocabulary.h"

#define CONFIG_MAX    (64u << 10)
#define EXTERNAL_OVER (1ull << 30)
#define TEXT_MAX      (1u << 20)

static const char *const file_names[PRECISION_COUNT] = {
	[PRECISION_FLOAT32] = "model.onnx",
	[PRECISION_FLOAT16] = "model_fp16.onnx",
	[PRECISION_INT8] = "model_int8.onnx",
	[PRECISION_Q4] = "model_q4.onnx",
	[PRECISION_Q4F16] = "model_q4f16.onnx",
};

const char *model_file_name(enum precision precision)
{
	return file_names[precision];
}

static bool check_shape(const struct model_shape *s, struct error *err)
{
	if (!s->layers || !s->heads || !s->kv_heads || !s->head_dim || !s->vocab || !s->context)
		return error_set(err, ERROR_INVALID, "the model's shape has a zero: start from MODEL_TINY");
	if (s->hidden % 32 != 0 || s->intermediate % 32 != 0 || s->heads * s->head_dim % 32 != 0)
		return error_set(err, ERROR_INVALID, "hidden, intermediate, heads * head_dim must be multiples of 32");
	if (s->heads % s->kv_heads != 0 || s->head_dim % 16 != 0)
		return error_set(err, ERROR_INVALID, "heads must be a multiple of kv_heads, head_dim of 16");
	if (s->packed_qkv && (s->attention != ATTENTION_GQA || s->position_ids))
		return error_set(err, ERROR_INVALID, "packed_qkv needs ATTENTION_GQA without position_ids");
	if (s->packed_qkv && s->head_norms)
		return error_set(err, ERROR_INVALID, "packed_qkv does not go with head_norms");
	return true;
}

static bool write_json(const char *dir, const char *name, json_t *value, struct error *err)
{
	own_json *owned = value;
	own_mem char *path = path_join(dir, name);
	own_buf text = BUF_INIT(CONFIG_MAX);

	return json_write(&text, owned, err) && file_write(path, buf_str(&text), 0644, err);
}

static const struct family { const char *type, *class; } qwen2 = { "qwen2", "Qwen2ForCausalLM" },
	qwen3 = { "qwen3", "Qwen3ForCausalLM" }, llama = { "llama", "LlamaForCausalLM" };

static const struct family *family_of(const struct model_shape *s)
{
	return s->head_norms ? &qwen3 : s->no_biases ? &llama : &qwen2;
}

static json_t *make_rope_scaling(const struct model_shape *s)
{
	return s->rope_factor == 0 ? json_null() :
		json_pack("{s:s, s:f, s:f, s:f, s:i}", "rope_type", "llama3", "factor",
		s->rope_factor, "low_freq_factor", 1.0, "high_freq_factor", 4.0, "original_max_position_embeddings",
		MODEL_ROPE_ORIGINAL);
}

static json_t *make_config(const struct model_shape *s, int64_t text_end, int64_t turn_end)
{
	json_t *config = json_pack("{s:[s], s:f, s:I, s:I, s:s, s:I, s:I, s:I, s:s, s:I, s:I, s:I}",
		"architectures", family_of(s)->class, "attention_dropout", 0.0, "bos_token_id", (json_int_t)text_end,
		"eos_token_id", (json_int_t)turn_end, "hidden_act", "silu", "hidden_size", (json_int_t)s->hidden,
		"intermediate_size", (json_int_t)s->intermediate, "max_position_embeddings", (json_int_t)s->context,
		"model_type", family_of(s)->type, "num_attention_heads", (json_int_t)s->heads,
		"num_hidden_layers", (json_int_t)s->layers, "num_key_value_heads", (json_int_t)s->kv_heads);
	own_json *rest = json_pack("{s:f, s:o, s:f, s:n, s:b, s:s, s:b, s:b, s:I, s:{s:{s:s, s:s}}}",
		"rms_norm_eps", s->rms_eps, "rope_scaling", make_rope_scaling(s), "rope_theta", s->rope_theta,
		"sliding_window", "tie_word_embeddings", !s->separate_head, "torch_dtype", "float32", "use_cache", 1,
		"use_sliding_window", 0, "vocab_size", (json_int_t)s->vocab,
		"transformers.js_config", "kv_cache_dtype", "q4f16", "float16", "fp16", "float16");

	json_object_update(config, rest);
	if (s->head_dim * s->heads != s->hidden)
		json_object_set_new(config, "head_dim", json_integer((json_int_t)s->head_dim));
	return config;
}

static json_t *make_generation_config(int64_t text_end, int64_t turn_end)
{
	return json_pack("{s:I, s:b, s:[I, I], s:I, s:f, s:f, s:i, s:f}", "bos_token_id", (json_int_t)text_end,
		"do_sample", 1, "eos_token_id", (json_int_t)turn_end, (json_int_t)text_end,
		"pad_token_id", (json_int_t)text_end, "repetition_penalty", 1.0,
		"temperature", 0.7, "top_k", 20, "top_p", 0.8);
}

static bool write_configs(const char *dir, const struct model_shape *s, const struct vocabulary *v, struct error *err)
{
	int64_t text_end, turn_end;

	return vocabulary_find(v, "<|endoftext|>", &text_end, err) &&
		vocabulary_find(v, "<|im_end|>", &turn_end, err) &&
		write_json(dir, "config.json", make_config(s, text_end, turn_end), err) &&
		write_json(dir, "generation_config.json", make_generation_config(text_end, turn_end), err);
}

/* Row by row: the answer's head, the text, end tokens to the row's end. */
static bool make_script(struct script *script, const struct model_shape *s, const struct vocabulary *v,
	struct error *err)
{
	static const struct str lead = STR("assistant\n");
	size_t longest = 0, n;
	int64_t end;

	while (s->says[script->count]) {
		size_t length = strlen(s->says[script->count++]);

		longest = length > longest ? length : longest;
	}
	if (longest > TEXT_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the model cannot say more than %u bytes", TEXT_MAX);
	if (!vocabulary_find(v, "<|im_start|>", &script->start, err) || !vocabulary_find(v, "<|im_end|>", &end, err))
		return false;
	script->width = lead.n + longest + 1;
	script->next = mem_zeroed(script->count * script->width, sizeof *script->next);
	for (size_t i = 0; i < script->count; i++) {
		int64_t *row = script->next + i * script->width;

		if (!vocabulary_spell(v, lead, row, &script->lead, err) ||
			!vocabulary_spell(v, str_of(s->says[i]), row + script->lead, &n, err))
			return false;
		for (size_t k = script->lead + n; k < script->width; k++)
			row[k] = end;
	}
	return true;
}

static bool fill_graph(struct builder *b, const struct model_shape *s, const struct vocabulary *v, struct error *err)
{
	own_mem int64_t *next = NULL;
	struct script script = { 0 };
	bool ok;

	if (!s->says) {
		arch_write(b, s);
		return true;
	}
	ok = make_script(&script, s, v, err);
	next = script.next;
	if (ok)
		arch_write_says(b, s, &script);
	return ok;
}

/* At most: a table in 4 or 8 bits counts as if it were not. */
static uint64_t weight_bytes(const struct model_shape *s)
{
	static const uint64_t bits[PRECISION_COUNT] = { 32, 16, 8, 5, 5 };
	uint64_t attention = 2ull * (s->heads + s->kv_heads) * s->head_dim;
	uint64_t layer = s->hidden * (attention + 3 * s->intermediate);
	uint64_t tables = (uint64_t)s->vocab * s->hidden * (s->separate_head ? 2 : 1);

	return s->says ? 0 : (s->layers * layer * bits[s->precision] + tables * bits[precision_of_vectors(s)]) / 8;
}

static bool write_graph(const char *dir, const struct model_shape *s, const struct vocabulary *v, struct error *err)
{
	own_mem char *onnx = path_join(dir, "onnx");
	own_mem char *path = path_join(onnx, file_names[s->precision]);
	own_mem char *data = s->external || weight_bytes(s) > EXTERNAL_OVER ? mem_printf("%s_data", path) : NULL;
	own_mem char *second = path_join(onnx, "model_quantized.onnx");
	own_builder *b = NULL;

	if (!path_make(onnx, 0755, err))
		return false;
	b = builder_create(data);
	if (!fill_graph(b, s, v, err) || !build_save(b, path, err))
		return false;
	if (s->precision != PRECISION_INT8 || s->says)
		return true;
	unlink(second);
	if (link(path, second) != 0)
		return error_errno(err, "cannot link %s", second);
	return true;
}

bool model_write(const char *dir, const struct model_shape *shape, struct error *err)
{
	struct model_shape s = *shape;
	own_vocabulary *v = NULL;

	if (s.says) {
		s.precision = PRECISION_FLOAT32;
		s.attention = ATTENTION_PLAIN;
	}
	if (!check_shape(&s, err) || !path_make(dir, 0755, err))
		return false;
	if (s.tokenizer ? !vocabulary_link(dir, s.tokenizer, err) : !vocabulary_write(dir, err))
		return false;
	v = vocabulary_load(dir, err);
	if (!v)
		return false;
	if (vocabulary_size(v) > s.vocab)
		return error_set(err, ERROR_INVALID, "the tokenizer has %zu tokens, the model only %zu",
			vocabulary_size(v), s.vocab);
	return write_configs(dir, &s, v, err) && write_graph(dir, &s, v, err);
}

bool model_write_saying(const char *dir, const char *text, struct error *err)
{
	return model_write(dir, &(struct model_shape){ MODEL_TINY, .says = (const char *const[]){ text, NULL } }, err);
}
