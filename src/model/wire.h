/*
 * Protocol Buffers' wire format, read in place.
 *
 * A message is a view of bytes; wire_next() walks its fields without copying or
 * recursing, so a file of gigabytes costs only the pages that are looked at.
 * Format: protobuf.dev/programming-guides/encoding (groups, long gone from the
 * language, are refused).
 */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct wire {
	const char *p, *end;
	bool broken;        /* met bytes that are no field */
};

struct wire_field {
	uint32_t number;
	bool is_bytes;      /* `bytes` holds the value, else `value` */
	uint64_t value;     /* varint, or the bits of a fixed32 or fixed64 */
	struct str bytes;   /* text, bytes, packed numbers or an inner message */
};

static inline struct wire wire_of(struct str message)
{
	return (struct wire){ .p = message.p, .end = message.n ? message.p + message.n : message.p };
}

/* The next field; false at the end and at the first wrong byte (`broken`). */
bool wire_next(struct wire *w, struct wire_field *field);

/* One number of a packed repeated field of varints. */
bool wire_varint(struct wire *w, uint64_t *value);
