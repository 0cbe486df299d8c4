/*
 * The graph is looked at by our own scan first; what it takes must be among the
 * three inputs that we have, and one of its outputs must be a vector a token or a
 * vector a text.
 */
#include "model/embedder.h"

#include <math.h>

#include "base/mem.h"
#include "model/embedder_files.h"
#include "model/onnx_scan.h"
#include "model/ort.h"

enum { INPUTS = 3, DIMENSIONS_MAX = 1 << 16 };

/* What each input holds. */
enum feed { FEED_IDS, FEED_MASK, FEED_TYPES };

static const char *const input_names[INPUTS] = {
	[FEED_IDS] = "input_ids", [FEED_MASK] = "attention_mask", [FEED_TYPES] = "token_type_ids",
};

/* In the order in which they are preferred. */
static const struct output_kind {
	const char *name;
	int rank;                /* 2: a vector a text; 3: one a token */
} output_kinds[] = {
	{ "sentence_embedding", 2 }, { "last_hidden_state", 3 }, { "token_embeddings", 3 },
};

struct embedder {
	struct model_files files;
	struct embedder_info info;
	struct wordpiece *tokenizer;
	struct ort ort;
	OrtSession *session;
	const char *inputs[INPUTS];   /* names, in the graph's order */
	enum feed feeds[INPUTS];
	size_t input_count;
	const struct output_kind *output;
};

/* ---- The graph ---- */

static bool find_input(struct embedder *e, const struct onnx_value *input, struct error *err)
{
	for (size_t i = 0; i < INPUTS; i++) {
		if (strcmp(input->name, input_names[i]) != 0)
			continue;
		if (input->type != ONNX_INT64 || e->input_count == INPUTS)
			break;
		e->inputs[e->input_count] = input_names[i];
		e->feeds[e->input_count++] = (enum feed)i;
		return true;
	}
	return error_set(err, ERROR_INVALID, "%s: input %.80s is none of a sentence-transformer's", e->files.graph,
		input->name);
}

static bool find_inputs(struct embedder *e, const struct onnx *o, struct error *err)
{
	bool ids = false;

	for (size_t i = 0; i < o->input_count; i++)
		if (!o->inputs[i].initialised && !find_input(e, &o->inputs[i], err))
			return false;
	for (size_t i = 0; i < e->input_count; i++)
		ids |= e->feeds[i] == FEED_IDS;
	return ids || error_set(err, ERROR_INVALID, "%s: there is no input input_ids", e->files.graph);
}

static const struct onnx_value *find_value(const struct onnx *o, const struct output_kind *kind)
{
	for (size_t i = 0; i < o->output_count; i++)
		if (strcmp(o->outputs[i].name, kind->name) == 0 && o->outputs[i].type == ONNX_FLOAT &&
		    (o->outputs[i].rank == kind->rank || o->outputs[i].rank < 0))
			return &o->outputs[i];
	return NULL;
}

static bool find_output(struct embedder *e, const struct onnx *o, struct error *err)
{
	const struct onnx_value *value = NULL;

	for (size_t i = 0; !value && i < countof(output_kinds); i++) {
		e->output = &output_kinds[i];
		value = find_value(o, e->output);
	}
	if (!value)
		return error_set(err, ERROR_INVALID,
			"%s: no output is last_hidden_state or sentence_embedding in float32",
			e->files.graph);
	int64_t size = value->rank == e->output->rank ? value->dims[e->output->rank - 1] : -1;
	if (size > 0 && size <= DIMENSIONS_MAX)
		e->info.dimensions = (size_t)size;
	return true;
}

static bool read_graph(struct embedder *e, struct error *err)
{
	own_onnx scan = {0};

	return onnx_scan_file(&scan, e->files.graph, err) && find_inputs(e, &scan, err) && find_output(e, &scan, err);
}

/* ---- The session ---- */

static bool create_session(struct embedder *e, int threads, struct error *err)
{
	const OrtApi *api = e->ort.api;
	const char *what = "cannot set ONNX Runtime's options";
	OrtSessionOptions *options = NULL;

	if (!ort_ok(&e->ort, api->CreateSessionOptions(&options), what, err))
		return false;
	bool ok = ort_ok(&e->ort, api->AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"),
			what, err) &&
		ort_ok(&e->ort, api->SetIntraOpNumThreads(options, threads), what, err) &&
		ort_ok(&e->ort, api->SetInterOpNumThreads(options, 1), what, err) &&
		ort_ok(&e->ort, api->DisableMemPattern(options), what, err) &&
		ort_ok(&e->ort, api->CreateSession(e->ort.env, e->files.graph, options, &e->session),
			"ONNX Runtime cannot load the model", err);
	api->ReleaseSessionOptions(options);
	return ok || error_prefix(err, "%s", e->files.graph);
}

/* What each input holds for one text. */
struct run {
	int64_t *values[INPUTS];
	OrtValue *inputs[INPUTS], *output;
};

static void run_done(const struct embedder *e, struct run *r)
{
	for (size_t i = 0; i < INPUTS; i++) {
		free(r->values[i]);
		if (r->inputs[i])
			e->ort.api->ReleaseValue(r->inputs[i]);
	}
	if (r->output)
		e->ort.api->ReleaseValue(r->output);
}

static bool feed(const struct embedder *e, struct run *r, const int32_t *ids, size_t count, struct error *err)
{
	const int64_t shape[] = { 1, (int64_t)count };

	for (size_t i = 0; i < e->input_count; i++) {
		r->values[i] = mem_zeroed(count, sizeof *r->values[i]);
		for (size_t k = 0; e->feeds[i] != FEED_TYPES && k < count; k++)
			r->values[i][k] = e->feeds[i] == FEED_IDS ? ids[k] : 1;
		if (!ort_ok(&e->ort, e->ort.api->CreateTensorWithDataAsOrtValue(e->ort.memory, r->values[i],
			count * sizeof *r->values[i], shape, 2, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, &r->inputs[i]),
			"cannot make an input", err))
			return false;
	}
	return true;
}

/* The output's shape must be what was asked for; *size is its last dimension. */
static bool check_shape(const struct embedder *e, OrtValue *output, size_t count, size_t *size, struct error *err)
{
	const OrtApi *api = e->ort.api;
	OrtTensorTypeAndShapeInfo *shape = NULL;
	int64_t dims[3] = {0};
	size_t rank = 0;
	ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
	bool ok = ort_ok(&e->ort, api->GetTensorTypeAndShape(output, &shape), "cannot read the output's shape", err) &&
		ort_ok(&e->ort, api->GetTensorElementType(shape, &type), "cannot read the output's type", err) &&
		ort_ok(&e->ort, api->GetDimensionsCount(shape, &rank), "cannot read the output's rank", err);

	if (ok && rank == (size_t)e->output->rank)
		ok = ort_ok(&e->ort, api->GetDimensions(shape, dims, rank), "cannot read the output's shape", err);
	if (shape)
		api->ReleaseTensorTypeAndShapeInfo(shape);
	if (!ok)
		return false;
	int64_t last = dims[rank == 2 ? 1 : 2];
	bool right = rank == (size_t)e->output->rank && dims[0] == 1 && (rank == 2 || dims[1] == (int64_t)count);
	if (!right || type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || last < 1 || last > DIMENSIONS_MAX)
		return error_set(err, ERROR_INVALID, "%s: the output %s is not of the expected shape", e->files.graph,
			e->output->name);
	*size = (size_t)last;
	return true;
}

static bool run_graph(const struct embedder *e, struct run *r, const int32_t *ids, size_t count, size_t *size,
	const float **values, struct error *err)
{
	void *data = NULL;

	if (!feed(e, r, ids, count, err) ||
	    !ort_ok(&e->ort, e->ort.api->Run(e->session, NULL, e->inputs, (const OrtValue *const *)r->inputs,
		e->input_count, &e->output->name, 1, &r->output), "ONNX Runtime cannot run the model", err) ||
	    !check_shape(e, r->output, count, size, err) ||
	    !ort_ok(&e->ort, e->ort.api->GetTensorMutableData(r->output, &data), "cannot read the output", err))
		return false;
	*values = data;
	return true;
}

/* ---- Vectors ---- */

static void pool(const struct embedder *e, const float *values, size_t count, float *vector)
{
	size_t n = e->info.dimensions;

	if (e->info.pooling != POOLING_MEAN) {
		memcpy(vector, values, n * sizeof *vector);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		for (size_t k = 0; k < count; k++)
			sum += values[k * n + i];
		vector[i] = (float)(sum / (double)count);
	}
}

/* To length 1; a vector of zeros stays. */
static void normalise(float *vector, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)vector[i] * (double)vector[i];
	for (size_t i = 0; sum > 0 && i < n; i++)
		vector[i] = (float)(vector[i] / sqrt(sum));
}

bool embedder_run(const struct embedder *e, const int32_t *ids, size_t count, float *vector, struct error *err)
{
	struct run r = {0};
	const float *values = NULL;
	size_t size = 0;
	bool ok = run_graph(e, &r, ids, count, &size, &values, err);

	if (ok && size != e->info.dimensions)
		ok = error_set(err, ERROR_INVALID, "%s: the output's size changes", e->files.graph);
	if (ok) {
		pool(e, values, count, vector);
		if (e->info.normalises)
			normalise(vector, size);
	}
	run_done(e, &r);
	return ok;
}

bool embedder_has_dimensions(const struct embedder_info *info, size_t dimensions)
{
	if (dimensions == info->dimensions || (info->matryoshka_any && dimensions && dimensions < info->dimensions))
		return true;
	for (size_t i = 0; i < info->matryoshka_count; i++)
		if (info->matryoshka[i] == dimensions && dimensions < info->dimensions)
			return true;
	return false;
}

void embedder_cut(const struct embedder_info *info, float *vector, size_t dimensions)
{
	if (info->normalises && dimensions < info->dimensions)
		normalise(vector, dimensions);
}

/* ---- Tokens ---- */

bool embedder_tokenize(const struct embedder *e, struct str text, struct tokens *out, struct error *err)
{
	return wordpiece_encode(e->tokenizer, text, out, err);
}

bool embedder_frame(const struct embedder *e, const int32_t *ids, size_t count, struct tokens *out, struct error *err)
{
	const int32_t first = wordpiece_first(e->tokenizer), last = wordpiece_last(e->tokenizer);

	for (size_t i = 0; i < count; i++)
		if (ids[i] < 0 || (size_t)ids[i] >= wordpiece_size(e->tokenizer))
			return error_set(err, ERROR_INVALID, "the model has no token %ld", (long)ids[i]);
	return tokens_add(out, &first, 1, err) && tokens_add(out, ids, count, err) && tokens_add(out, &last, 1, err);
}

/* ---- The whole ---- */

static bool find_files(struct embedder *e, const char *folder, struct error *err)
{
	struct error unused = {0};

	/* Small models: the exact one where there is a choice. */
	return model_files_find(&e->files, folder, "fp32", &unused) || model_files_find(&e->files, folder, NULL, err);
}

/* A graph that does not state the size of its output tells by a run. */
static bool find_dimensions(struct embedder *e, struct error *err)
{
	int32_t ids[] = { wordpiece_first(e->tokenizer), wordpiece_last(e->tokenizer) };
	struct run r = {0};
	const float *values;
	size_t size = 0;
	bool ok = run_graph(e, &r, ids, countof(ids), &size, &values, err);

	run_done(e, &r);
	e->info.dimensions = size;
	return ok;
}

struct embedder *embedder_open(const char *folder, int threads, struct error *err)
{
	own_embedder *e = mem_zeroed(1, sizeof *e);

	if (!(e->tokenizer = wordpiece_open(folder, err)) || !find_files(e, folder, err))
		return NULL;
	e->info.name = e->files.name;
	e->info.precision = e->files.precision;
	if (!embedder_read_files(&e->info, folder, e->files.context, err) || !read_graph(e, err) ||
	    !ort_open(&e->ort, NULL, err) || !create_session(e, threads, err) || !find_dimensions(e, err))
		return NULL;
	if (e->output->rank == 2) {
		e->info.pooling = POOLING_INSIDE;
		e->info.why = "the graph";
	}
	return take(e);
}

void embedder_destroy(struct embedder *e)
{
	if (!e)
		return;
	if (e->session)
		e->ort.api->ReleaseSession(e->session);
	ort_done(&e->ort);
	wordpiece_destroy(e->tokenizer);
	model_files_done(&e->files);
	free(e);
}

const struct embedder_info *embedder_info(const struct embedder *e) { return &e->info; }
