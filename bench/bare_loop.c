#include "bare_loop.h"

#include "base/mem.h"
#include "model/graph.h"
#include "model/ort.h"

enum { SLOTS_MAX = 256, OWN_MAX = 3 };

struct bare_loop {
	struct ort ort;
	OrtSession *session;
	const struct engine_info *info;
	struct graph graph;
	size_t length, room;
	char *past[SLOTS_MAX], *present[SLOTS_MAX];
	int64_t *ids, *mask, *positions;
	OrtValue *inputs[OWN_MAX + SLOTS_MAX], *outputs[1 + SLOTS_MAX];
	const char *input_names[OWN_MAX + SLOTS_MAX], *output_names[1 + SLOTS_MAX];
	size_t own;
};

static bool create_session(struct bare_loop *b, const char *path, int threads, struct error *err)
{
	const OrtApi *api = b->ort.api;
	OrtSessionOptions *options = NULL;
	bool ok = ort_ok(&b->ort, api->CreateSessionOptions(&options), "options", err) &&
		  ort_ok(&b->ort, api->SetIntraOpNumThreads(options, threads), "threads", err) &&
		  ort_ok(&b->ort, api->AddSessionConfigEntry(options, "session.set_denormal_as_zero", "1"), "denormals",
			  err) &&
		  ort_ok(&b->ort, api->CreateSession(b->ort.env, path, options, &b->session), "session", err);

	api->ReleaseSessionOptions(options);
	return ok;
}

static void name_all(struct bare_loop *b)
{
	b->input_names[b->own++] = "input_ids";
	b->input_names[b->own++] = "attention_mask";
	if (b->graph.inputs[GRAPH_POSITIONS])
		b->input_names[b->own++] = "position_ids";
	b->output_names[0] = "logits";
	for (size_t i = 0; i < b->graph.cache_count; i++) {
		b->input_names[b->own + i] = b->graph.caches[i].past;
		b->output_names[1 + i] = b->graph.caches[i].present;
	}
}

static size_t slot_bytes(const struct bare_loop *b, size_t tokens)
{
	return tokens * b->graph.caches[0].heads * b->graph.caches[0].dimension * onnx_type_size(b->graph.cache_type);
}

static void allocate(struct bare_loop *b)
{
	for (size_t i = 0; i < b->graph.cache_count; i++) {
		b->past[i] = mem_zeroed(1, slot_bytes(b, b->room));
		b->present[i] = b->graph.shared ? b->past[i] : mem_zeroed(1, slot_bytes(b, b->room));
	}
	b->ids = mem_zeroed(b->room, sizeof *b->ids);
	b->mask = mem_zeroed(b->room, sizeof *b->mask);
	b->positions = mem_zeroed(b->room, sizeof *b->positions);
	for (size_t i = 0; i < b->room; i++)
		b->mask[i] = 1;
}

struct bare_loop *bare_loop_open(const char *path, const struct engine_info *info, int threads, size_t room,
				 struct error *err)
{
	struct bare_loop *b = mem_zeroed(1, sizeof *b);
	own_onnx scan = {0};

	b->info = info;
	b->room = room;
	if (!onnx_scan_file(&scan, path, err) || !graph_understand(&b->graph, &scan, err) ||
		!ort_open(&b->ort, NULL, err) || !create_session(b, path, threads, err)) {
		bare_loop_close(b);
		return NULL;
	}
	name_all(b);
	allocate(b);
	return b;
}

void bare_loop_close(struct bare_loop *b)
{
	if (!b)
		return;
	if (b->session)
		b->ort.api->ReleaseSession(b->session);
	for (size_t i = 0; i < b->graph.cache_count; i++) {
		if (b->present[i] != b->past[i])
			free(b->present[i]);
		free(b->past[i]);
	}
	free(b->ids);
	free(b->mask);
	free(b->positions);
	ort_done(&b->ort);
	graph_done(&b->graph);
	free(b);
}

static bool wrap_numbers(struct bare_loop *b, size_t index, int64_t *numbers, size_t n, struct error *err)
{
	int64_t dims[] = { 1, (int64_t)n };

	return ort_ok(&b->ort,
		b->ort.api->CreateTensorWithDataAsOrtValue(b->ort.memory, numbers, n * sizeof *numbers, dims, 2,
			ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, &b->inputs[index]),
		"tensor", err);
}

static bool wrap_cache(struct bare_loop *b, char *data, size_t tokens, OrtValue **value, struct error *err)
{
	int64_t dims[] = { 1, (int64_t)b->graph.caches[0].heads, (int64_t)tokens,
		(int64_t)b->graph.caches[0].dimension };

	return ort_ok(&b->ort, b->ort.api->CreateTensorWithDataAsOrtValue(
			       b->ort.memory, data, slot_bytes(b, tokens), dims, 4,
			       (ONNXTensorElementDataType)b->graph.cache_type, value), "tensor", err);
}

static bool wrap_caches(struct bare_loop *b, size_t n, struct error *err)
{
	bool shared = b->graph.shared;

	if (shared && b->inputs[b->own])
		return true;
	for (size_t i = 0; i < b->graph.cache_count; i++) {
		OrtValue **in = &b->inputs[b->own + i], **out = &b->outputs[1 + i];
		if (!wrap_cache(b, b->past[i], shared ? b->room : b->length, in, err))
			return false;
		if (shared)
			*out = *in;
		else if (!wrap_cache(b, b->present[i], b->length + n, out, err))
			return false;
	}
	return true;
}

static void release(struct bare_loop *b)
{
	size_t caches = b->graph.shared ? 0 : b->graph.cache_count;

	for (size_t i = 0; i < b->own + caches; i++)
		b->ort.api->ReleaseValue(take(b->inputs[i]));
	for (size_t i = 0; i < 1 + caches; i++)
		b->ort.api->ReleaseValue(take(b->outputs[i]));
	for (size_t i = 0; i < caches; i++) {
		char *past = b->past[i];
		b->past[i] = b->present[i];
		b->present[i] = past;
	}
}

static int32_t largest(struct bare_loop *b, size_t n, struct error *err)
{
	size_t count = b->info->vocabulary, row = b->graph.last_logits ? 0 : n - 1;
	float *logits;

	if (!ort_ok(&b->ort, b->ort.api->GetTensorMutableData(b->outputs[0], (void **)&logits), "logits", err))
		return -1;
	logits += row * count;
	size_t best = 0;
	for (size_t i = 1; i < count; i++)
		if (logits[i] > logits[best])
			best = i;
	return (int32_t)best;
}

int32_t bare_loop_run(struct bare_loop *b, const int32_t *tokens, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		b->ids[i] = tokens[i];
		b->positions[i] = (int64_t)(b->length + i);
	}
	if (!wrap_numbers(b, 0, b->ids, n, err) || !wrap_numbers(b, 1, b->mask, b->length + n, err) ||
		(b->own > 2 && !wrap_numbers(b, 2, b->positions, n, err)) || !wrap_caches(b, n, err) ||
		!ort_ok(&b->ort,
			b->ort.api->Run(b->session, NULL, b->input_names, (const OrtValue *const *)b->inputs,
				b->own + b->graph.cache_count, b->output_names, 1 + b->graph.cache_count, b->outputs),
			"run", err))
		return -1;
	int32_t token = largest(b, n, err);
	b->length += n;
	release(b);
	return token;
}
