/*
 * Weights kept inline are allocated on their own, since they may be large; those
 * kept outside are written as they are made, a piece at a time.
 */
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "support/model/builder_inside.h"
#include "support/model/half.h"

#define IR_VERSION     8
#define OPSET          14
#define EXTERNAL_FROM  1024        /* bytes, as onnx's save_model() */
#define EXTERNAL_ALIGN 4096        /* so that they can be mapped */
#define PIECE          (1u << 20)  /* elements at a time */
#define INLINE_MAX     (2000u << 20)   /* bytes; protobuf ends at 2 GB */

size_t element_size(enum element type)
{
	switch (type) {
	case ELEMENT_UINT8: case ELEMENT_INT8: case ELEMENT_BOOL: return 1;
	case ELEMENT_HALF: return 2;
	case ELEMENT_FLOAT: case ELEMENT_INT32: return 4;
	case ELEMENT_INT64: return 8;
	case ELEMENT_UINT4: case ELEMENT_INT4: break;
	}
	return 0;
}

static Onnx__TensorProto *add_tensor(struct builder *b, char *name, enum element type, const int64_t *dims, size_t rank)
{
	Onnx__TensorProto *tensor = builder_alloc(b, sizeof *tensor);

	onnx__tensor_proto__init(tensor);
	tensor->name = name;
	tensor->has_data_type = true;
	tensor->data_type = (int32_t)type;
	tensor->n_dims = rank;
	tensor->dims = builder_alloc(b, (rank + 1) * sizeof *tensor->dims);
	if (rank > 0)
		memcpy(tensor->dims, dims, rank * sizeof *dims);
	BUILDER_GROW(b->proto.initializer, b->proto.n_initializer, b->tensor_cap);
	b->proto.initializer[b->proto.n_initializer++] = tensor;
	return tensor;
}

/* A constant by its name, which says its value. */
static const char *constant(struct builder *b, char *name, enum element type, const void *bytes, const int64_t *dims,
	size_t rank)
{
	size_t n = element_size(type) * (rank ? (size_t)dims[0] : 1);
	Onnx__TensorProto *tensor;

	for (size_t i = 0; i < b->proto.n_initializer; i++)
		if (strcmp(b->proto.initializer[i]->name, name) == 0)
			return b->proto.initializer[i]->name;
	tensor = add_tensor(b, name, type, dims, rank);
	tensor->has_raw_data = true;
	tensor->raw_data.len = n;
	tensor->raw_data.data = builder_alloc(b, n + 1);
	memcpy(tensor->raw_data.data, bytes, n);
	return name;
}

const char *build_scalar_int(struct builder *b, int64_t value)
{
	char *name = build_text(b, "/constants/int_%lld", (long long)value);

	return constant(b, name, ELEMENT_INT64, &value, NULL, 0);
}

const char *build_list_int(struct builder *b, const int64_t *values, size_t count)
{
	char *name = build_text(b, "/constants/ints");

	for (size_t i = 0; i < count; i++)
		name = build_text(b, "%s_%lld", name, (long long)values[i]);
	return constant(b, name, ELEMENT_INT64, values, LIST((int64_t)count));
}

const char *build_scalar(struct builder *b, enum element type, float value)
{
	uint16_t half = half_from(value);
	bool is_half = type == ELEMENT_HALF;

	char *name = build_text(b, "/constants/%s_%.9g", is_half ? "half" : "float", (double)value);

	return constant(b, name, type, is_half ? (const void *)&half : &value, NULL, 0);
}

static void add_entry(struct builder *b, Onnx__TensorProto *tensor, const char *key, const char *value)
{
	Onnx__StringStringEntryProto *entry = builder_alloc(b, sizeof *entry);

	onnx__string_string_entry_proto__init(entry);
	entry->key = builder_copy(b, key);
	entry->value = builder_copy(b, value);
	tensor->external_data[tensor->n_external_data++] = entry;
}

/* Makes and writes the elements piece by piece. */
static bool write_outside(struct builder *b, Onnx__TensorProto *tensor, size_t count, tensor_fill *fill,
	const void *user)
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
	tensor->external_data = builder_alloc(b, 3 * sizeof *tensor->external_data);
	add_entry(b, tensor, "location", path_base(b->data_path));
	add_entry(b, tensor, "offset", build_text(b, "%lld", (long long)offset));
	add_entry(b, tensor, "length", build_text(b, "%zu", count * size));
	return true;
}

static bool write_inline(struct builder *b, Onnx__TensorProto *tensor, size_t count, tensor_fill *fill,
	const void *user)
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
	char *name = BUILDER_FORMAT(b, fmt);
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

const char *build_bytes(struct builder *b, enum element type, const int64_t *dims, size_t rank, const void *bytes,
	size_t n, const char *name)
{
	Onnx__TensorProto *tensor = add_tensor(b, builder_copy(b, name), type, dims, rank);

	tensor->has_raw_data = true;
	tensor->raw_data.len = n;
	tensor->raw_data.data = builder_alloc(b, n + 1);
	memcpy(tensor->raw_data.data, bytes, n);
	return tensor->name;
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
