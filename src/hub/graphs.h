/*
 * The files of a model: what one repository holds for several precisions, and
 * which of it is wanted.
 */
#pragma once

#include "hub/hub.h"

/*
 * Names of graphs as Hugging Face's exporters write them, in the order in which
 * they are preferred: on a CPU small weights beat all else, and float16 is emulated.
 */
struct graph_name {
	const char *precision;       /* "q4" */
	const char *file;            /* "model_q4.onnx", in onnx/ or at the top */
};
extern const struct graph_name graph_names[];
extern const size_t graph_name_count;

/* "q4, q4f16, …", for errors and help; a literal. */
extern const char graph_precisions[];

bool graph_precision_known(const char *precision);

/* Paths of a listing, borrowed from it. */
struct graph_files {
	const char *precision;       /* of the graph */
	const char **paths;          /* graph, its weights, configuration, tokenizer, licence */
	size_t count;
	uint64_t bytes;              /* of those whose size is known */
};

/*
 * What is to be downloaded of a repository for one precision (NULL: the first that
 * it has).  ERROR_NOT_FOUND names what the repository lacks.
 */
bool graph_files_choose(struct graph_files *f, const struct hub_listing *listing, const char *precision,
	struct error *err) must_use;
void graph_files_done(struct graph_files *f);
#define own_graph_files owns(graph_files_done) struct graph_files

/* Whether a repository has a graph of this precision. */
bool graph_listed(const struct hub_listing *listing, const char *precision);
