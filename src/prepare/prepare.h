/*
 * A published model made ready to run: its graph recognised, its weights packed
 * into one file that our own decoder maps (model/prepared.h), the file checked
 * against the graph.  Done once for a model; afterwards the file is found in
 * milliseconds.
 *
 * Whatever is unexpected leaves the graph as it is, for ONNX Runtime to run, with
 * a reason.  What would go wrong the next time as well (a graph we do not know, a
 * check that fails) is noted beside the model and not tried again until the
 * program or the model changes.  Where memory is too short to run the graph at
 * all, the file counts unchecked, and says so: the graph could not be run either.  Blocking, from
 * seconds to minutes; any thread.
 */
#pragma once

#include "base/cancel.h"
#include "model/engine.h"

enum prepare_stage { PREPARE_ORIGINAL, PREPARE_PACK, PREPARE_CHECK };

struct prepare_options {
	struct engine_options engine;  /* threads, precision, ort_paths */
	uint64_t memory;               /* bytes that the check may take; 0: what is available */
	const char *cache_dir;         /* of tokenizers, and prepared files where we cannot write beside; NULL: none */
	void (*progress)(void *user, enum prepare_stage stage, double share);   /* on the caller's thread; NULL: none */
	void *user;
	struct cancel *cancel;         /* NULL: none */
};

struct prepared_model {
	char *path;                    /* of the file; NULL: the graph is to be run as it is */
	char reason[400];              /* how the file was checked, or why there is none */
};

/* "running the original", "packing weights", "checking" */
const char *prepare_stage_name(enum prepare_stage stage);

/* False only when cancelled, or when there is no model in the folder. */
bool prepare_model(const char *folder, const struct prepare_options *options, struct prepared_model *out,
		   struct error *err) must_use;

/* The same without making anything: a file that is there and current, or the reason noted.  Milliseconds. */
bool prepare_find(const char *folder, const struct prepare_options *options, struct prepared_model *out,
		  struct error *err) must_use;

void prepared_model_done(struct prepared_model *p);
#define own_prepared_model owns(prepared_model_done) struct prepared_model
