#include "hub/catalogue.h"

#include <string.h>

#include "base/cleanup.h"

/* ---- Finding ---- */

static bool has_repository(const struct catalogue_model *m, struct str name)
{
	for (const char *const *r = m->repositories; *r; r++)
		if (str_is_like(name, *r))
			return true;
	return false;
}

const struct catalogue_model *catalogue_find(struct str name)
{
	for (size_t i = 0; i < catalogue_count; i++) {
		const struct catalogue_model *m = &catalogue[i];
		if (str_is_like(name, m->name) || str_is_like(name, m->title) || has_repository(m, name))
			return m;
	}
	return NULL;
}

/* ---- Sums ---- */

/* Weights of all layers: the four projections of attention, the three of the feed-forward part. */
static uint64_t layer_weights(const struct catalogue_shape *s)
{
	uint64_t hidden = s->hidden, queries = (uint64_t)s->heads * s->head_dim,
		keys = (uint64_t)s->kv_heads * s->head_dim;

	return s->layers * (hidden * queries * 2 + hidden * keys * 2 + hidden * s->intermediate * 3);
}

static uint64_t table_weights(const struct catalogue_shape *s)
{
	return (uint64_t)s->vocabulary * s->hidden;
}

uint64_t catalogue_parameters(const struct catalogue_model *m)
{
	const struct catalogue_shape *s = &m->shape;

	return layer_weights(s) + table_weights(s) * (s->tied ? 1 : 2);
}

/*
 * What the exporters write, in thousandths of a byte a weight: layers, embedding,
 * head.  4 bits come in blocks of 32 with a scale, and leave the embedding as it is.
 */
static const struct precision_cost { const char *name; unsigned layer, embedding, head; } costs[] = {
	{ "q4", 625, 4000, 625 },
	{ "q4f16", 563, 2000, 563 },
	{ "bnb4", 563, 4000, 563 },
	{ "int8", 1000, 1000, 1000 },
	{ "uint8", 1000, 1000, 1000 },
	{ "quantized", 1000, 1000, 1000 },
	{ "fp16", 2000, 2000, 2000 },
	{ "fp32", 4000, 4000, 4000 },
};

static uint64_t estimate(const struct catalogue_model *m, const struct precision_cost *c)
{
	const struct catalogue_shape *s = &m->shape;
	uint64_t head = s->tied && c->head == c->embedding ? 0 : table_weights(s) * c->head;

	return (layer_weights(s) * c->layer + table_weights(s) * c->embedding + head) / 1000;
}

uint64_t catalogue_download_bytes(const struct catalogue_model *m, const char *precision)
{
	for (size_t i = 0; i < CATALOGUE_FILES && m->files[i].precision; i++)
		if (strcmp(m->files[i].precision, precision) == 0)
			return m->files[i].bytes;
	for (size_t i = 0; i < countof(costs); i++)
		if (strcmp(costs[i].name, precision) == 0)
			return estimate(m, &costs[i]);
	return 0;
}

uint64_t catalogue_prepared_bytes(const struct catalogue_model *m)
{
	if (m->as_published)
		return 0;
	return (layer_weights(&m->shape) + table_weights(&m->shape)) * 17 / 32 + table_weights(&m->shape) * 17 / 16;
}

uint64_t catalogue_weight_bytes(const struct catalogue_model *m)
{
	const char *precision = m->files[0].precision ? m->files[0].precision : "q4";

	return m->as_published ? catalogue_download_bytes(m, precision) * 5 / 4 : catalogue_prepared_bytes(m);
}

uint64_t catalogue_kv_bytes(const struct catalogue_model *m, uint64_t tokens)
{
	const struct catalogue_shape *s = &m->shape;

	return tokens * s->layers * 2 * s->kv_heads * s->head_dim * (m->as_published ? 4 : 2);
}

uint64_t catalogue_memory_bytes(const struct catalogue_model *m, uint64_t context)
{
	return catalogue_weight_bytes(m) + catalogue_kv_bytes(m, context) + CATALOGUE_WORK;
}

uint64_t catalogue_disk_bytes(const struct catalogue_model *m, const char *precision)
{
	return catalogue_download_bytes(m, precision) + catalogue_prepared_bytes(m);
}
