/*
 * The protobuf-c structs are built directly, all small parts in one arena, and
 * the arrays of pointers to them grow on the heap.
 */
#include <string.h>

#include "base/mem.h"
#include "support/model/builder_inside.h"

/* Operators that ONNX Runtime has in its own domain. */
static const char *const microsoft[] = {
	"DynamicQuantizeMatMul", "FastGelu", "FusedMatMul", "GatherBlockQuantized", "GroupQueryAttention",
	"MatMulIntegerToFloat", "MatMulNBits", "MultiHeadAttention", "QuickGelu", "RotaryEmbedding",
	"SkipSimplifiedLayerNormalization",
};

void *builder_alloc(struct builder *b, size_t size)
{
	void *p = arena_alloc(&b->arena, size);

	if (!p)
		mem_panic("a test model's graph is larger than its arena");
	return p;
}

char *builder_copy(struct builder *b, const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(builder_alloc(b, size), text, size);
}

char *builder_format(struct builder *b, const char *fmt, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof text, fmt, args);
	return builder_copy(b, text);
}

struct builder *builder_create(const char *data_path)
{
	struct builder *b = mem_zeroed(1, sizeof *b);

	b->arena = (struct arena)ARENA_INIT(256u << 20);
	onnx__graph_proto__init(&b->proto);
	b->proto.name = "main_graph";
	b->scope = "";
	if (!data_path)
		return b;
	b->data_path = mem_strdup(data_path);
	b->data = fopen(data_path, "wb");
	if (!b->data)
		error_errno(&b->err, "cannot create %s", data_path);
	return b;
}

void builder_destroy(struct builder *b)
{
	if (!b)
		return;
	if (b->data)
		fclose(b->data);
	for (size_t i = 0; i < b->blob_count; i++)
		free(b->blobs[i]);
	free(b->blobs);
	free(b->scopes);
	free(b->proto.node);
	free(b->proto.input);
	free(b->proto.output);
	free(b->proto.initializer);
	free(b->data_path);
	arena_done(&b->arena);
	free(b);
}

char *build_text(struct builder *b, const char *fmt, ...)
{
	return BUILDER_FORMAT(b, fmt);
}

/* A scope met before gives the same pointer, so that nodes can be counted by it. */
void build_scope(struct builder *b, const char *fmt, ...)
{
	char *name = BUILDER_FORMAT(b, fmt);

	for (size_t i = b->proto.n_node; i-- > 0; ) {
		if (strcmp(b->scopes[i], name) == 0) {
			b->scope = b->scopes[i];
			return;
		}
	}
	b->scope = name;
}

static Onnx__ValueInfoProto *make_value(struct builder *b, char *name, enum element type, const struct dimension *dims)
{
	Onnx__ValueInfoProto *value = builder_alloc(b, sizeof *value);
	Onnx__TypeProto *kind = builder_alloc(b, sizeof *kind);
	Onnx__TypeProto__Tensor *tensor = builder_alloc(b, sizeof *tensor);
	Onnx__TensorShapeProto *shape = builder_alloc(b, sizeof *shape);
	size_t rank = 0;

	while (dims[rank].symbol || dims[rank].size)
		rank++;
	onnx__value_info_proto__init(value);
	onnx__type_proto__init(kind);
	onnx__type_proto__tensor__init(tensor);
	onnx__tensor_shape_proto__init(shape);
	value->name = name;
	value->type = kind;
	kind->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
	kind->tensor_type = tensor;
	tensor->has_elem_type = true;
	tensor->elem_type = (int32_t)type;
	tensor->shape = shape;
	shape->n_dim = rank;
	shape->dim = builder_alloc(b, (rank + 1) * sizeof *shape->dim);
	for (size_t i = 0; i < rank; i++) {
		Onnx__TensorShapeProto__Dimension *dim = builder_alloc(b, sizeof *dim);

		onnx__tensor_shape_proto__dimension__init(dim);
		dim->value_case = dims[i].symbol ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
			: ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
		if (dims[i].symbol)
			dim->dim_param = builder_copy(b, dims[i].symbol);
		else
			dim->dim_value = dims[i].size;
		shape->dim[i] = dim;
	}
	return value;
}

const char *build_input(struct builder *b, enum element type, const struct dimension *dims, const char *fmt, ...)
{
	char *name = BUILDER_FORMAT(b, fmt);

	BUILDER_GROW(b->proto.input, b->proto.n_input, b->input_cap);
	b->proto.input[b->proto.n_input++] = make_value(b, name, type, dims);
	return name;
}

const char *build_output(struct builder *b, enum element type, const struct dimension *dims, const char *fmt, ...)
{
	char *name = BUILDER_FORMAT(b, fmt);

	BUILDER_GROW(b->proto.output, b->proto.n_output, b->output_cap);
	b->proto.output[b->proto.n_output++] = make_value(b, name, type, dims);
	return name;
}

static char **copy_names(struct builder *b, const char *const *names, size_t *count)
{
	char **copy;

	*count = 0;
	while (names[*count])
		++*count;
	copy = builder_alloc(b, (*count + 1) * sizeof *copy);
	for (size_t i = 0; i < *count; i++)
		copy[i] = builder_copy(b, names[i]);
	return copy;
}

static bool is_microsoft(const char *op)
{
	for (size_t i = 0; i < countof(microsoft); i++)
		if (strcmp(op, microsoft[i]) == 0)
			return true;
	return false;
}

/* "SCOPE/OP", and "SCOPE/OP_n" for the n-th further one. */
static char *name_node(struct builder *b, const char *op)
{
	size_t earlier = 0;

	for (size_t i = 0; i < b->proto.n_node; i++)
		earlier += b->scopes[i] == b->scope && strcmp(b->proto.node[i]->op_type, op) == 0;
	if (earlier == 0)
		return build_text(b, "%s/%s", b->scope, op);
	return build_text(b, "%s/%s_%zu", b->scope, op, earlier);
}

void build_node_to(struct builder *b, const char *op, const char *const *inputs, const char *const *outputs)
{
	Onnx__NodeProto *node = builder_alloc(b, sizeof *node);
	size_t old_cap = b->node_cap;

	onnx__node_proto__init(node);
	node->op_type = builder_copy(b, op);
	node->name = name_node(b, op);
	if (is_microsoft(op))
		node->domain = "com.microsoft";
	node->input = copy_names(b, inputs, &node->n_input);
	node->output = copy_names(b, outputs, &node->n_output);
	BUILDER_GROW(b->proto.node, b->proto.n_node, b->node_cap);
	if (b->node_cap != old_cap)
		b->scopes = mem_resize(b->scopes, b->node_cap, sizeof *b->scopes);
	b->scopes[b->proto.n_node] = b->scope;
	b->proto.node[b->proto.n_node++] = node;
}

static Onnx__NodeProto *last_node(struct builder *b)
{
	return b->proto.node[b->proto.n_node - 1];
}

const char *build_node(struct builder *b, const char *op, const char *const *inputs)
{
	build_node_to(b, op, inputs, OUTPUTS(""));
	return build_rename_output(b, build_text(b, "%s_output_0", last_node(b)->name));
}

const char *build_rename_output(struct builder *b, const char *name)
{
	return last_node(b)->output[0] = builder_copy(b, name);
}

static Onnx__AttributeProto *add_attribute(struct builder *b, const char *name,
	Onnx__AttributeProto__AttributeType type)
{
	Onnx__NodeProto *node = last_node(b);
	Onnx__AttributeProto **all = builder_alloc(b, (node->n_attribute + 1) * sizeof *all);
	Onnx__AttributeProto *attribute = builder_alloc(b, sizeof *attribute);

	onnx__attribute_proto__init(attribute);
	attribute->name = builder_copy(b, name);
	attribute->has_type = true;
	attribute->type = type;
	if (node->n_attribute > 0)
		memcpy(all, node->attribute, node->n_attribute * sizeof *all);
	all[node->n_attribute++] = attribute;
	node->attribute = all;
	return attribute;
}

void build_int(struct builder *b, const char *name, int64_t value)
{
	Onnx__AttributeProto *attribute = add_attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);

	attribute->has_i = true;
	attribute->i = value;
}

void build_ints(struct builder *b, const char *name, const int64_t *values, size_t count)
{
	Onnx__AttributeProto *attribute = add_attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);

	attribute->n_ints = count;
	attribute->ints = builder_alloc(b, count * sizeof *attribute->ints);
	memcpy(attribute->ints, values, count * sizeof *values);
}

void build_float(struct builder *b, const char *name, float value)
{
	Onnx__AttributeProto *attribute = add_attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);

	attribute->has_f = true;
	attribute->f = value;
}

