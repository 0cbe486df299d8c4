#include "model/wire.h"

enum wire_type { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static bool fail(struct wire *w)
{
	w->broken = true;
	return false;
}

bool wire_varint(struct wire *w, uint64_t *value)
{
	*value = 0;
	if (w->p == w->end)
		return false;
	for (unsigned shift = 0; shift < 64 && w->p < w->end; shift += 7) {
		unsigned char byte = (unsigned char)*w->p++;
		*value |= (uint64_t)(byte & 0x7F) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return fail(w);
}

static bool fixed(struct wire *w, size_t n, uint64_t *value)
{
	if ((size_t)(w->end - w->p) < n)
		return fail(w);
	*value = 0;
	for (size_t i = 0; i < n; i++)
		*value |= (uint64_t)(unsigned char)w->p[i] << (8 * i);
	w->p += n;
	return true;
}

static bool bytes(struct wire *w, struct str *out)
{
	uint64_t n;

	if (!wire_varint(w, &n) || n > (uint64_t)(w->end - w->p))
		return fail(w);
	*out = (struct str){ w->p, (size_t)n };
	w->p += n;
	return true;
}

bool wire_next(struct wire *w, struct wire_field *field)
{
	uint64_t key;

	*field = (struct wire_field){0};
	if (w->broken || !wire_varint(w, &key))
		return false;
	if (key >> 3 == 0 || key >> 3 > UINT32_MAX)
		return fail(w);
	field->number = (uint32_t)(key >> 3);
	switch (key & 7) {
	case VARINT:
		return wire_varint(w, &field->value) || fail(w);
	case FIXED64:
		return fixed(w, 8, &field->value);
	case FIXED32:
		return fixed(w, 4, &field->value);
	case BYTES:
		field->is_bytes = true;
		return bytes(w, &field->bytes);
	default:
		return fail(w);
	}
}
