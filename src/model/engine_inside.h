/*
 * The engine's inside, for the files of engine, timeline and pool only.
 *
 * An engine is of one of two kinds: ONNX Runtime with a published graph
 * (engine_ort.c, timeline_ort.c), or our own decoder with a prepared file
 * (engine_decoder.c, timeline_pages.c).
 */
#pragma once

#include <stdatomic.h>

#include "model/beginnings.h"
#include "model/decoder.h"
#include "model/engine.h"
#include "model/files.h"
#include "model/graph.h"
#include "model/kv_cache.h"
#include "model/ort.h"
#include "model/pages.h"
#include "model/prepared.h"

struct timeline;
struct timeline_kind;
extern const struct timeline_kind timeline_of_ort, timeline_of_pages;

struct engine {
	atomic_uint references;
	const struct timeline_kind *kind;
	struct model_files files;
	struct engine_info info;
	char reason[400];          /* why it is of this kind */

	/* A decoder's. */
	struct prepared prepared;
	struct decoder *decoder;   /* NULL: ONNX Runtime runs the model */
	struct page_pool *pages;
	struct beginnings *beginnings;     /* NULL: none are kept */
	struct error complaint;    /* about one that was loaded; ERROR_NONE */
	uint64_t runs;             /* of the decoder so far */
	struct decoder_row *rows;  /* of a run being put together */
	size_t row_room;

	/* ONNX Runtime's. */
	struct ort ort;
	OrtSession *session;
	struct graph graph;
	struct kv_layout layout;   /* slots in the order of graph.caches */

	/* Every run's names: the graph's own inputs that it has, then caches; logits, then caches. */
	const char **input_names, **output_names;
	enum graph_input input_roles[GRAPH_INPUTS];
	size_t own_inputs;         /* of input_names, before the caches */
};

/* e->files has been found; options->threads is stated. */
bool engine_open_ort(struct engine *e, const struct engine_options *options, struct error *err) must_use;
bool engine_open_decoder(struct engine *e, const struct engine_options *options, struct error *err) must_use;

/* Also after a failure. */
void engine_close_ort(struct engine *e);
void engine_close_decoder(struct engine *e);
