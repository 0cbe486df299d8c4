/*
 * Nothing is handed to ONNX Runtime before our own scan has been through the
 * file and the graph is one we can feed.
 */
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "model/engine_inside.h"

enum { CONTEXT_ASSUMED = 2048 };

/* ---- Files ---- */

static bool file_size(const char *path, uint64_t *size, struct error *err)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return error_errno(err, "cannot open %s", path);
	*size = (uint64_t)status.st_size;
	return true;
}

/* Every external file must be there, and long enough for what the graph wants of it. */
static bool check_externals(struct engine *e, const struct onnx *o, struct error *err)
{
	own_mem char *folder = mem_strndup(e->files.graph, (size_t)(path_base(e->files.graph) - e->files.graph));

	if (!file_size(e->files.graph, &e->info.weight_bytes, err))
		return false;
	for (size_t i = 0; i < o->external_count; i++) {
		own_mem char *path = path_join(folder, o->externals[i].path);
		uint64_t size = 0;
		if (!file_size(path, &size, err))
			return false;
		if (size < o->externals[i].end)
			return error_set(err, ERROR_INVALID, "%s is cut short: %llu bytes of at least %llu", path,
					 (unsigned long long)size, (unsigned long long)o->externals[i].end);
		e->info.weight_bytes += size;
	}
	return true;
}

static bool read_graph(struct engine *e, struct error *err)
{
	own_onnx scan = {0};

	return onnx_scan_file(&scan, e->files.graph, err) && check_externals(e, &scan, err) &&
	       (graph_understand(&e->graph, &scan, err) || error_prefix(err, "%s", e->files.graph));
}

/* ---- The session ---- */

/*
 * Denormals slow some processors down a hundredfold.  Memory patterns are kept
 * per input shape, and every token has a shape of its own.
 */
static bool set_options(const struct engine *e, OrtSessionOptions *options, int threads, struct error *err)
{
	const OrtApi *api = e->ort.api;
	const char *what = "cannot set ONNX Runtime's options";
	static const struct { const char *key, *value; } entries[] = {
		{ "session.set_denormal_as_zero", "1" },
	};

	for (size_t i = 0; i < countof(entries); i++)
		if (!ort_ok(&e->ort, api->AddSessionConfigEntry(options, entries[i].key, entries[i].value), what, err))
			return false;
	return ort_ok(&e->ort, api->SetIntraOpNumThreads(options, threads), what, err) &&
	       ort_ok(&e->ort, api->SetInterOpNumThreads(options, 1), what, err) &&
	       ort_ok(&e->ort, api->DisableMemPattern(options), what, err) &&
	       ort_ok(&e->ort, api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL), what, err);
}

static bool create_session(struct engine *e, int threads, struct error *err)
{
	const OrtApi *api = e->ort.api;
	OrtSessionOptions *options = NULL;

	if (!ort_ok(&e->ort, api->CreateSessionOptions(&options), "cannot set ONNX Runtime's options", err))
		return false;
	bool ok = set_options(e, options, threads, err) &&
		  ort_ok(&e->ort, api->CreateSession(e->ort.env, e->files.graph, options, &e->session),
			 "ONNX Runtime cannot load the model", err);
	api->ReleaseSessionOptions(options);
	return ok;
}

/* ---- What is known ---- */

static void lay_out_cache(struct engine *e)
{
	const struct graph *g = &e->graph;
	struct kv_layout *l = &e->layout;

	l->slots = mem_zeroed(g->cache_count, sizeof *l->slots);
	l->slot_count = g->cache_count;
	l->element = onnx_type_size(g->cache_type);
	l->shared = g->shared;
	l->limit = e->info.context;
	for (size_t i = 0; i < g->cache_count; i++) {
		const struct graph_cache *c = &g->caches[i];
		l->slots[i] = (struct kv_slot){ c->heads, c->dimension, l->token_bytes };
		l->token_bytes += c->heads * c->dimension * l->element;
	}
}

static void list_names(struct engine *e)
{
	const struct graph *g = &e->graph;

	e->input_names = mem_zeroed(GRAPH_INPUTS + g->cache_count, sizeof *e->input_names);
	e->output_names = mem_zeroed(1 + g->cache_count, sizeof *e->output_names);
	for (enum graph_input i = 0; i < GRAPH_INPUTS; i++) {
		if (!g->inputs[i])
			continue;
		e->input_names[e->own_inputs] = g->inputs[i];
		e->input_roles[e->own_inputs++] = i;
	}
	e->output_names[0] = g->logits;
	for (size_t i = 0; i < g->cache_count; i++) {
		e->input_names[e->own_inputs + i] = g->caches[i].past;
		e->output_names[1 + i] = g->caches[i].present;
	}
}

static bool find_sizes(struct engine *e, const struct engine_options *options, struct error *err)
{
	const struct model_files *f = &e->files;
	struct engine_info *info = &e->info;

	info->vocabulary = e->graph.vocabulary ? e->graph.vocabulary : f->vocabulary;
	if (info->vocabulary == 0)
		return error_set(err, ERROR_INVALID,
			"%s: neither the graph nor config.json states the vocabulary's size", f->folder);
	info->context = f->context ? f->context : CONTEXT_ASSUMED;
	if (options->context && options->context < info->context)
		info->context = options->context;
	return true;
}

static void describe(struct engine *e)
{
	const struct graph *g = &e->graph;
	struct engine_info *info = &e->info;

	info->attention = g->shared ? "GroupQueryAttention, cache in place" : "cache copied by the graph";
	info->runtime = e->ort.version;
	info->layers = (g->cache_count + 1) / 2;
	info->kv_heads = g->caches[0].heads;
	info->head_dimension = g->caches[0].dimension;
	info->token_bytes = e->layout.token_bytes;
}

/* ---- The whole ---- */

bool engine_open_ort(struct engine *e, const struct engine_options *options, struct error *err)
{
	e->kind = &timeline_of_ort;
	if (!read_graph(e, err) || !find_sizes(e, options, err))
		return false;
	lay_out_cache(e);
	list_names(e);
	if (!ort_open(&e->ort, options->ort_paths, err))
		return false;
	if (!create_session(e, options->threads, err))
		return error_prefix(err, "%s", e->files.graph);
	describe(e);
	return true;
}

void engine_close_ort(struct engine *e)
{
	if (e->session)
		e->ort.api->ReleaseSession(e->session);
	ort_done(&e->ort);
	free(e->input_names);
	free(e->output_names);
	free(e->layout.slots);
	graph_done(&e->graph);
}
