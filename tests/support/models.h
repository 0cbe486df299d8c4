/*
 * Models to test and measure with: ONNX files of Qwen2's architecture with
 * random weights, or with a known answer, in the folder layout that
 * onnx-community publishes on the Hugging Face Hub.
 *
 *     model_write(dir, &(struct model_shape){ MODEL_TINY, .attention = ATTENTION_GQA }, &err)
 *     model_write_saying(dir, "Hello!", &err)
 *
 * make config.json, generation_config.json, tokenizer.json, tokenizer_config.json
 * and onnx/model*.onnx in `dir`.  Several precisions may be written into one
 * folder, as published; they are then the same model.  Inputs are input_ids,
 * attention_mask, position_ids (if wanted) and past_key_values.N.key|value
 * [batch, kv_heads, past, head_dim]; outputs are logits [batch, sequence, vocab]
 * and present.N.key|value.  Everything follows from the shape: the same shape
 * gives the same bytes.  Blocking; any thread.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

enum attention_form {
	ATTENTION_PLAIN,       /* MatMul and Softmax, as Optimum exports them */
	ATTENTION_GQA,         /* com.microsoft GroupQueryAttention, as ONNX Runtime's model builder writes it */
};

enum precision {
	PRECISION_FLOAT32,     /* model.onnx */
	PRECISION_FLOAT16,     /* model_fp16.onnx: everything float16, cache and logits too */
	PRECISION_INT8,        /* model_int8.onnx = model_quantized.onnx: DynamicQuantizeLinear and MatMulInteger */
	PRECISION_Q4,          /* model_q4.onnx: MatMulNBits, 4 bits in blocks of 32, symmetric; the rest float32 */
	PRECISION_Q4F16,       /* model_q4f16.onnx: the same, the rest float16 */
	PRECISION_COUNT,
};

/* What the graphs of Gemma 2 and 3 have and Qwen2's have not. */
enum gemma_trait {
	GEMMA_SCALED = 1,      /* embeddings are multiplied by the root of hidden */
	GEMMA_GELU = 2,        /* instead of SiLU, the approximation with tanh */
	GEMMA_NORMS = 4,       /* what attention and feed-forward add is normalised, too */
	GEMMA_ONE_MORE = 8,    /* norms multiply by 1 + weight, written out */
	GEMMA_CAPPED_SCORES = 16,   /* ATTENTION_GQA only, and so the next */
	GEMMA_WINDOW = 32,     /* half of the context */
	GEMMA_CAPPED_LOGITS = 64,
	GEMMA_ALL = 127,
};

struct model_shape {
	size_t layers, hidden, intermediate;   /* the last two multiples of 32 */
	size_t heads, kv_heads, head_dim;      /* heads a multiple of kv_heads, head_dim of 16 */
	size_t vocab;          /* rows of the embedding; at least what the tokenizer has */
	size_t context;        /* longest sequence, in tokens */
	double rope_theta;
	double rms_eps;
	enum attention_form attention;
	enum precision precision;
	bool separate_head;    /* a head of its own in the model's precision, instead of the embedding once more */
	bool position_ids;     /* an input, instead of being computed from attention_mask or inside the attention */
	bool packed_qkv;       /* one projection for all three; ATTENTION_GQA only */
	bool last_logits;      /* logits [batch, 1, vocab] of the last position only */
	bool head_norms;       /* each head of queries and keys is normalised before it is turned, as in Qwen3 */
	bool no_biases;        /* q, k and v have none, as in Qwen3 and Llama */
	unsigned gemma;        /* enum gemma_trait, any of them */
	double rope_factor;    /* rotary positions scaled as Llama 3.1's by this factor; 0: not */
	bool external;         /* weights in MODEL.onnx_data; done unasked above 1 GB */
	int accuracy_level;    /* of MatMulNBits, as ONNX Runtime defines it; 0: unset */
	uint64_t seed;
	const char *tokenizer; /* folder whose tokenizer is linked into `dir`; NULL: a tiny one is written */
	const char *const *says;   /* texts ended by NULL: see below; NULL: random weights */
};

/* What stands behind MODEL_TINY may replace a member: { MODEL_TINY, .layers = 5 }. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* What the factor is for: Llama's original_max_position_embeddings, of a tiny model. */
#define MODEL_ROPE_ORIGINAL 4096

/* Under 1 MB in every precision.  The vocabulary has a few ids more than the tiny tokenizer, as Qwen2.5's has. */
#define MODEL_TINY \
	.layers = 2, .hidden = 64, .intermediate = 96, .heads = 4, .kv_heads = 2, .head_dim = 16, \
	.vocab = 640, .context = 2048, .rope_theta = 1e6, .rms_eps = 1e-6

/* The shapes of Qwen2.5-0.5B and 1.5B. */
#define MODEL_QWEN2_0_5B \
	.layers = 24, .hidden = 896, .intermediate = 4864, .heads = 14, .kv_heads = 2, .head_dim = 64, \
	.vocab = 151936, .context = 32768, .rope_theta = 1e6, .rms_eps = 1e-6
#define MODEL_QWEN2_1_5B \
	.layers = 28, .hidden = 1536, .intermediate = 8960, .heads = 12, .kv_heads = 2, .head_dim = 128, \
	.vocab = 151936, .context = 32768, .rope_theta = 1e6, .rms_eps = 1e-6

/* The folder is created where missing. */
bool model_write(const char *dir, const struct model_shape *shape, struct error *err) must_use;

/*
 * A model that says a given text: whatever the prompt, greedy decoding gives the
 * text's tokens and then <|im_end|>.  The answer starts after the last
 * "<|im_start|>assistant\n"; a sequence without one is answered after its first
 * token.  With .says in a shape, the n-th assistant turn of a conversation says
 * the n-th text, and later ones the last.  Texts are cut into the longest
 * tokens that match, names of special tokens (<tool_call>) included, and may
 * hold any bytes.  The cache is a real one: it holds what is needed to know
 * where the answer stands, so chunks, reuse and truncation work as in any model.
 * Always float32; `hidden`, `seed` and the like are ignored.
 */
bool model_write_saying(const char *dir, const char *text, struct error *err) must_use;

/*
 * dir/model.safetensors: the weights under Hugging Face's names, float32, rounded
 * as the graph of the shape's precision has them.  Not for models that say a text.
 */
bool model_write_weights(const char *dir, const struct model_shape *shape, struct error *err) must_use;

/* "model_q4.onnx" and so on. */
const char *model_file_name(enum precision precision);
