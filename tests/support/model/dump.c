/*
 * Safetensors: the header's length in 8 bytes, little-endian; a JSON object that
 * gives each tensor's type, shape and place; then the numbers, one tensor after
 * another.  So all names are gone through twice: for the header, then for the data.
 */
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/model/quantise.h"

#define HEADER_MAX (1u << 20)

struct dump {
	const struct model_shape *shape;
	json_t *header;                /* while it is made, else NULL */
	json_int_t size;               /* of the data so far, in bytes */
	FILE *file;
};

/* In the first pass describes the tensor and gives NULL, in the second room for its numbers. */
static float *begin(struct dump *d, const char *name, const struct weight *w)
{
	json_int_t end = d->size + (json_int_t)(w->rows * w->cols * sizeof(float));
	json_t *dims;

	if (!d->header)
		return mem_alloc(w->rows * w->cols * sizeof(float));
	dims = w->cols == 1 ? json_pack("[I]", (json_int_t)w->rows)
		: json_pack("[I, I]", (json_int_t)w->rows, (json_int_t)w->cols);
	json_object_set_new(d->header, name, json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", dims,
		"data_offsets", d->size, end));
	d->size = end;
	return NULL;
}

static void end(struct dump *d, const struct weight *w, const float *values)
{
	fwrite(values, sizeof *values, w->rows * w->cols, d->file);
}

static void dump_one(struct dump *d, const char *name, struct weight w, enum precision precision)
{
	struct stack m = stack_of(w);
	own_mem float *values = begin(d, name, &w);

	if (!values)
		return;
	stack_rounded(&m, precision, values);
	end(d, &w, values);
}

static void dump_projection(struct dump *d, const char *name, size_t layer, enum projection p)
{
	struct weight w = weight_projection(d->shape, layer, p);
	own_mem float *values = begin(d, name, &w);

	if (!values)
		return;
	projection_rounded(d->shape, layer, p, values);
	end(d, &w, values);
}

static void dump_layer(struct dump *d, size_t layer)
{
	enum precision vectors = precision_of_vectors(d->shape);
	char name[96];

	for (enum projection p = 0; p < PROJECTION_COUNT; p++) {
		snprintf(name, sizeof name, "model.layers.%zu.%s.weight", layer, projection_name(p));
		dump_projection(d, name, layer, p);
		snprintf(name, sizeof name, "model.layers.%zu.%s.bias", layer, projection_name(p));
		if (p <= PROJECT_V && !d->shape->no_biases)
			dump_one(d, name, weight_bias(d->shape, layer, p), vectors);
	}
	for (enum projection p = 0; p <= PROJECT_K && d->shape->head_norms; p++) {
		snprintf(name, sizeof name, "model.layers.%zu.self_attn.%c_norm.weight", layer,
			p == PROJECT_Q ? 'q' : 'k');
		dump_one(d, name, weight_head_norm(d->shape, layer, p), vectors);
	}
	snprintf(name, sizeof name, "model.layers.%zu.input_layernorm.weight", layer);
	dump_one(d, name, weight_input_norm(d->shape, layer), vectors);
	snprintf(name, sizeof name, "model.layers.%zu.post_attention_layernorm.weight", layer);
	dump_one(d, name, weight_post_norm(d->shape, layer), vectors);
}

static void dump_all(struct dump *d)
{
	const struct model_shape *s = d->shape;

	dump_one(d, "model.embed_tokens.weight", weight_embedding(s), precision_of_embedding(s));
	for (size_t layer = 0; layer < s->layers; layer++)
		dump_layer(d, layer);
	dump_one(d, "model.norm.weight", weight_final_norm(s), precision_of_vectors(s));
	if (s->separate_head)
		dump_one(d, "lm_head.weight", weight_head(s), precision_of_head(s));
}

static bool write_file(struct dump *d, struct str header, const char *path, struct error *err)
{
	uint8_t length[8];
	bool failed;

	for (unsigned i = 0; i < sizeof length; i++)
		length[i] = (uint8_t)((uint64_t)header.n >> 8 * i);
	d->file = fopen(path, "wb");
	if (!d->file)
		return error_errno(err, "cannot create %s", path);
	fwrite(length, 1, sizeof length, d->file);
	fwrite(header.p, 1, header.n, d->file);
	dump_all(d);
	failed = ferror(d->file) != 0;
	if (fclose(d->file) != 0 || failed)
		return error_errno(err, "cannot write %s", path);
	return true;
}

bool model_write_weights(const char *dir, const struct model_shape *shape, struct error *err)
{
	own_json *header = json_object();
	own_mem char *path = path_join(dir, "model.safetensors");
	own_buf text = BUF_INIT(HEADER_MAX);
	struct dump d = { .shape = shape, .header = header };

	dump_all(&d);
	d.header = NULL;
	return json_write(&text, header, err) && path_make(dir, 0755, err) && write_file(&d, buf_str(&text), path, err);
}
