/*
 * Each message type of the format has a table of the fields we care about; walk()
 * goes through a message and calls what the table says.  The graph is walked
 * twice: first its inputs and outputs, then nodes and initialisers, which refer
 * to them by name.
 */
#include "model/onnx_scan.h"

#include <stdlib.h>

#include "base/mapped.h"
#include "base/mem.h"
#include "model/wire.h"

enum {
	DEPTH_MAX = 16,            /* graphs inside graphs */
	VALUES_MAX = 4096,         /* inputs, outputs */
	NODES_MAX = 1 << 18,
	OPERATORS_MAX = 256,       /* distinct ones */
	EXTERNALS_MAX = 256,
	NAME_MAX_BYTES = 1024,
	NAMES_MAX_BYTES = 8 << 20,
};

struct scan {
	struct onnx *out;
	struct error *err;
	unsigned depth;            /* of graphs; 1 is the outermost */
	size_t nodes;
	struct onnx_value **inputs_by_name, **outputs_by_name;
	struct node {
		struct str operator, domain;
		size_t inputs, outputs;
	} node;                    /* being read */
	struct onnx_value *value;  /* being read */
};

typedef bool visit_fn(struct scan *s, const struct wire_field *field);

struct rule {
	uint32_t number;
	bool is_bytes;
	visit_fn *visit;
};

static bool wrong(struct scan *s, const char *what)
{
	return error_set(s->err, ERROR_INVALID, "not a usable ONNX file: %s", what);
}

static bool walk(struct scan *s, struct str message, const struct rule *rules, size_t count)
{
	struct wire w = wire_of(message);
	struct wire_field field;

	while (wire_next(&w, &field)) {
		for (size_t i = 0; i < count; i++) {
			if (rules[i].number != field.number)
				continue;
			if (rules[i].is_bytes != field.is_bytes)
				return wrong(s, "a field has the wrong type");
			if (!rules[i].visit(s, &field))
				return false;
		}
	}
	return !w.broken || wrong(s, "it is damaged or cut short");
}

#define WALK(s, message, rules) walk(s, message, rules, countof(rules))

static bool keep_name(struct scan *s, struct str name, const char **copy)
{
	if (name.n > NAME_MAX_BYTES || memchr(name.p, '\0', name.n))
		return wrong(s, "a name is too long or holds a zero byte");
	*copy = arena_copy(&s->out->arena, name);
	return *copy || wrong(s, "too many names");
}

/* Makes room for one more element, zeroed. */
static void *append(void *array, size_t *count, size_t size)
{
	char *grown = mem_resize(array, *count + 1, size);

	memset(grown + (*count)++ * size, 0, size);
	return grown;
}

/* ---- Tensors: only where their bytes lie ---- */

static bool add_external(struct scan *s, const struct onnx_tensor *t)
{
	struct onnx *o = s->out;
	size_t i = 0;

	while (i < o->external_count && !str_is(t->path, o->externals[i].path))
		i++;
	if (i == o->external_count) {
		if (i == EXTERNALS_MAX)
			return wrong(s, "too many external files");
		o->externals = append(o->externals, &o->external_count, sizeof *o->externals);
		o->externals[i].path = "";
		if (!keep_name(s, t->path, &o->externals[i].path))
			return false;
	}
	uint64_t end = t->offset + t->length;
	if (end > o->externals[i].end)
		o->externals[i].end = end;
	return true;
}

static bool read_tensor(struct scan *s, struct str message, struct onnx_tensor *t)
{
	return onnx_tensor_read(t, message, s->err) && (!t->external || add_external(s, t));
}

static bool on_tensor(struct scan *s, const struct wire_field *field)
{
	struct onnx_tensor tensor;

	return read_tensor(s, field->bytes, &tensor);
}

/* ---- Inputs and outputs ---- */

static bool on_dim_value(struct scan *s, const struct wire_field *field)
{
	s->value->dims[s->value->rank - 1] = (int64_t)field->value;
	return (int64_t)field->value >= 0 || wrong(s, "a dimension is negative");
}

static bool on_dim(struct scan *s, const struct wire_field *field)
{
	static const struct rule dim[] = { { 1, false, on_dim_value } };
	struct onnx_value *v = s->value;

	if (v->rank == ONNX_RANK_MAX)
		return wrong(s, "a tensor has too many dimensions");
	v->dims[v->rank++] = -1;
	return WALK(s, field->bytes, dim);
}

static bool on_shape(struct scan *s, const struct wire_field *field)
{
	static const struct rule shape[] = { { 1, true, on_dim } };

	s->value->rank = 0;
	return WALK(s, field->bytes, shape);
}

static bool on_element_type(struct scan *s, const struct wire_field *field)
{
	s->value->type = (int64_t)field->value;
	return true;
}

static bool on_tensor_type(struct scan *s, const struct wire_field *field)
{
	static const struct rule type[] = { { 1, false, on_element_type }, { 2, true, on_shape } };

	return WALK(s, field->bytes, type);
}

static bool on_type(struct scan *s, const struct wire_field *field)
{
	static const struct rule type[] = { { 1, true, on_tensor_type } };

	return WALK(s, field->bytes, type);
}

static bool on_value_name(struct scan *s, const struct wire_field *field)
{
	return keep_name(s, field->bytes, &s->value->name);
}

static bool add_value(struct scan *s, struct str message, struct onnx_value **values, size_t *count)
{
	static const struct rule info[] = { { 1, true, on_value_name }, { 2, true, on_type } };

	if (*count == VALUES_MAX)
		return wrong(s, "too many inputs or outputs");
	*values = append(*values, count, sizeof **values);
	s->value = &(*values)[*count - 1];
	*s->value = (struct onnx_value){ .name = "", .rank = -1, .attention = -1 };
	return WALK(s, message, info);
}

static bool on_input(struct scan *s, const struct wire_field *field)
{
	return add_value(s, field->bytes, &s->out->inputs, &s->out->input_count);
}

static bool on_output(struct scan *s, const struct wire_field *field)
{
	return add_value(s, field->bytes, &s->out->outputs, &s->out->output_count);
}

static int compare_values(const void *a, const void *b)
{
	const struct onnx_value *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static struct onnx_value **index_by_name(struct onnx_value *values, size_t count)
{
	struct onnx_value **index = mem_zeroed(count, sizeof *index);

	for (size_t i = 0; i < count; i++)
		index[i] = &values[i];
	qsort(index, count, sizeof *index, compare_values);
	return index;
}

static struct onnx_value *find_value(struct onnx_value *const *index, size_t count, struct str name)
{
	char text[NAME_MAX_BYTES + 1];
	struct onnx_value wanted = { .name = text };
	const struct onnx_value *key = &wanted;

	if (name.n > NAME_MAX_BYTES)
		return NULL;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	struct onnx_value *const *found = bsearch(&key, index, count, sizeof *index, compare_values);
	return found ? *found : NULL;
}

/* ---- Nodes ---- */

static bool on_graph_inside(struct scan *s, const struct wire_field *field);

static bool on_attribute(struct scan *s, const struct wire_field *field)
{
	static const struct rule attribute[] = {
		{ 5, true, on_tensor },
		{ 10, true, on_tensor },
		{ 6, true, on_graph_inside },
		{ 11, true, on_graph_inside },
	};
	struct node node = s->node;     /* inner graphs have nodes of their own */
	bool ok = WALK(s, field->bytes, attribute);

	s->node = node;
	return ok;
}

static bool on_operator_name(struct scan *s, const struct wire_field *field)
{
	s->node.operator = field->bytes;
	return true;
}

static bool on_domain(struct scan *s, const struct wire_field *field)
{
	s->node.domain = str_is(field->bytes, "ai.onnx") ? (struct str){ "", 0 } : field->bytes;
	return true;
}

static bool is_group_query_attention(const struct scan *s)
{
	return s->depth == 1 && str_is(s->node.operator, "GroupQueryAttention") &&
	       str_is(s->node.domain, "com.microsoft");
}

static bool on_node_input(struct scan *s, const struct wire_field *field)
{
	struct onnx_value *v = find_value(s->inputs_by_name, s->out->input_count, field->bytes);

	if (v) {
		v->uses++;
		if (is_group_query_attention(s)) {
			v->attention = (int64_t)s->nodes;
			v->slot = s->node.inputs;
		}
	}
	s->node.inputs++;
	return true;
}

static bool on_node_output(struct scan *s, const struct wire_field *field)
{
	struct onnx_value *v = is_group_query_attention(s) ?
		find_value(s->outputs_by_name, s->out->output_count, field->bytes) : NULL;

	if (v) {
		v->attention = (int64_t)s->nodes;
		v->slot = s->node.outputs;
	}
	s->node.outputs++;
	return true;
}

static bool count_operator(struct scan *s)
{
	struct onnx *o = s->out;
	size_t i = 0;

	while (i < o->operator_count &&
	       !(str_is(s->node.operator, o->operators[i].name) && str_is(s->node.domain, o->operators[i].domain)))
		i++;
	if (i == o->operator_count) {
		if (i == OPERATORS_MAX)
			return wrong(s, "too many kinds of operators");
		o->operators = append(o->operators, &o->operator_count, sizeof *o->operators);
		o->operators[i].name = o->operators[i].domain = "";
		if (!keep_name(s, s->node.operator, &o->operators[i].name) ||
		    !keep_name(s, s->node.domain, &o->operators[i].domain))
			return false;
	}
	o->operators[i].count++;
	return true;
}

static bool on_node(struct scan *s, const struct wire_field *field)
{
	static const struct rule kind[] = { { 4, true, on_operator_name }, { 7, true, on_domain },
		{ 5, true, on_attribute } };
	static const struct rule ends[] = { { 1, true, on_node_input }, { 2, true, on_node_output } };

	if (++s->nodes > NODES_MAX)
		return wrong(s, "too many nodes");
	s->node = (struct node){ .operator = { "", 0 }, .domain = { "", 0 } };
	return WALK(s, field->bytes, kind) && WALK(s, field->bytes, ends) && count_operator(s);
}

/* ---- Graphs and the whole ---- */

static bool on_initialiser(struct scan *s, const struct wire_field *field)
{
	struct onnx_tensor tensor;

	if (!read_tensor(s, field->bytes, &tensor))
		return false;
	struct onnx_value *v = s->depth == 1 ? find_value(s->inputs_by_name, s->out->input_count, tensor.name) : NULL;
	if (v)
		v->initialised = true;
	return true;
}

static bool on_sparse(struct scan *s, const struct wire_field *field)
{
	static const struct rule sparse[] = { { 1, true, on_initialiser }, { 2, true, on_tensor } };

	return WALK(s, field->bytes, sparse);
}

static const struct rule graph_content[] = {
	{ 1, true, on_node }, { 5, true, on_initialiser }, { 15, true, on_sparse },
};

static bool on_graph_inside(struct scan *s, const struct wire_field *field)
{
	if (++s->depth > DEPTH_MAX)
		return wrong(s, "graphs are nested too deep");
	bool ok = WALK(s, field->bytes, graph_content);
	s->depth--;
	return ok;
}

static bool on_graph(struct scan *s, const struct wire_field *field)
{
	static const struct rule ends[] = { { 11, true, on_input }, { 12, true, on_output } };

	if (s->inputs_by_name)
		return wrong(s, "it holds two graphs");
	if (!WALK(s, field->bytes, ends))
		return false;
	s->inputs_by_name = index_by_name(s->out->inputs, s->out->input_count);
	s->outputs_by_name = index_by_name(s->out->outputs, s->out->output_count);
	return on_graph_inside(s, field);
}

static bool on_ir_version(struct scan *s, const struct wire_field *field)
{
	s->out->ir_version = (int64_t)field->value;
	return true;
}

static bool on_opset_version(struct scan *s, const struct wire_field *field)
{
	if (s->node.domain.n == 0)
		s->out->opset = (int64_t)field->value;
	return true;
}

static bool on_opset(struct scan *s, const struct wire_field *field)
{
	static const struct rule domain[] = { { 1, true, on_domain } }, version[] = { { 2, false, on_opset_version } };

	s->node.domain = (struct str){ "", 0 };
	return WALK(s, field->bytes, domain) && WALK(s, field->bytes, version);
}

bool onnx_scan(struct onnx *o, struct str bytes, struct error *err)
{
	static const struct rule model[] = { { 1, false, on_ir_version }, { 7, true, on_graph },
		{ 8, true, on_opset } };
	struct scan s = { .out = o, .err = err };

	*o = (struct onnx){ .arena = ARENA_INIT(NAMES_MAX_BYTES) };
	bool ok = WALK(&s, bytes, model);
	if (ok && (!s.inputs_by_name || o->ir_version < 3))
		ok = wrong(&s, "it holds no graph or is too old");
	free(s.inputs_by_name);
	free(s.outputs_by_name);
	if (!ok)
		onnx_done(o);
	return ok;
}

bool onnx_scan_file(struct onnx *o, const char *path, struct error *err)
{
	own_mapped file = {0};

	*o = (struct onnx){0};
	if (!mapped_file(&file, path, err))
		return false;
	return onnx_scan(o, mapped_str(&file), err) || error_prefix(err, "%s", path);
}

void onnx_done(struct onnx *o)
{
	free(o->inputs);
	free(o->outputs);
	free(o->operators);
	free(o->externals);
	arena_done(&o->arena);
	*o = (struct onnx){0};
}

size_t onnx_count(const struct onnx *o, const char *domain, const char *name)
{
	for (size_t i = 0; i < o->operator_count; i++)
		if (strcmp(o->operators[i].name, name) == 0 && strcmp(o->operators[i].domain, domain) == 0)
			return o->operators[i].count;
	return 0;
}
