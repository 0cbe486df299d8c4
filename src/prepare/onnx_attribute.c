/*
 * Attributes are few and small, so they are looked up in the node's message each
 * time instead of being kept.
 */
#include "model/wire.h"
#include "prepare/onnx_graph.h"

/* Fields of NodeProto and AttributeProto. */
enum {
	NODE_ATTRIBUTE = 5,
	ATTRIBUTE_NAME = 1, ATTRIBUTE_F = 2, ATTRIBUTE_I = 3, ATTRIBUTE_S = 4, ATTRIBUTE_T = 5, ATTRIBUTE_INTS = 8,
};

static bool add_int(struct onnx_attribute *a, uint64_t value)
{
	if (a->int_count == ONNX_INTS_MAX)
		return false;
	a->ints[a->int_count++] = (int64_t)value;
	return true;
}

static bool add_ints(struct onnx_attribute *a, const struct wire_field *field)
{
	struct wire w = wire_of(field->bytes);
	uint64_t value;

	if (!field->is_bytes)
		return add_int(a, field->value);
	while (wire_varint(&w, &value))
		if (!add_int(a, value))
			return false;
	return !w.broken;
}

static bool read_field(struct onnx_attribute *a, const struct wire_field *field)
{
	uint32_t bits = (uint32_t)field->value;

	switch (field->number) {
	case ATTRIBUTE_F:
		memcpy(&a->f, &bits, sizeof a->f);
		return !field->is_bytes;
	case ATTRIBUTE_I:
		a->i = (int64_t)field->value;
		return !field->is_bytes;
	case ATTRIBUTE_S:
		a->s = field->bytes;
		return field->is_bytes;
	case ATTRIBUTE_T:
		a->tensor = field->bytes;
		return field->is_bytes;
	case ATTRIBUTE_INTS:
		return add_ints(a, field);
	default:
		return true;
	}
}

/* Whether this message is an attribute of that name, all of it read. */
static bool read_attribute(struct str message, const char *name, struct onnx_attribute *a)
{
	struct wire w = wire_of(message);
	struct wire_field field;
	bool named = false;

	*a = (struct onnx_attribute){ .s = { "", 0 } };
	while (wire_next(&w, &field)) {
		if (field.number == ATTRIBUTE_NAME)
			named = field.is_bytes && str_is(field.bytes, name);
		else if (!read_field(a, &field))
			return false;
	}
	return named && !w.broken;
}

bool onnx_attribute(const struct onnx_node *n, const char *name, struct onnx_attribute *a)
{
	struct wire w = wire_of(n->message);
	struct wire_field field;

	while (wire_next(&w, &field))
		if (field.number == NODE_ATTRIBUTE && field.is_bytes && read_attribute(field.bytes, name, a))
			return true;
	return false;
}

int64_t onnx_attribute_int(const struct onnx_node *n, const char *name, int64_t otherwise)
{
	struct onnx_attribute a;

	return onnx_attribute(n, name, &a) ? a.i : otherwise;
}

float onnx_attribute_float(const struct onnx_node *n, const char *name, float otherwise)
{
	struct onnx_attribute a;

	return onnx_attribute(n, name, &a) ? a.f : otherwise;
}
