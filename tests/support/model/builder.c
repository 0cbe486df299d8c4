/*
 * The protobuf-c structs are built directly, all small parts in one arena.
 * Weights kept inline are allocated on their own, since they may be large; those
 * kept outside are written as they are made, a piece at a time.
 */
#include "support/model/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/path.h"
#include "onnx.pb-c.h"
#include "support/model/half.h"

#define IR_VERSION     8           /* initialisers need not be inputs; the first that opset 14 may come with is 7 */
#define OPSET          14
#define EXTERNAL_FROM  1024        /* bytes, as onnx's save_model() */
#define EXTERNAL_ALIGN 4096        /* so that they can be mapped */
#define PIECE          (1u << 20)  /* elements at a time */
#define INLINE_MAX     (2ull << 30) /* protobuf's own limit */

struct builder {
	struct arena arena;
	Onnx__GraphProto proto;
	size_t node_cap, input_cap, output_cap, tensor_cap;
	const char **scopes;           /* of each node, interned */
	const char *scope;
	void **blobs;                  /* raw_data of inline weights */
	size_t blob_count;
	FILE *data;
	char *data_path;
	int64_t data_size, inline_size;
	struct error err;
};

/* Operators that ONNX Runtime has in its own domain. */
static const char *const microsoft[] = {
	"GroupQueryAttention", "MatMulNBits", "RotaryEmbedding", "SkipSimplifiedLayerNormalization",
};

static void *alloc(struct builder *b, size_t size)
{
	void *p = arena_alloc(&b->arena, size);

	if (!p)
		mem_panic("a test model's graph is larger than its arena");
	return p;
}

static char *copy_text(struct builder *b, const char *text)
{
	char *copy = alloc(b, strlen(text) + 1);

	return strcpy(copy, text);
}

static const char *format(struct builder *b, const char *fmt, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof text, fmt, args);
	return copy_text(b, text);
}

#define FORMAT(b, fmt) ({ \
		va_list args_; \
		va_start(args_, fmt); \
		const char *text_ = format(b, fmt, args_); \
		va_end(args_); \
		(char *)text_; \
	})

/* Room for one more pointer in a malloc'd array. */
#define GROW(array, count, cap) do { \
		if ((count) == (cap)) { \
			(cap) = (cap) ? 2 * (cap) : 64; \
			(array) = mem_resize(array, cap, sizeof *(array)); \
		} \
	} while (0)

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

const char *build_text(struct builder *b, const char *fmt, ...)
{
	return FORMAT(b, fmt);
}

/* A scope met before gives the same pointer, so that nodes can be counted by it. */
void build_scope(struct builder *b, const char *fmt, ...)
{
	char *name = FORMAT(b, fmt);

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
	Onnx__ValueInfoProto *value = alloc(b, sizeof *value);
	Onnx__TypeProto *kind = alloc(b, sizeof *kind);
	Onnx__TypeProto__Tensor *tensor = alloc(b, sizeof *tensor);
	Onnx__TensorShapeProto *shape = alloc(b, sizeof *shape);
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
	shape->dim = alloc(b, (rank + 1) * sizeof *shape->dim);
	for (size_t i = 0; i < rank; i++) {
		Onnx__TensorShapeProto__Dimension *dim = alloc(b, sizeof *dim);

		onnx__tensor_shape_proto__dimension__init(dim);
		dim->value_case = dims[i].symbol ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
			: ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
		if (dims[i].symbol)
			dim->dim_param = copy_text(b, dims[i].symbol);
		else
			dim->dim_value = dims[i].size;
		shape->dim[i] = dim;
	}
	return value;
}

const char *build_input(struct builder *b, enum element type, const struct dimension *dims, const char *fmt, ...)
{
	char *name = FORMAT(b, fmt);

	GROW(b->proto.input, b->proto.n_input, b->input_cap);
	b->proto.input[b->proto.n_input++] = make_value(b, name, type, dims);
	return name;
}

const char *build_output(struct builder *b, enum element type, const struct dimension *dims, const char *fmt, ...)
{
	char *name = FORMAT(b, fmt);

	GROW(b->proto.output, b->proto.n_output, b->output_cap);
	b->proto.output[b->proto.n_output++] = make_value(b, name, type, dims);
	return name;
}

static char **copy_names(struct builder *b, const char *const *names, size_t *count)
{
	char **copy;

	*count = 0;
	while (names[*count])
		++*count;
	copy = alloc(b, (*count + 1) * sizeof *copy);
	for (size_t i = 0; i < *count; i++)
		copy[i] = copy_text(b, names[i]);
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
	return (char *)(earlier ? build_text(b, "%s/%s_%zu", b->scope, op, earlier) : build_text(b, "%s/%s", b->scope, op));
}

void build_node_to(struct builder *b, const char *op, const char *const *inputs, const char *const *outputs)
{
	Onnx__NodeProto *node = alloc(b, sizeof *node);
	size_t old_cap = b->node_cap;

	onnx__node_proto__init(node);
	node->op_type = copy_text(b, op);
	node->name = name_node(b, op);
	if (is_microsoft(op))
		node->domain = "com.microsoft";
	node->input = copy_names(b, inputs, &node->n_input);
	node->output = copy_names(b, outputs, &node->n_output);
	GROW(b->proto.node, b->proto.n_node, b->node_cap);
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
	return last_node(b)->output[0] = copy_text(b, name);
}

static Onnx__AttributeProto *add_attribute(struct builder *b, const char *name, Onnx__AttributeProto__AttributeType type)
{
	Onnx__NodeProto *node = last_node(b);
	Onnx__AttributeProto **all = alloc(b, (node->n_attribute + 1) * sizeof *all);
	Onnx__AttributeProto *attribute = alloc(b, sizeof *attribute);

	onnx__attribute_proto__init(attribute);
	attribute->name = copy_text(b, name);
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
	attribute->ints = alloc(b, count * sizeof *attribute->ints);
	memcpy(attribute->ints, values, count * sizeof *values);
}

void build_float(struct builder *b, const char *name, float value)
{
	Onnx__AttributeProto *attribute = add_attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);

	attribute->has_f = true;
	attribute->f = value;
}

size_t element_size(enum element type)
{
	switch (type) {
	case ELEMENT_UINT8: case ELEMENT_INT8: case ELEMENT_BOOL: return 1;
	case ELEMENT_HALF: return 2;
	case ELEMENT_FLOAT: case ELEMENT_INT32: return 4;
	case ELEMENT_INT64: return 8;
	}
	return 0;
}

static Onnx__TensorProto *add_tensor(struct builder *b, char *name, enum element type, const int64_t *dims, size_t rank)
{
	Onnx__TensorProto *tensor = alloc(b, sizeof *tensor);

	onnx__tensor_proto__init(tensor);
	tensor->name = name;
	tensor->has_data_type = true;
	tensor->data_type = (int32_t)type;
	tensor->n_dims = rank;
	tensor->dims = alloc(b, (rank + 1) * sizeof *tensor->dims);
	if (rank > 0)
		memcpy(tensor->dims, dims, rank * sizeof *dims);
	GROW(b->proto.initializer, b->proto.n_initializer, b->tensor_cap);
	b->proto.initializer[b->proto.n_initializer++] = tensor;
	return tensor;
}

/* A constant by its name, which says its value. */
static const char *constant(struct builder *b, char *name, enum element type, const void *bytes, const int64_t *dims, size_t rank)
{
	size_t n = element_size(type) * (rank ? (size_t)dims[0] : 1);
	Onnx__TensorProto *tensor;

	for (size_t i = 0; i < b->proto.n_initializer; i++)
		if (strcmp(b->proto.initializer[i]->name, name) == 0)
			return b->proto.initializer[i]->name;
	tensor = add_tensor(b, name, type, dims, rank);
	tensor->has_raw_data = true;
	tensor->raw_data.len = n;
	tensor->raw_data.data = alloc(b, n + 1);
	memcpy(tensor->raw_data.data, bytes, n);
	return name;
}

const char *build_scalar_int(struct builder *b, int64_t value)
{
	return constant(b, (char *)build_text(b, "/constants/int_%lld", (long long)value), ELEMENT_INT64, &value, NULL, 0);
}

const char *build_list_int(struct builder *b, const int64_t *values, size_t count)
{
	const char *name = "/constants/ints";

	for (size_t i = 0; i < count; i++)
		name = build_text(b, "%s_%lld", name, (long long)values[i]);
	return constant(b, (char *)name, ELEMENT_INT64, values, LIST((int64_t)count));
}

const char *build_scalar(struct builder *b, enum element type, float value)
{
	uint16_t half = half_from(value);
	bool is_half = type == ELEMENT_HALF;

	return constant(b, (char *)build_text(b, "/constants/%s_%.9g", is_half ? "half" : "float", (double)value), type,
		is_half ? (const void *)&half : &value, NULL, 0);
}

static void add_entry(struct builder *b, Onnx__TensorProto *tensor, const char *key, const char *value)
{
	Onnx__StringStringEntryProto *entry = alloc(b, sizeof *entry);

	onnx__string_string_entry_proto__init(entry);
	entry->key = copy_text(b, key);
	entry->value = copy_text(b, value);
	tensor->external_data[tensor->n_external_data++] = entry;
}

/* Makes and writes the elements piece by piece. */
static bool write_outside(struct builder *b, Onnx__TensorProto *tensor, size_t count, tensor_fill *fill, const void *user)
{
	size_t size = element_size((enum element)tensor->data_type);
	own_mem char *piece = mem_alloc(PIECE * size);
	int64_t offset = (b->data_size + EXTERNAL_ALIGN - 1) / EXTERNAL_ALIGN * EXTERNAL_ALIGN;

	if (fseeko(b->data, offset, SEEK_SET) != 0)
		return error_errno(&b->err, "cannot write %s", b->data_path);
	for (size_t first = 0; first < count; first += PIECE) {
		size_t n = count - first < PIECE ? count - first : PIECE;

		fill(user, first, n, piece);
		if (fwrite(piece, size, n, b->data) != n)
			return error_errno(&b->err, "cannot write %s", b->data_path);
	}
	b->data_size = offset + (int64_t)(count * size);
	tensor->has_data_location = true;
	tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
	tensor->external_data = alloc(b, 3 * sizeof *tensor->external_data);
	add_entry(b, tensor, "location", path_base(b->data_path));
	add_entry(b, tensor, "offset", build_text(b, "%lld", (long long)offset));
	add_entry(b, tensor, "length", build_text(b, "%zu", count * size));
	return true;
}

static bool write_inline(struct builder *b, Onnx__TensorProto *tensor, size_t count, tensor_fill *fill, const void *user)
{
	size_t size = element_size((enum element)tensor->data_type);

	b->inline_size += (int64_t)(count * size);
	if ((uint64_t)b->inline_size > INLINE_MAX)
		return error_set(&b->err, ERROR_TOO_LARGE, "the model needs external data: its weights exceed 2 GB");
	tensor->has_raw_data = true;
	tensor->raw_data.len = count * size;
	tensor->raw_data.data = mem_alloc(count * size);
	b->blobs = mem_resize(b->blobs, b->blob_count + 1, sizeof *b->blobs);
	b->blobs[b->blob_count++] = tensor->raw_data.data;
	fill(user, 0, count, tensor->raw_data.data);
	return true;
}

const char *build_tensor(struct builder *b, enum element type, const int64_t *dims, size_t rank, tensor_fill *fill,
	const void *user, const char *fmt, ...)
{
	char *name = FORMAT(b, fmt);
	Onnx__TensorProto *tensor = add_tensor(b, name, type, dims, rank);
	size_t count = 1;

	for (size_t i = 0; i < rank; i++)
		count *= (size_t)dims[i];
	if (b->err.kind == ERROR_NONE) {
		if (b->data && count * element_size(type) >= EXTERNAL_FROM)
			write_outside(b, tensor, count, fill, user);
		else
			write_inline(b, tensor, count, fill, user);
	}
	return name;
}

struct file_buffer {
	ProtobufCBuffer base;
	FILE *file;
};

static void append(ProtobufCBuffer *buffer, size_t n, const uint8_t *bytes)
{
	fwrite(bytes, 1, n, ((struct file_buffer *)buffer)->file);
}

static bool close_file(FILE **file, const char *path, struct error *err)
{
	bool failed = ferror(*file) != 0;

	if (fclose(take(*file)) != 0 || failed)
		return error_errno(err, "cannot write %s", path);
	return true;
}

bool build_save(struct builder *b, const char *path, struct error *err)
{
	Onnx__OperatorSetIdProto onnx = ONNX__OPERATOR_SET_ID_PROTO__INIT, ours = ONNX__OPERATOR_SET_ID_PROTO__INIT;
	Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
	struct file_buffer buffer = { .base.append = append };

	if (b->err.kind != ERROR_NONE)
		return error_set(err, b->err.kind, "%s", b->err.text);
	if (b->data && !close_file(&b->data, b->data_path, err))
		return false;
	onnx.domain = "";
	onnx.has_version = ours.has_version = model.has_ir_version = true;
	onnx.version = OPSET;
	ours.domain = "com.microsoft";
	ours.version = 1;
	model.ir_version = IR_VERSION;
	model.producer_name = "shammah-tests";
	model.n_opset_import = 2;
	model.opset_import = (Onnx__OperatorSetIdProto *[]){ &onnx, &ours };
	model.graph = &b->proto;
	buffer.file = fopen(path, "wb");
	if (!buffer.file)
		return error_errno(err, "cannot create %s", path);
	onnx__model_proto__pack_to_buffer(&model, &buffer.base);
	return close_file(&buffer.file, path, err);
}
