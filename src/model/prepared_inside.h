/* The prepared file's beginning, for its reader and its writer only. */
#pragma once

#include "model/prepared.h"

#define PREPARED_MAGIC "shmhdcdr"
#define PREPARED_PAGE 4096

enum { PREPARED_VERSION = 1 };

/* Then come the types, then the description, then the tensors from prepared_data_start(). */
struct prepared_head {
	char magic[8];
	uint64_t digest;               /* of what follows, to the description's end */
	uint32_t version, layout;      /* PREPARED_VERSION, MATRIX_LAYOUT */
	uint64_t bytes;                /* of the whole file */
	uint32_t description_length, unused;
	struct decoder_shape shape;
};

static inline size_t prepared_description_start(const struct decoder_shape *s)
{
	return sizeof(struct prepared_head) + decoder_type_count(s);
}

static inline size_t prepared_data_start(const struct decoder_shape *s)
{
	size_t end = prepared_description_start(s) + PREPARED_DESCRIPTION_MAX;

	return (end + PREPARED_PAGE - 1) / PREPARED_PAGE * PREPARED_PAGE;
}

uint64_t prepared_digest(const void *file, const struct prepared_head *head);
