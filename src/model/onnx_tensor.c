#include "model/onnx_tensor.h"

#include "base/mem.h"
#include "model/wire.h"

/* Fields of TensorProto and StringStringEntryProto. */
enum {
	FIELD_DIMS = 1, FIELD_TYPE = 2, FIELD_FLOATS = 4, FIELD_INT32S = 5, FIELD_INT64S = 7, FIELD_NAME = 8,
	FIELD_RAW = 9, FIELD_DOUBLES = 10, FIELD_EXTERNAL = 13, FIELD_LOCATION = 14,
	ENTRY_KEY = 1, ENTRY_VALUE = 2,
};

static bool wrong(struct error *err, const char *what)
{
	return error_set(err, ERROR_INVALID, "not a usable ONNX file: %s", what);
}

/* ---- Where external data lies ---- */

static bool read_number(struct str text, uint64_t *number, struct error *err)
{
	*number = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || *number > UINT64_MAX / 20)
			return wrong(err, "a place in external data is no number");
		*number = *number * 10 + (uint64_t)(text.p[i] - '0');
	}
	return true;
}

static bool read_entry(struct onnx_tensor *t, struct str message, struct error *err)
{
	struct wire w = wire_of(message);
	struct wire_field field;
	struct str key = { "", 0 }, value = { "", 0 };

	while (wire_next(&w, &field)) {
		if ((field.number == ENTRY_KEY || field.number == ENTRY_VALUE) && !field.is_bytes)
			return wrong(err, "a field has the wrong type");
		if (field.number == ENTRY_KEY)
			key = field.bytes;
		else if (field.number == ENTRY_VALUE)
			value = field.bytes;
	}
	if (w.broken)
		return wrong(err, "it is damaged or cut short");
	if (str_is(key, "location"))
		t->path = value;
	else if (str_is(key, "offset"))
		return read_number(value, &t->offset, err);
	else if (str_is(key, "length"))
		return read_number(value, &t->length, err);
	return true;
}

static bool stays_inside(struct str path)
{
	struct str piece;

	if (path.n == 0 || path.p[0] == '/' || path.p[path.n - 1] == '/' || memchr(path.p, '\0', path.n))
		return false;
	while (str_split(&path, '/', &piece))
		if (str_is(piece, "..") || str_is(piece, ""))
			return false;
	return true;
}

/* ---- The tensor ---- */

static bool add_dimension(struct onnx_tensor *t, uint64_t value, struct error *err)
{
	if ((int64_t)value < 0)
		return wrong(err, "a dimension is negative");
	if (t->rank == ONNX_RANK_MAX)
		return wrong(err, "a tensor has too many dimensions");
	t->dims[t->rank++] = (int64_t)value;
	return true;
}

static bool add_dimensions(struct onnx_tensor *t, struct str packed, struct error *err)
{
	struct wire w = wire_of(packed);
	uint64_t value;

	while (wire_varint(&w, &value))
		if (!add_dimension(t, value, err))
			return false;
	return !w.broken || wrong(err, "it is damaged or cut short");
}

static bool read_field(struct onnx_tensor *t, const struct wire_field *field, struct error *err)
{
	bool wants_bytes = field->number == FIELD_NAME || field->number == FIELD_RAW || field->number == FIELD_EXTERNAL;
	bool wants_number = field->number == FIELD_TYPE || field->number == FIELD_LOCATION;

	if (field->is_bytes ? wants_number : wants_bytes)
		return wrong(err, "a field has the wrong type");
	switch (field->number) {
	case FIELD_DIMS:
		return field->is_bytes ? add_dimensions(t, field->bytes, err) : add_dimension(t, field->value, err);
	case FIELD_TYPE:
		t->type = (int64_t)field->value;
		return true;
	case FIELD_NAME:
		t->name = field->bytes;
		return true;
	case FIELD_RAW:
		t->raw = field->bytes;
		return true;
	case FIELD_EXTERNAL:
		return read_entry(t, field->bytes, err);
	case FIELD_LOCATION:
		t->external = field->value == 1;
		return true;
	default:
		return true;
	}
}

bool onnx_tensor_read(struct onnx_tensor *t, struct str message, struct error *err)
{
	struct wire w = wire_of(message);
	struct wire_field field;

	*t = (struct onnx_tensor){ .name = { "", 0 }, .path = { "", 0 }, .message = message };
	while (wire_next(&w, &field))
		if (!read_field(t, &field, err))
			return false;
	if (w.broken)
		return wrong(err, "it is damaged or cut short");
	if (t->external && !stays_inside(t->path))
		return wrong(err, "its external data lies outside the model's folder");
	return true;
}

bool onnx_tensor_count(const struct onnx_tensor *t, uint64_t *count)
{
	*count = 1;
	for (int i = 0; i < t->rank; i++)
		if (__builtin_mul_overflow(*count, (uint64_t)t->dims[i], count) || *count > 1ull << 48)
			return false;
	return true;
}

unsigned onnx_type_bits(int64_t type)
{
	switch (type) {
	case ONNX_UINT4: case ONNX_INT4: return 4;
	case ONNX_UINT8: case ONNX_INT8: case ONNX_BOOL: return 8;
	case ONNX_FLOAT16: case ONNX_BFLOAT16: return 16;
	case ONNX_FLOAT: case ONNX_INT32: return 32;
	case ONNX_INT64: case ONNX_DOUBLE: return 64;
	default: return 0;
	}
}

/* ---- Numbers one by one ---- */

/* Which field holds a type's numbers; packed ones are varints, or fixed with the type's own width. */
static uint32_t field_of(int64_t type)
{
	return type == ONNX_FLOAT ? FIELD_FLOATS : type == ONNX_DOUBLE ? FIELD_DOUBLES :
	       type == ONNX_INT64 ? FIELD_INT64S : FIELD_INT32S;
}

struct unpacking {
	uint32_t field;
	size_t width;              /* bytes of a number */
	uint64_t left;
	char *to;
};

static bool put(struct unpacking *u, uint64_t value)
{
	if (u->left == 0)
		return false;
	memcpy(u->to, &value, u->width);   /* little-endian machines only, as the rest of the program */
	u->to += u->width;
	u->left--;
	return true;
}

static bool put_packed(struct unpacking *u, struct str packed)
{
	bool fixed = u->field == FIELD_FLOATS || u->field == FIELD_DOUBLES;
	struct wire w = wire_of(packed);
	uint64_t value;

	if (fixed) {
		if (packed.n % u->width != 0 || packed.n / u->width > u->left)
			return false;
		memcpy(u->to, packed.p, packed.n);
		u->to += packed.n;
		u->left -= packed.n / u->width;
		return true;
	}
	while (wire_varint(&w, &value))
		if (!put(u, value))
			return false;
	return !w.broken;
}

bool onnx_tensor_unpack(const struct onnx_tensor *t, uint64_t count, void *out)
{
	struct unpacking u = { field_of(t->type), onnx_type_bits(t->type) / 8, count, out };
	struct wire w = wire_of(t->message);
	struct wire_field field;

	if (u.width == 0)
		return false;
	while (wire_next(&w, &field))
		if (field.number == u.field && !(field.is_bytes ? put_packed(&u, field.bytes) : put(&u, field.value)))
			return false;
	return u.left == 0;
}
