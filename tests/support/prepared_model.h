/*
 * Prepared files (model/prepared.h) with the random weights of a model_shape,
 * the very ones that model_write() puts into ONNX files of the same shape.
 */
#pragma once

#include "model/prepared.h"
#include "support/models.h"

struct prepared_wish {
	enum weights projections, embedding, head;
	bool qk_norm;                  /* with random weights, which no ONNX file of ours has */
	const float *frequencies;      /* rotary: head_dim / 2; NULL: from the shape's rope_theta */
	float magnitude;               /* 0: 1 */
};

/* The types that correspond to the shape's precision. */
struct prepared_wish prepared_wish_of(const struct model_shape *shape);

bool prepared_write_model(const char *path, const struct model_shape *shape, const struct prepared_wish *wish,
			  struct error *err) must_use;
