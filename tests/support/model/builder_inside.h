/*
 * What the two files of the builder share: builder.c makes nodes, inputs and
 * outputs, builder_tensors.c makes constants and weights and writes the files.
 */
#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"
#include "onnx.pb-c.h"
#include "support/model/builder.h"

struct builder {
	struct arena arena;            /* all small parts */
	Onnx__GraphProto proto;
	size_t node_cap, input_cap, output_cap, tensor_cap;
	const char **scopes;           /* of each node; equal ones are the same pointer */
	const char *scope;
	void **blobs;                  /* weights kept inline */
	size_t blob_count;
	FILE *data;                    /* weights kept outside; NULL: there are none */
	char *data_path;
	int64_t data_size, inline_size;
	struct error err;              /* the first failure */
};

/* From the arena, which is large enough or the program ends. */
void *builder_alloc(struct builder *b, size_t size);
char *builder_copy(struct builder *b, const char *text);
char *builder_format(struct builder *b, const char *fmt, va_list args);

/* The caller's printf arguments as a string in the arena. */
#define BUILDER_FORMAT(b, fmt) ({ \
		va_list args_; \
		va_start(args_, fmt); \
		char *text_ = builder_format(b, fmt, args_); \
		va_end(args_); \
		text_; \
	})

/* Room for one more pointer in a malloc'd array. */
#define BUILDER_GROW(array, count, cap) do { \
		if ((count) == (cap)) { \
			(cap) = (cap) ? 2 * (cap) : 64; \
			(array) = mem_resize(array, cap, sizeof *(array)); \
		} \
	} while (0)
