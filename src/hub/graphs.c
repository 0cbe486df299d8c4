#include "hub/graphs.h"

#include <fnmatch.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

const struct graph_name graph_names[] = {
	{ "q4", "model_q4.onnx" },
	{ "q4f16", "model_q4f16.onnx" },
	{ "int8", "model_int8.onnx" },
	{ "quantized", "model_quantized.onnx" },
	{ "uint8", "model_uint8.onnx" },
	{ "fp32", "model.onnx" },
	{ "fp16", "model_fp16.onnx" },
	{ "bnb4", "model_bnb4.onnx" },
};
const size_t graph_name_count = countof(graph_names);
const char graph_precisions[] = "q4, q4f16, int8, quantized, uint8, fp32, fp16 or bnb4";

static const char *const folders[] = { "onnx/", "" };

/* Beside the graph: what must be there, and what is taken along. */
static const struct { const char *pattern; bool needed; } others[] = {
	{ "config.json", true },
	{ "tokenizer.json", true },
	{ "tokenizer_config.json", true },
	{ "generation_config.json", false },
	{ "special_tokens_map.json", false },
	{ "added_tokens.json", false },
	{ "chat_template.*", false },
	{ "LICENSE*", false },
};

bool graph_precision_known(const char *precision)
{
	for (size_t i = 0; i < graph_name_count; i++)
		if (strcmp(graph_names[i].precision, precision) == 0)
			return true;
	return false;
}

static const struct hub_file *find(const struct hub_listing *l, const char *path)
{
	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->files[i].path, path) == 0)
			return &l->files[i];
	return NULL;
}

static const struct hub_file *find_graph(const struct hub_listing *l, const char *file)
{
	const struct hub_file *found = NULL;

	for (size_t i = 0; i < countof(folders) && !found; i++) {
		own_mem char *path = mem_printf("%s%s", folders[i], file);
		found = find(l, path);
	}
	return found;
}

bool graph_listed(const struct hub_listing *listing, const char *precision)
{
	for (size_t i = 0; i < graph_name_count; i++)
		if (strcmp(graph_names[i].precision, precision) == 0)
			return find_graph(listing, graph_names[i].file) != NULL;
	return false;
}

static void add(struct graph_files *f, const struct hub_file *file)
{
	f->paths[f->count++] = file->path;
	if (file->size != HUB_SIZE_UNKNOWN)
		f->bytes += file->size;
}

/* Weights beside the graph: GRAPH_data, GRAPH_data_1, …, or GRAPH.data. */
static bool belongs(const char *path, const char *graph)
{
	size_t n = strlen(graph);

	return strncmp(path, graph, n) == 0 && (strncmp(path + n, "_data", 5) == 0 || strcmp(path + n, ".data") == 0);
}

static bool add_others(struct graph_files *f, const struct hub_listing *l, struct error *err)
{
	for (size_t i = 0; i < countof(others); i++) {
		bool any = false;
		for (size_t j = 0; j < l->count; j++) {
			if (fnmatch(others[i].pattern, l->files[j].path, FNM_PATHNAME) != 0)
				continue;
			add(f, &l->files[j]);
			any = true;
		}
		if (others[i].needed && !any)
			return error_set(err, ERROR_NOT_FOUND, "it has no %s, without which a model cannot be used",
				others[i].pattern);
	}
	return true;
}

/* "q4, fp16": what there is instead. */
static bool no_graph(const struct hub_listing *l, const char *precision, struct error *err)
{
	own_buf there = BUF_INIT(256);

	for (size_t i = 0; i < graph_name_count; i++)
		if (find_graph(l, graph_names[i].file))
			buf_putf(&there, "%s%s", there.len ? ", " : "", graph_names[i].precision);
	if (there.len)
		return error_set(err, ERROR_NOT_FOUND, "it has no precision %s; it has %s", precision, there.data);
	return error_set(err, ERROR_NOT_FOUND,
		"it holds no ONNX model in the layout that Shammah reads (onnx/model_q4.onnx and its kin)");
}

bool graph_files_choose(struct graph_files *f, const struct hub_listing *l, const char *precision, struct error *err)
{
	const struct hub_file *graph = NULL;

	*f = (struct graph_files){0};
	for (size_t i = 0; i < graph_name_count && !graph; i++) {
		if (precision && strcmp(precision, graph_names[i].precision) != 0)
			continue;
		graph = find_graph(l, graph_names[i].file);
		f->precision = graph_names[i].precision;
	}
	if (!graph)
		return no_graph(l, precision, err);
	f->paths = mem_zeroed(l->count + countof(others), sizeof *f->paths);
	add(f, graph);
	for (size_t i = 0; i < l->count; i++)
		if (belongs(l->files[i].path, graph->path))
			add(f, &l->files[i]);
	if (add_others(f, l, err))
		return true;
	graph_files_done(f);
	return false;
}

void graph_files_done(struct graph_files *f)
{
	free(f->paths);
	*f = (struct graph_files){0};
}
