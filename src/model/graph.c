/*
 * An input is one of the table's, a cache (a tensor of rank 4 whose name tells
 * layer and side), or has a value of its own; anything else we could not feed,
 * and refuse.  An output is a cache, the logits, or nobody's concern.
 */
#include "model/graph.h"

#include <stdlib.h>

#include "base/mem.h"

enum {
	CACHES_MAX = 2048,
	HEADS_MAX = 4096, DIMENSION_MAX = 65536, VOCABULARY_MAX = 1 << 24,
	NAMES_MAX_BYTES = 1 << 20,
};

static const char *const input_names[GRAPH_INPUTS] = {
	[GRAPH_TOKENS] = "input_ids",
	[GRAPH_MASK] = "attention_mask",
	[GRAPH_POSITIONS] = "position_ids",
	[GRAPH_KEEP] = "num_logits_to_keep",
};

static bool is_float(int64_t type) { return type == ONNX_FLOAT || type == ONNX_FLOAT16; }

/* ---- Names of caches ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* The next run of letters or of digits in a name. */
static struct str next_word(const char **name)
{
	const char *p = *name;

	while (*p && !is_digit(*p) && !is_letter(*p))
		p++;
	const char *start = p;
	bool (*same)(char) = is_digit(*p) ? is_digit : is_letter;
	while (*p && same(*p))
		p++;
	*name = p;
	return (struct str){ start, (size_t)(p - start) };
}

/*
 * Layer and side of "past_key_values.12.value": the first number, and the last
 * word that is a side ("past_key_values" itself holds two).
 */
static bool read_cache_name(const char *name, int *layer, bool *value)
{
	bool has_side = false;
	struct str word;

	*layer = -1;
	while ((word = next_word(&name)).n) {
		if (is_digit(word.p[0]) && *layer < 0 && word.n < 6)
			*layer = atoi(word.p);
		bool key = str_is(word, "key") || str_is(word, "k"), val = str_is(word, "value") || str_is(word, "v");
		if (key || val) {
			has_side = true;
			*value = val;
		}
	}
	return has_side && *layer >= 0;
}

static bool may_be_cache(const struct onnx_value *v, int *layer, bool *value)
{
	return is_float(v->type) && v->rank == 4 && read_cache_name(v->name, layer, value);
}

/* ---- Inputs ---- */

static bool add_known_input(struct graph *g, const struct onnx_value *v, enum graph_input input, struct error *err)
{
	if (v->type != ONNX_INT64 && v->type != ONNX_INT32)
		return error_set(err, ERROR_INVALID, "the model's input %.100s is not of whole numbers", v->name);
	g->inputs[input] = input_names[input];
	g->input_types[input] = (enum onnx_type)v->type;
	return true;
}

static bool add_cache(struct graph *g, const struct onnx_value *v, int layer, bool value, struct error *err)
{
	int64_t heads = v->dims[1], dimension = v->dims[3];

	if (heads < 1 || heads > HEADS_MAX || dimension < 1 || dimension > DIMENSION_MAX || v->dims[2] >= 0)
		return error_set(err, ERROR_INVALID,
			"the model's input %.100s has not the shape [batch, heads, tokens, dimension]", v->name);
	if (g->cache_count && g->cache_type != (enum onnx_type)v->type)
		return error_set(err, ERROR_INVALID, "the model's caches are of different types");
	if (g->cache_count == CACHES_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the model has more than %d layers", CACHES_MAX / 2);
	g->cache_type = (enum onnx_type)v->type;
	g->caches = mem_resize(g->caches, g->cache_count + 1, sizeof *g->caches);
	g->caches[g->cache_count++] = (struct graph_cache){
		.past = v->name, .layer = layer, .value = value, .heads = (size_t)heads, .dimension = (size_t)dimension,
	};
	return true;
}

static bool add_input(struct graph *g, const struct onnx_value *v, struct error *err)
{
	int layer;
	bool value;

	for (enum graph_input i = 0; i < GRAPH_INPUTS; i++)
		if (strcmp(v->name, input_names[i]) == 0)
			return add_known_input(g, v, i, err);
	if (may_be_cache(v, &layer, &value))
		return add_cache(g, v, layer, value, err);
	return v->initialised ||
	       error_set(err, ERROR_INVALID, "the model wants an input \"%.100s\" that Shammah cannot give", v->name);
}

static int compare_caches(const void *a, const void *b)
{
	const struct graph_cache *left = a, *right = b;

	return left->layer != right->layer ? (left->layer > right->layer) - (left->layer < right->layer) :
					     left->value - right->value;
}

/* ---- Outputs ---- */

static const struct onnx_value *find_present(const struct onnx *o, const struct graph_cache *c)
{
	int layer;
	bool value;

	for (size_t i = 0; i < o->output_count; i++)
		if (may_be_cache(&o->outputs[i], &layer, &value) && layer == c->layer && value == c->value)
			return &o->outputs[i];
	return NULL;
}

static bool pair_caches(struct graph *g, const struct onnx *o, struct error *err)
{
	for (size_t i = 0; i < g->cache_count; i++) {
		struct graph_cache *c = &g->caches[i];
		const struct onnx_value *present = find_present(o, c);
		if (i && compare_caches(c, c - 1) == 0)
			return error_set(err, ERROR_INVALID, "the model has two inputs like %.100s", c->past);
		if (!present || present->type != g->cache_type)
			return error_set(err, ERROR_INVALID, "the model has no output to go with its input %.100s",
				c->past);
		c->present = present->name;
	}
	return true;
}

static const struct onnx_value *find_value(const struct onnx_value *values, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(values[i].name, name) == 0)
			return &values[i];
	return NULL;
}

static bool take_logits(struct graph *g, const struct onnx *o, struct error *err)
{
	const struct onnx_value *v = find_value(o->outputs, o->output_count, "logits");

	if (!v || !is_float(v->type) || (v->rank != 2 && v->rank != 3))
		return error_set(err, ERROR_INVALID,
			"the model has no output \"logits\" of the shape [batch, tokens, vocabulary]");
	int64_t vocabulary = v->dims[v->rank - 1];
	if (vocabulary == 0 || vocabulary > VOCABULARY_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the model has a vocabulary of %lld", (long long)vocabulary);
	g->logits = v->name;
	g->logits_type = (enum onnx_type)v->type;
	g->logits_rank = v->rank;
	g->last_logits = v->rank == 2 || v->dims[1] == 1 || g->inputs[GRAPH_KEEP];
	g->vocabulary = vocabulary > 0 ? (size_t)vocabulary : 0;
	return true;
}

/* ---- Sharing ---- */

/* Inputs 3 and 4 of GroupQueryAttention are past key and value, outputs 1 and 2 the present ones. */
static bool may_share(const struct graph_cache *c, const struct onnx *o)
{
	const struct onnx_value *past = find_value(o->inputs, o->input_count, c->past);
	const struct onnx_value *present = find_value(o->outputs, o->output_count, c->present);
	size_t side = c->value ? 1 : 0;

	return past->uses == 1 && past->attention >= 0 && past->attention == present->attention &&
	       past->slot == 3 + side && present->slot == 1 + side;
}

static bool all_share(const struct graph *g, const struct onnx *o)
{
	for (size_t i = 0; i < g->cache_count; i++)
		if (!may_share(&g->caches[i], o))
			return false;
	return true;
}

/* ---- The whole ---- */

static bool check_inputs(const struct graph *g, struct error *err)
{
	if (!g->inputs[GRAPH_TOKENS])
		return error_set(err, ERROR_INVALID,
			"the model has no input \"input_ids\": it is not a text generator");
	if (g->cache_count == 0)
		return error_set(err, ERROR_INVALID, "the model has no inputs for past keys and values; "
				 "export it with them (\"text-generation-with-past\")");
	return true;
}

/* Names so far are the scan's own. */
static bool keep_names(struct graph *g)
{
	bool ok = (g->logits = arena_copy(&g->arena, str_of(g->logits)));

	for (size_t i = 0; i < g->cache_count; i++) {
		struct graph_cache *c = &g->caches[i];
		c->past = arena_copy(&g->arena, str_of(c->past));
		c->present = arena_copy(&g->arena, str_of(c->present));
		ok = ok && c->past && c->present;
	}
	return ok;
}

static bool understand(struct graph *g, const struct onnx *o, struct error *err)
{
	for (size_t i = 0; i < o->input_count; i++)
		if (!add_input(g, &o->inputs[i], err))
			return false;
	if (!check_inputs(g, err))
		return false;
	qsort(g->caches, g->cache_count, sizeof *g->caches, compare_caches);
	if (!pair_caches(g, o, err) || !take_logits(g, o, err))
		return false;
	g->shared = all_share(g, o);
	return keep_names(g) || error_set(err, ERROR_TOO_LARGE, "the model's names are too long");
}

bool graph_understand(struct graph *g, const struct onnx *o, struct error *err)
{
	*g = (struct graph){ .arena = ARENA_INIT(NAMES_MAX_BYTES) };
	if (understand(g, o, err))
		return true;
	graph_done(g);
	return false;
}

void graph_done(struct graph *g)
{
	free(g->caches);
	arena_done(&g->arena);
	*g = (struct graph){0};
}
