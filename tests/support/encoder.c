#include "support/encoder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/model/builder.h"

enum { W = ENCODER_WIDTH, HEADS = ENCODER_HEADS, SIZE = W / HEADS, INNER = ENCODER_INNER };

static const float norm_eps = 1e-12f;

/* ---- Weights: numbers that follow from a name ---- */

enum weight {
	WORDS, POSITIONS, TYPES, NORM0, SHIFT0, Q, K, V, O, BIAS_Q, BIAS_K, BIAS_V, BIAS_O, NORM1, SHIFT1,
	UP, BIAS_UP, DOWN, BIAS_DOWN, NORM2, SHIFT2,
};

static float element(enum weight w, size_t i)
{
	uint64_t h = ((uint64_t)w + 1) * 0x9E3779B97F4A7C15u + i * 0xBF58476D1CE4E5B9u;

	h = (h ^ h >> 30) * 0x94D049BB133111EBu;
	h ^= h >> 31;
	float x = (float)(h >> 40) / 0x1p23f - 1;
	return w == NORM0 || w == NORM1 || w == NORM2 ? 1 + 0.2f * x : w <= TYPES ? x : 0.4f * x;
}

static void fill(const void *user, size_t first, size_t count, void *out)
{
	const enum weight *w = user;

	for (size_t i = 0; i < count; i++)
		((float *)out)[i] = element(*w, first + i);
}

/* ---- The graph ---- */

static const char *tensor(struct builder *b, enum weight w, int64_t rows, int64_t columns)
{
	static const enum weight all[] = {
		WORDS, POSITIONS, TYPES, NORM0, SHIFT0, Q, K, V, O, BIAS_Q, BIAS_K, BIAS_V, BIAS_O, NORM1, SHIFT1,
		UP, BIAS_UP, DOWN, BIAS_DOWN, NORM2, SHIFT2,
	};

	return build_tensor(b, ELEMENT_FLOAT, (int64_t[]){ rows ? rows : columns, columns }, rows ? 2 : 1, fill,
		&all[w], "weight.%d", (int)w);
}

static const char *mean(struct builder *b, const char *x)
{
	const char *y = build_node(b, "ReduceMean", INPUTS(x));

	build_ints(b, "axes", LIST(-1));
	return y;
}

static const char *norm(struct builder *b, const char *x, enum weight w)
{
	const char *centred = build_node(b, "Sub", INPUTS(x, mean(b, x)));
	const char *variance = mean(b, build_node(b, "Mul", INPUTS(centred, centred)));
	const char *eps = build_scalar(b, ELEMENT_FLOAT, norm_eps);
	const char *spread = build_node(b, "Sqrt", INPUTS(build_node(b, "Add", INPUTS(variance, eps))));
	const char *y = build_node(b, "Div", INPUTS(centred, spread));

	y = build_node(b, "Mul", INPUTS(y, tensor(b, w, 0, W)));
	return build_node(b, "Add", INPUTS(y, tensor(b, w + 1, 0, W)));
}

static const char *linear(struct builder *b, const char *x, enum weight w, enum weight bias, int64_t in, int64_t out)
{
	const char *y = build_node(b, "MatMul", INPUTS(x, tensor(b, w, in, out)));

	return build_node(b, "Add", INPUTS(y, tensor(b, bias, 0, out)));
}

static const char *transposed(struct builder *b, const char *x, const int64_t *order)
{
	const char *y = build_node(b, "Transpose", INPUTS(x));

	build_ints(b, "perm", order, 4);
	return y;
}

/* [batch, sequence, width] as [batch, heads, sequence, size]. */
static const char *heads(struct builder *b, const char *x)
{
	const char *y = build_node(b, "Reshape", INPUTS(x, build_list_int(b, LIST(0, 0, HEADS, SIZE))));

	return transposed(b, y, (const int64_t[]){ 0, 2, 1, 3 });
}

/* 0 where a token is, a large negative number where none is. */
static const char *mask(struct builder *b, const char *attention_mask)
{
	const char *m = build_node(b, "Unsqueeze", INPUTS(attention_mask, build_list_int(b, LIST(1, 2))));

	m = build_node(b, "Cast", INPUTS(m));
	build_int(b, "to", ELEMENT_FLOAT);
	m = build_node(b, "Sub", INPUTS(build_scalar(b, ELEMENT_FLOAT, 1), m));
	return build_node(b, "Mul", INPUTS(m, build_scalar(b, ELEMENT_FLOAT, -1e4f)));
}

static const char *attention(struct builder *b, const char *x, const char *bias)
{
	const char *q = heads(b, linear(b, x, Q, BIAS_Q, W, W)), *k = heads(b, linear(b, x, K, BIAS_K, W, W));
	const char *v = heads(b, linear(b, x, V, BIAS_V, W, W));
	const char *s = build_node(b, "MatMul", INPUTS(q, transposed(b, k, (const int64_t[]){ 0, 1, 3, 2 })));

	s = build_node(b, "Div", INPUTS(s, build_scalar(b, ELEMENT_FLOAT, sqrtf(SIZE))));
	s = build_node(b, "Softmax", INPUTS(build_node(b, "Add", INPUTS(s, bias))));
	build_int(b, "axis", -1);
	s = transposed(b, build_node(b, "MatMul", INPUTS(s, v)), (const int64_t[]){ 0, 2, 1, 3 });
	s = build_node(b, "Reshape", INPUTS(s, build_list_int(b, LIST(0, 0, W))));
	return linear(b, s, O, BIAS_O, W, W);
}

/* x · (1 + erf(x / √2)) / 2. */
static const char *gelu(struct builder *b, const char *x)
{
	const char *y = build_node(b, "Erf",
		INPUTS(build_node(b, "Div", INPUTS(x, build_scalar(b, ELEMENT_FLOAT, sqrtf(2))))));

	y = build_node(b, "Add", INPUTS(y, build_scalar(b, ELEMENT_FLOAT, 1)));
	return build_node(b, "Mul", INPUTS(build_node(b, "Mul", INPUTS(x, y)), build_scalar(b, ELEMENT_FLOAT, 0.5f)));
}

/* The first `sequence` positions, and types as they are given or all 0. */
static const char *embed(struct builder *b, const struct encoder *e, const char *ids, const char *types)
{
	const char *length = build_node(b, "Gather",
		INPUTS(build_node(b, "Shape", INPUTS(ids)), build_scalar_int(b, 1)));
	const char *x = build_node(b, "Gather", INPUTS(tensor(b, WORDS, ENCODER_WORDS, W), ids));
	const char *end = build_node(b, "Unsqueeze", INPUTS(length, build_list_int(b, LIST(0))));
	const char *table = tensor(b, POSITIONS, ENCODER_POSITIONS, W);
	const char *positions = build_node(b, "Slice",
		INPUTS(table, build_list_int(b, LIST(0)), end, build_list_int(b, LIST(0))));

	x = build_node(b, "Add", INPUTS(x, positions));
	const char *type = build_node(b, "Gather",
		INPUTS(tensor(b, TYPES, 2, W), e->types ? types : build_scalar_int(b, 0)));
	return norm(b, build_node(b, "Add", INPUTS(x, type)), NORM0);
}

static const char *encode(struct builder *b, const struct encoder *e, const char *ids, const char *attention_mask,
	const char *types)
{
	const char *x = embed(b, e, ids, types), *y;

	x = norm(b, build_node(b, "Add", INPUTS(attention(b, x, mask(b, attention_mask)), x)), NORM1);
	y = gelu(b, linear(b, x, UP, BIAS_UP, W, INNER));
	return norm(b, build_node(b, "Add", INPUTS(linear(b, y, DOWN, BIAS_DOWN, INNER, W), x)), NORM2);
}

static bool write_graph(const char *path, const struct encoder *e, struct error *err)
{
	own_builder *b = builder_create(NULL);
	const struct dimension batch = { "batch_size", 0 }, sequence = { "sequence_length", 0 }, width = { NULL, W };
	const char *ids = build_input(b, ELEMENT_INT64, DIMENSIONS(batch, sequence), "input_ids");
	const char *attended = build_input(b, ELEMENT_INT64, DIMENSIONS(batch, sequence), "attention_mask");
	const char *types = e->types ? build_input(b, ELEMENT_INT64, DIMENSIONS(batch, sequence), "token_type_ids") :
		NULL;
	const char *name = e->output ? e->output : "last_hidden_state";

	encode(b, e, ids, attended, types);
	const char *hidden = build_rename_output(b, name);
	build_output(b, ELEMENT_FLOAT, DIMENSIONS(batch, sequence, width), "%s", name);
	if (e->sentence) {
		const char *first = build_node(b, "Gather", INPUTS(hidden, build_scalar_int(b, 0)));
		build_int(b, "axis", 1);
		build_node(b, "Mul", INPUTS(first, build_scalar(b, ELEMENT_FLOAT, 2)));
		build_rename_output(b, "sentence_embedding");
		build_output(b, ELEMENT_FLOAT, DIMENSIONS(batch, width), "sentence_embedding");
	}
	return build_save(b, path, err);
}

/* ---- Files ---- */

static const char *const words[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "hello", "world", "the", "##ing", "un",
	"##able" };
static const char signs[] = "abcdefghijklmnopqrstuvwxyz0123456789.,?!()[]";

char *encoder_tokenizer(void)
{
	own_json *vocab = json_object();
	json_int_t next = 0;

	for (size_t i = 0; i < countof(words); i++)
		json_object_set_new(vocab, words[i], json_integer(next++));
	for (size_t i = 0; signs[i]; i++) {
		char plain[2] = { signs[i] }, inner[4] = { '#', '#', signs[i] };
		json_object_set_new(vocab, plain, json_integer(next++));
		if (i < 36)
			json_object_set_new(vocab, inner, json_integer(next++));
	}
	own_json *root = json_pack("{s:{s:s}, s:{s:s}, s:{s:s, s:[s,i], s:[s,i]}, s:{s:s, s:s, s:s, s:i, s:O}}",
		"normalizer", "type", "BertNormalizer", "pre_tokenizer", "type", "BertPreTokenizer",
		"post_processor", "type", "BertProcessing", "cls", "[CLS]", 2, "sep", "[SEP]", 3,
		"model", "type", "WordPiece", "unk_token", "[UNK]", "continuing_subword_prefix", "##",
		"max_input_chars_per_word", 20, "vocab", vocab);
	return json_dumps(root, JSON_INDENT(1));
}

static bool write_text(const char *dir, const char *name, const char *text, struct error *err)
{
	own_mem char *path = path_join(dir, name);

	return file_write(path, str_of(text), 0600, err);
}

static void make_folder(const char *dir, const char *name)
{
	own_mem char *path = path_join(dir, name);

	(void)mkdir(path, 0700);
}

static bool write_modules(const char *dir, const struct encoder *e, struct error *err)
{
	own_mem char *modules = mem_printf("[{\"type\":\"sentence_transformers.models.Transformer\",\"path\":\"\"},"
		"{\"type\":\"sentence_transformers.models.Pooling\",\"path\":\"1_Pooling\"}%s]",
		e->normalize ? ",{\"type\":\"sentence_transformers.models.Normalize\",\"path\":\"2_Normalize\"}" : "");
	bool mean_pooling = strcmp(e->modules, "mean") == 0;
	own_mem char *pooling = mem_printf("{\"pooling_mode_cls_token\":%s,\"pooling_mode_mean_tokens\":%s}",
		mean_pooling ? "false" : "true", mean_pooling ? "true" : "false");

	make_folder(dir, "1_Pooling");
	return write_text(dir, "modules.json", modules, err) &&
		write_text(dir, "1_Pooling/config.json", pooling, err) &&
		write_text(dir, "sentence_bert_config.json", "{\"max_seq_length\":32}", err);
}

bool encoder_write(const char *dir, const struct encoder *e, struct error *err)
{
	own_mem char *tokenizer = encoder_tokenizer(), *graph = path_join(dir, "onnx/model.onnx");
	own_mem char *config = mem_printf(
		"{\"model_type\":\"bert\",\"max_position_embeddings\":%d,\"vocab_size\":%d%s%s%s%s}", ENCODER_POSITIONS,
		ENCODER_WORDS, e->origin ? ",\"_name_or_path\":\"" : "", e->origin ? e->origin : "",
		e->origin ? "\"" : "", e->more ? e->more : "");

	(void)mkdir(dir, 0700);
	make_folder(dir, "onnx");
	return write_text(dir, "config.json", config, err) && write_text(dir, "tokenizer.json", tokenizer, err) &&
		(!e->modules || write_modules(dir, e, err)) && write_graph(graph, e, err);
}

/* ---- The slow twin ---- */

static void slow_norm(double *x, enum weight w)
{
	double sum = 0, square = 0;

	for (size_t i = 0; i < W; i++)
		sum += x[i];
	for (size_t i = 0; i < W; i++)
		square += (x[i] - sum / W) * (x[i] - sum / W);
	for (size_t i = 0; i < W; i++)
		x[i] = (x[i] - sum / W) / sqrt(square / W + (double)norm_eps) * (double)element(w, i) +
			(double)element(w + 1, i);
}

static void slow_linear(const double *x, enum weight w, enum weight bias, size_t in, size_t out, double *y)
{
	for (size_t o = 0; o < out; o++) {
		y[o] = (double)element(bias, o);
		for (size_t i = 0; i < in; i++)
			y[o] += x[i] * (double)element(w, i * out + o);
	}
}

static void slow_attend(const double (*q)[W], const double (*k)[W], const double (*v)[W], size_t count, size_t row,
	double *out)
{
	for (size_t h = 0; h < HEADS; h++) {
		double scores[ENCODER_POSITIONS], sum = 0;
		for (size_t t = 0; t < count; t++) {
			double dot = 0;
			for (size_t i = h * SIZE; i < (h + 1) * SIZE; i++)
				dot += q[row][i] * k[t][i];
			sum += scores[t] = exp(dot / sqrt(SIZE));
		}
		for (size_t i = h * SIZE; i < (h + 1) * SIZE; i++) {
			out[i] = 0;
			for (size_t t = 0; t < count; t++)
				out[i] += scores[t] / sum * v[t][i];
		}
	}
}

static void slow_feed_forward(double *x)
{
	double inner[INNER], y[W];

	slow_linear(x, UP, BIAS_UP, W, INNER, inner);
	for (size_t i = 0; i < INNER; i++)
		inner[i] *= 0.5 * (1 + erf(inner[i] / sqrt(2)));
	slow_linear(inner, DOWN, BIAS_DOWN, INNER, W, y);
	for (size_t i = 0; i < W; i++)
		x[i] += y[i];
	slow_norm(x, NORM2);
}

void encoder_forward(const struct encoder *e, const int32_t *ids, size_t count, float *hidden)
{
	double x[ENCODER_POSITIONS][W], q[ENCODER_POSITIONS][W], k[ENCODER_POSITIONS][W], v[ENCODER_POSITIONS][W];

	(void)e;                 /* types are 0 whether they are given or not */
	for (size_t t = 0; t < count; t++) {
		for (size_t i = 0; i < W; i++)
			x[t][i] = (double)element(WORDS, (size_t)ids[t] * W + i) +
				(double)element(POSITIONS, t * W + i) + (double)element(TYPES, i);
		slow_norm(x[t], NORM0);
		slow_linear(x[t], Q, BIAS_Q, W, W, q[t]);
		slow_linear(x[t], K, BIAS_K, W, W, k[t]);
		slow_linear(x[t], V, BIAS_V, W, W, v[t]);
	}
	for (size_t t = 0; t < count; t++) {
		double attended[W], y[W];
		slow_attend(q, k, v, count, t, attended);
		slow_linear(attended, O, BIAS_O, W, W, y);
		for (size_t i = 0; i < W; i++)
			x[t][i] += y[i];
		slow_norm(x[t], NORM1);
		slow_feed_forward(x[t]);
		for (size_t i = 0; i < W; i++)
			hidden[t * W + i] = (float)x[t][i];
	}
}
