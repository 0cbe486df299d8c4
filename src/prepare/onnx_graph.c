/*
 * The graph is gone through twice: first everything that has a name is listed
 * and the names sorted, then the nodes' inputs and outputs are looked up.
 */
#include "prepare/onnx_graph.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "model/wire.h"

enum {
	NODES_MAX = 1 << 18, VALUES_MAX = 1 << 20, CONSTANTS_MAX = 1 << 18, EXTERNALS_MAX = 256,
	SPELLED_MAX_BYTES = 64 << 20,   /* constants that are not in the file as they are needed */
};

/* Fields of ModelProto, GraphProto, NodeProto, ValueInfoProto. */
enum {
	MODEL_GRAPH = 7,
	GRAPH_NODE = 1, GRAPH_INITIALISER = 5, GRAPH_INPUT = 11,
	NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP = 4, NODE_DOMAIN = 7,
	VALUE_NAME = 1,
};

struct reading {
	struct onnx_graph *g;
	const char *folder;
	struct error *err;
	size_t value_room, node_room, constant_room, end_count;
};

static bool wrong(struct reading *r, const char *what)
{
	return error_set(r->err, ERROR_INVALID, "not a usable ONNX file: %s", what);
}

static bool damaged(struct reading *r)
{
	return wrong(r, "it is damaged or cut short");
}

/* The array with room for one more (it doubles); NULL when it has as many as may be. */
static void *make_room(struct reading *r, void *array, size_t count, size_t *room, size_t size, size_t most)
{
	if (count < *room)
		return array;
	if (count == most) {
		wrong(r, "it has too many nodes or values");
		return NULL;
	}
	*room = *room ? 2 * *room < most ? 2 * *room : most : 64;
	return mem_resize(array, *room, size);
}

static bool add_value(struct reading *r, struct onnx_flow value)
{
	struct onnx_graph *g = r->g;

	struct onnx_flow *values = make_room(r, g->values, g->value_count, &r->value_room, sizeof *values, VALUES_MAX);
	if (!values)
		return false;
	g->values = values;
	values[g->value_count++] = value;
	return true;
}

/* ---- Constants ---- */

static bool map_external(struct reading *r, struct str path, struct str *bytes)
{
	struct onnx_graph *g = r->g;
	size_t i = 0;

	while (i < g->external_count && !str_equal(path, g->external_paths[i]))
		i++;
	if (i == g->external_count) {
		if (i == EXTERNALS_MAX || !r->folder)
			return wrong(r, "it has too many external files");
		g->externals = mem_resize(g->externals, i + 1, sizeof *g->externals);
		g->external_paths = mem_resize(g->external_paths, i + 1, sizeof *g->external_paths);
		own_mem char *name = mem_strndup(path.p, path.n), *file = path_join(r->folder, name);
		g->externals[i] = (struct mapped){0};
		if (!mapped_file(&g->externals[i], file, r->err))
			return false;
		g->external_paths[i] = path;
		g->external_count++;
	}
	*bytes = mapped_str(&g->externals[i]);
	return true;
}

static bool cut_external(struct reading *r, const struct onnx_tensor *t, uint64_t wanted, struct str *bytes)
{
	struct str file = {0};

	if (!map_external(r, t->path, &file))
		return false;
	if (t->offset > file.n || wanted > file.n - t->offset)
		return error_set(r->err, ERROR_INVALID, "%.*s is cut short: it ends before %.*s does",
			STR_ARGS(t->path), STR_ARGS(t->name));
	if (t->length && t->length != wanted)
		return error_set(r->err, ERROR_INVALID, "%.*s has not the bytes that its shape wants",
			STR_ARGS(t->name));
	*bytes = (struct str){ file.p + t->offset, (size_t)wanted };
	return true;
}

/* Where a tensor's bytes are, as many as its shape wants. */
static bool find_bytes(struct reading *r, const struct onnx_tensor *t, struct str *bytes)
{
	unsigned bits = onnx_type_bits(t->type);
	uint64_t count, wanted;

	*bytes = (struct str){0};
	if (bits == 0)
		return true;
	if (!onnx_tensor_count(t, &count))
		return wrong(r, "a tensor is too large");
	wanted = (count * bits + 7) / 8;
	if (t->external)
		return cut_external(r, t, wanted, bytes);
	if (t->raw.p) {
		*bytes = t->raw;
		return t->raw.n == wanted || error_set(r->err, ERROR_INVALID,
			"%.*s has not the bytes that its shape wants", STR_ARGS(t->name));
	}
	char *copy = wanted <= SPELLED_MAX_BYTES ? arena_alloc(&r->g->arena, (size_t)wanted + 1) : NULL;
	if (!copy)
		return wrong(r, "its constants take too much memory");
	*bytes = (struct str){ copy, (size_t)wanted };
	return onnx_tensor_unpack(t, count, copy) || error_set(r->err, ERROR_INVALID,
		"%.*s has not the numbers that its shape wants", STR_ARGS(t->name));
}

/* The constant, and the value that stands for it. */
static bool add_constant(struct reading *r, struct str name, const struct onnx_tensor *t, struct str bytes)
{
	struct onnx_graph *g = r->g;

	struct onnx_constant *constants = make_room(r, g->constants, g->constant_count, &r->constant_room,
		sizeof *constants, CONSTANTS_MAX);
	if (!constants)
		return false;
	g->constants = constants;
	constants[g->constant_count] = (struct onnx_constant){ *t, bytes };
	constants[g->constant_count].tensor.name = name;
	return add_value(r, (struct onnx_flow){ name, ONNX_NONE, (int32_t)g->constant_count++, false });
}

static bool add_tensor(struct reading *r, struct str name, struct str message)
{
	struct onnx_tensor t;
	struct str bytes;

	if (!onnx_tensor_read(&t, message, r->err) || !find_bytes(r, &t, &bytes))
		return false;
	return add_constant(r, name.p ? name : t.name, &t, bytes);
}

/* A Constant node whose numbers are in its attributes. */
static bool add_numbers(struct reading *r, struct str name, int64_t type, int rank, const void *numbers, size_t count)
{
	size_t n = count * onnx_type_bits(type) / 8;
	struct onnx_tensor t = { .type = type, .rank = rank, .dims = { (int64_t)count } };
	char *copy = arena_copy(&r->g->arena, (struct str){ numbers, n });

	return copy ? add_constant(r, name, &t, (struct str){ copy, n }) :
		wrong(r, "its constants take too much memory");
}

/* False with no error when the node is none that we read. */
static bool read_constant_node(struct reading *r, const struct onnx_node *n, struct str name, bool *known)
{
	struct onnx_attribute a;

	*known = true;
	if (onnx_attribute(n, "value", &a) && a.tensor.p)
		return add_tensor(r, name, a.tensor);
	if (onnx_attribute(n, "value_float", &a))
		return add_numbers(r, name, ONNX_FLOAT, 0, &a.f, 1);
	if (onnx_attribute(n, "value_int", &a))
		return add_numbers(r, name, ONNX_INT64, 0, &a.i, 1);
	if (onnx_attribute(n, "value_ints", &a))
		return add_numbers(r, name, ONNX_INT64, 1, a.ints, a.int_count);
	return *known = false;
}

/* ---- First: what has a name ---- */

static bool add_node_values(struct reading *r, const struct onnx_node *n, int32_t index)
{
	struct wire w = wire_of(n->message);
	struct wire_field field;
	bool known = false;

	while (wire_next(&w, &field)) {
		if (field.number == NODE_INPUT || field.number == NODE_OUTPUT)
			r->end_count++;
		if (field.number != NODE_OUTPUT || field.bytes.n == 0)
			continue;
		if (str_is(n->op, "Constant") && n->domain.n == 0)
			if (!read_constant_node(r, n, field.bytes, &known) && known)
				return false;
		if (!known && !add_value(r, (struct onnx_flow){ field.bytes, index, ONNX_NONE, false }))
			return false;
	}
	return true;
}

static bool read_node(struct reading *r, struct str message)
{
	struct onnx_graph *g = r->g;
	struct wire w = wire_of(message);
	struct wire_field field;
	struct onnx_node n = { .op = { "", 0 }, .domain = { "", 0 }, .name = { "", 0 }, .message = message };

	while (wire_next(&w, &field)) {
		if (field.number <= NODE_DOMAIN && !field.is_bytes)
			return wrong(r, "a field has the wrong type");
		if (field.number == NODE_OP)
			n.op = field.bytes;
		else if (field.number == NODE_NAME)
			n.name = field.bytes;
		else if (field.number == NODE_DOMAIN && !str_is(field.bytes, "ai.onnx"))
			n.domain = field.bytes;
	}
	if (w.broken)
		return damaged(r);
	struct onnx_node *nodes = make_room(r, g->nodes, g->node_count, &r->node_room, sizeof *nodes, NODES_MAX);
	if (!nodes)
		return false;
	g->nodes = nodes;
	nodes[g->node_count] = n;
	return add_node_values(r, &n, (int32_t)g->node_count++);
}

static bool read_input(struct reading *r, struct str message)
{
	struct wire w = wire_of(message);
	struct wire_field field;

	while (wire_next(&w, &field))
		if (field.number == VALUE_NAME && field.is_bytes)
			return add_value(r, (struct onnx_flow){ field.bytes, ONNX_NONE, ONNX_NONE, true });
	return !w.broken || damaged(r);
}

static bool list_graph(struct reading *r, struct str graph)
{
	struct wire w = wire_of(graph);
	struct wire_field field;
	bool ok = true;

	while (ok && wire_next(&w, &field)) {
		if (!field.is_bytes)
			continue;
		if (field.number == GRAPH_NODE)
			ok = read_node(r, field.bytes);
		else if (field.number == GRAPH_INITIALISER)
			ok = add_tensor(r, (struct str){0}, field.bytes);
		else if (field.number == GRAPH_INPUT)
			ok = read_input(r, field.bytes);
	}
	return ok && (!w.broken || damaged(r));
}

/* ---- Then: who is meant ---- */

static int compare_names(struct str a, struct str b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_values(const void *a, const void *b)
{
	const struct onnx_flow *x = a, *y = b;
	int order = compare_names(x->name, y->name);

	return order ? order : x->input - y->input;
}

/* Old files list initialisers among the inputs, too: the constant is what counts. */
static bool sort_values(struct reading *r)
{
	struct onnx_graph *g = r->g;
	size_t kept = 0;

	if (g->value_count == 0)
		return wrong(r, "it holds no graph");
	qsort(g->values, g->value_count, sizeof *g->values, compare_values);
	for (size_t i = 0; i < g->value_count; i++) {
		if (!kept || !str_equal(g->values[kept - 1].name, g->values[i].name))
			g->values[kept++] = g->values[i];
		else if (!g->values[i].input || g->values[kept - 1].constant == ONNX_NONE)
			return error_set(r->err, ERROR_INVALID, "not a usable ONNX file: %.*s is made twice",
				STR_ARGS(g->values[i].name));
	}
	g->value_count = kept;
	return true;
}

int32_t onnx_graph_find(const struct onnx_graph *g, struct str name)
{
	size_t low = 0, high = g->value_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare_names(g->values[middle].name, name);

		if (order == 0)
			return (int32_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return ONNX_NONE;
}

/* Inputs or outputs of a node, in order; returns where they end. */
static int32_t *resolve(struct reading *r, const struct onnx_node *n, uint32_t number, int32_t *to)
{
	struct wire w = wire_of(n->message);
	struct wire_field field;

	while (to && wire_next(&w, &field)) {
		if (field.number != number)
			continue;
		int32_t value = field.bytes.n ? onnx_graph_find(r->g, field.bytes) : ONNX_NONE;
		if (field.bytes.n && value == ONNX_NONE) {
			error_set(r->err, ERROR_INVALID, "not a usable ONNX file: nothing makes %.*s",
				STR_ARGS(field.bytes));
			return NULL;
		}
		*to++ = value;
	}
	return to;
}

static bool resolve_nodes(struct reading *r)
{
	struct onnx_graph *g = r->g;
	int32_t *at = g->ends = mem_zeroed(r->end_count + 1, sizeof *g->ends);

	for (size_t i = 0; i < g->node_count; i++) {
		struct onnx_node *n = &g->nodes[i];
		int32_t *outputs = resolve(r, n, NODE_INPUT, at), *end;
		if (!outputs || !(end = resolve(r, n, NODE_OUTPUT, outputs)))
			return false;
		n->inputs = at;
		n->input_count = (size_t)(outputs - at);
		n->outputs = outputs;
		n->output_count = (size_t)(end - outputs);
		at = end;
	}
	return true;
}

/* ---- No value depends on itself ---- */

enum state { UNSEEN, OPEN, DONE };

struct visit {
	size_t node, next;     /* the input to look at next */
};

/* One step of a walk to the makers; false when it comes back to a node that is still open. */
static bool step(const struct onnx_graph *g, uint8_t *states, struct visit *stack, size_t *depth)
{
	struct visit *top = &stack[*depth - 1];
	const struct onnx_node *n = &g->nodes[top->node];
	int32_t input, maker;

	if (top->next == n->input_count) {
		states[top->node] = DONE;
		--*depth;
		return true;
	}
	input = n->inputs[top->next++];
	maker = input == ONNX_NONE ? ONNX_NONE : g->values[input].maker;
	if (maker == ONNX_NONE || states[maker] == DONE)
		return true;
	if (states[maker] == OPEN)
		return false;
	states[maker] = OPEN;
	stack[(*depth)++] = (struct visit){ (size_t)maker, 0 };
	return true;
}

static bool check_acyclic(struct reading *r)
{
	struct onnx_graph *g = r->g;
	own_mem uint8_t *states = mem_zeroed(g->node_count + 1, 1);
	own_mem struct visit *stack = mem_zeroed(g->node_count + 1, sizeof *stack);

	for (size_t i = 0; i < g->node_count; i++) {
		size_t depth = states[i] == UNSEEN;
		stack[0] = (struct visit){ i, 0 };
		states[i] = states[i] == UNSEEN ? OPEN : states[i];
		while (depth)
			if (!step(g, states, stack, &depth))
				return wrong(r, "a value depends on itself");
	}
	return true;
}

/* ---- The whole ---- */

static bool read_all(struct reading *r, struct str bytes)
{
	struct wire w = wire_of(bytes);
	struct wire_field field;
	struct str graph = {0};

	while (wire_next(&w, &field))
		if (field.number == MODEL_GRAPH && field.is_bytes)
			graph = field.bytes;
	if (w.broken)
		return damaged(r);
	return list_graph(r, graph) && sort_values(r) && resolve_nodes(r) && check_acyclic(r);
}

bool onnx_graph_read(struct onnx_graph *g, struct str bytes, const char *folder, struct error *err)
{
	struct reading r = { .g = g, .folder = folder, .err = err };

	*g = (struct onnx_graph){ .arena = ARENA_INIT(SPELLED_MAX_BYTES) };
	if (read_all(&r, bytes))
		return true;
	onnx_graph_done(g);
	return false;
}

bool onnx_graph_open(struct onnx_graph *g, const char *path, struct error *err)
{
	own_mem char *folder = mem_strndup(path, (size_t)(path_base(path) - path));
	own_mapped file = {0};

	*g = (struct onnx_graph){0};
	if (!mapped_file(&file, path, err))
		return false;
	if (!onnx_graph_read(g, mapped_str(&file), *folder ? folder : ".", err))
		return error_prefix(err, "%s", path);
	g->file = file;
	file = (struct mapped){0};
	return true;
}

void onnx_graph_done(struct onnx_graph *g)
{
	for (size_t i = 0; i < g->external_count; i++)
		mapped_done(&g->externals[i]);
	free(g->externals);
	free(g->external_paths);
	free(g->values);
	free(g->nodes);
	free(g->constants);
	free(g->ends);
	arena_done(&g->arena);
	mapped_done(&g->file);
	*g = (struct onnx_graph){0};
}

const struct onnx_node *onnx_maker(const struct onnx_graph *g, int32_t value)
{
	int32_t maker = value == ONNX_NONE ? ONNX_NONE : g->values[value].maker;

	return maker == ONNX_NONE ? NULL : &g->nodes[maker];
}

const struct onnx_constant *onnx_constant(const struct onnx_graph *g, int32_t value)
{
	int32_t constant = value == ONNX_NONE ? ONNX_NONE : g->values[value].constant;

	return constant == ONNX_NONE ? NULL : &g->constants[constant];
}
