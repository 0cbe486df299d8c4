/* The engine's inside, for engine.c and timeline.c only. */
#pragma once

#include <stdatomic.h>

#include "model/engine.h"
#include "model/files.h"
#include "model/graph.h"
#include "model/kv_cache.h"
#include "model/ort.h"

struct engine {
	atomic_uint references;
	struct ort ort;
	OrtSession *session;
	struct model_files files;
	struct graph graph;
	struct kv_layout layout;   /* slots in the order of graph.caches */
	struct engine_info info;

	/* Every run's names: the graph's own inputs that it has, then caches; logits, then caches. */
	const char **input_names, **output_names;
	enum graph_input input_roles[GRAPH_INPUTS];
	size_t own_inputs;         /* of input_names, before the caches */
};
