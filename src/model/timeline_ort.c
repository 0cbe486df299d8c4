/*
 * A run is one call of ONNX Runtime with every input and output in memory of
 * ours: tokens, mask and positions in small arrays, keys and values in
 * model/kv_cache.h.  Tensors that wrap this memory are made anew when its place
 * or shape changes: never for shared caches (but when they grow), each run for
 * packed ones, whose shape is their length.  Making one copies nothing.
 *
 * Only the logits of several positions at once, which some graphs give whether
 * one wants them or not, are left for ONNX Runtime to allocate; the last one's
 * are copied out.
 */
#include <assert.h>

#include "base/half.h"
#include "base/mem.h"
#include "model/timeline_inside.h"

/* Logits of a run, when a graph gives all positions': Qwen2's 151,936 make 55 tokens. */
enum { LOGITS_MAX_BYTES = 32 << 20 };

/* ---- Life ---- */

static bool open_timeline(struct timeline *t, struct error *err)
{
	struct engine *e = t->engine;
	size_t vocabulary = e->info.vocabulary;

	kv_init(&t->cache, &e->layout);
	t->inputs = mem_zeroed(e->own_inputs + e->layout.slot_count, sizeof *t->inputs);
	t->outputs = mem_zeroed(1 + e->layout.slot_count, sizeof *t->outputs);
	t->logits = mem_alloc(vocabulary * sizeof *t->logits);
	if (e->graph.logits_type == ONNX_FLOAT16)
		t->half_logits = mem_alloc(vocabulary * sizeof *t->half_logits);
	return ort_ok(&e->ort, e->ort.api->CreateRunOptions(&t->run_options), "cannot prepare a run", err);
}

static void release(const struct timeline *t, OrtValue **value)
{
	t->engine->ort.api->ReleaseValue(take(*value));
}

static void unwrap_caches(struct timeline *t)
{
	const struct engine *e = t->engine;

	for (size_t i = 0; i < e->layout.slot_count; i++) {
		OrtValue **past = &t->inputs[e->own_inputs + i], **present = &t->outputs[1 + i];
		if (*past == *present)
			*present = NULL;
		release(t, past);
		release(t, present);
	}
	t->wrapped = NULL;
}

static void close_timeline(struct timeline *t)
{
	unwrap_caches(t);
	for (size_t i = 0; i < t->engine->own_inputs; i++)
		release(t, &t->inputs[i]);
	release(t, &t->outputs[0]);
	t->engine->ort.api->ReleaseRunOptions(t->run_options);
	for (size_t i = 0; i < GRAPH_INPUTS; i++)
		free(t->numbers[i]);
	kv_done(&t->cache);
	free(t->inputs);
	free(t->outputs);
	free(t->logits);
	free(t->half_logits);
}

/* ---- The sequence ---- */

static size_t length(const struct timeline *t) { return t->cache.length; }

static size_t bytes(const struct timeline *t)
{
	size_t logit = sizeof *t->logits + (t->half_logits ? sizeof *t->half_logits : 0);

	return kv_bytes(&t->cache) + t->engine->info.vocabulary * logit;
}

static void truncate_to(struct timeline *t, size_t tokens)
{
	kv_truncate(&t->cache, tokens);
	t->has_logits = false;
}

static void adopt(struct timeline *t, const int32_t *tokens, size_t count)
{
	size_t common = timeline_common(t, tokens, count);

	if (common < t->cache.length)
		truncate_to(t, common);
}

static bool fork_into(struct timeline *copy, const struct timeline *t, size_t tokens, struct error *err)
{
	if (!kv_copy(&copy->cache, &t->cache, tokens, err))
		return false;
	copy->has_logits = t->has_logits && tokens == t->cache.length;
	if (copy->has_logits)
		memcpy(copy->logits, t->logits, t->engine->info.vocabulary * sizeof *t->logits);
	return true;
}

static float *logits(const struct timeline *t, size_t back)
{
	return t->has_logits && back == 0 ? t->logits : NULL;
}

/* ---- Tensors ---- */

static bool wrap(const struct timeline *t, void *data, size_t bytes, const int64_t *dims, size_t rank,
	enum onnx_type type, OrtValue **value, struct error *err)
{
	const struct ort *ort = &t->engine->ort;

	release(t, value);
	return ort_ok(ort, ort->api->CreateTensorWithDataAsOrtValue(ort->memory, data, bytes, dims, rank,
								    (ONNXTensorElementDataType)type, value),
		      "cannot describe a tensor", err);
}

/* The n-th number of an own input in a run of `past` tokens and more. */
static int64_t own_number(const struct timeline *t, enum graph_input role, size_t past, size_t n)
{
	switch (role) {
	case GRAPH_TOKENS: return t->tokens[past + n];
	case GRAPH_POSITIONS: return (int64_t)(past + n);
	default: return 1;
	}
}

static void write_numbers(struct timeline *t, enum graph_input role, size_t past, size_t count)
{
	bool wide = t->engine->graph.input_types[role] == ONNX_INT64;

	if (count > t->number_room[role]) {
		t->number_room[role] = 2 * count;
		t->numbers[role] = mem_resize(t->numbers[role], 2 * count, sizeof *t->numbers[role]);
	}
	for (size_t i = 0; i < count; i++) {
		int64_t number = own_number(t, role, past, i);
		if (wide)
			t->numbers[role][i] = number;
		else
			((int32_t *)t->numbers[role])[i] = (int32_t)number;
	}
}

static bool wrap_own_input(struct timeline *t, size_t index, size_t count, struct error *err)
{
	enum graph_input role = t->engine->input_roles[index];
	enum onnx_type type = t->engine->graph.input_types[role];
	size_t past = t->cache.length, n = role == GRAPH_MASK ? past + count : role == GRAPH_KEEP ? 1 : count;
	int64_t dims[] = { 1, (int64_t)n };

	write_numbers(t, role, past, n);
	return wrap(t, t->numbers[role], n * onnx_type_size(type), dims, role == GRAPH_KEEP ? 0 : 2, type,
		    &t->inputs[index], err);
}

static bool wrap_cache(struct timeline *t, size_t slot, void *data, size_t tokens, OrtValue **value, struct error *err)
{
	const struct kv_layout *l = &t->engine->layout;
	const struct kv_slot *s = &l->slots[slot];
	int64_t dims[] = { 1, (int64_t)s->heads, (int64_t)tokens, (int64_t)s->dimension };

	return wrap(t, data, s->heads * tokens * s->dimension * l->element, dims, 4, t->engine->graph.cache_type, value,
		err);
}

/* Past and present are one tensor of the whole capacity. */
static bool wrap_shared(struct timeline *t, struct error *err)
{
	const struct engine *e = t->engine;

	if (t->wrapped == kv_past(&t->cache, 0))
		return true;
	unwrap_caches(t);
	for (size_t i = 0; i < e->layout.slot_count; i++) {
		OrtValue **past = &t->inputs[e->own_inputs + i];
		if (!wrap_cache(t, i, kv_past(&t->cache, i), t->cache.capacity, past, err))
			return false;
		t->outputs[1 + i] = *past;
	}
	t->wrapped = kv_past(&t->cache, 0);
	return true;
}

static bool wrap_packed(struct timeline *t, size_t count, struct error *err)
{
	const struct engine *e = t->engine;
	size_t past = t->cache.length;

	for (size_t i = 0; i < e->layout.slot_count; i++)
		if (!wrap_cache(t, i, kv_past(&t->cache, i), past, &t->inputs[e->own_inputs + i], err) ||
		    !wrap_cache(t, i, kv_present(&t->cache, i), past + count, &t->outputs[1 + i], err))
			return false;
	return true;
}

static bool one_row_of_logits(const struct timeline *t, size_t count)
{
	return count == 1 || t->engine->graph.last_logits;
}

/* Into memory of ours where the shape is known; else ONNX Runtime allocates. */
static bool wrap_logits(struct timeline *t, size_t count, struct error *err)
{
	const struct graph *g = &t->engine->graph;
	int64_t vocabulary = (int64_t)t->engine->info.vocabulary, dims[] = { 1, 1, vocabulary };
	bool half = g->logits_type == ONNX_FLOAT16, flat = g->logits_rank == 2;

	release(t, &t->outputs[0]);
	if (!one_row_of_logits(t, count))
		return true;
	return wrap(t, half ? (void *)t->half_logits : t->logits, (size_t)vocabulary * onnx_type_size(g->logits_type),
		    dims + (flat ? 1 : 0), flat ? 2 : 3, g->logits_type, &t->outputs[0], err);
}

static bool wrap_all(struct timeline *t, size_t count, struct error *err)
{
	for (size_t i = 0; i < t->engine->own_inputs; i++)
		if (!wrap_own_input(t, i, count, err))
			return false;
	return (t->engine->layout.shared ? wrap_shared(t, err) : wrap_packed(t, count, err)) &&
	       wrap_logits(t, count, err);
}

/* ---- Logits ---- */

static bool count_logits(const struct timeline *t, size_t *numbers, struct error *err)
{
	const struct ort *ort = &t->engine->ort;
	OrtTensorTypeAndShapeInfo *info = NULL;

	bool ok = ort_ok(ort, ort->api->GetTensorTypeAndShape(t->outputs[0], &info), "cannot read the logits", err) &&
		  ort_ok(ort, ort->api->GetTensorShapeElementCount(info, numbers), "cannot read the logits", err);
	ort->api->ReleaseTensorTypeAndShapeInfo(info);
	return ok;
}

/* In what ONNX Runtime allocated: a row for every token of the run, or one. */
static bool find_last_row(const struct timeline *t, size_t count, const void **row, struct error *err)
{
	const struct ort *ort = &t->engine->ort;
	size_t vocabulary = t->engine->info.vocabulary, numbers;
	void *data;

	if (!count_logits(t, &numbers, err) ||
	    !ort_ok(ort, ort->api->GetTensorMutableData(t->outputs[0], &data), "cannot read the logits", err))
		return false;
	if (numbers != count * vocabulary && numbers != vocabulary)
		return error_set(err, ERROR_INVALID, "the model gave %zu logits for %zu tokens of a vocabulary of %zu",
			numbers, count, vocabulary);
	*row = (const char *)data + (numbers - vocabulary) * onnx_type_size(t->engine->graph.logits_type);
	return true;
}

static bool take_logits(struct timeline *t, size_t count, struct error *err)
{
	bool half = t->engine->graph.logits_type == ONNX_FLOAT16, copy = !one_row_of_logits(t, count);
	size_t vocabulary = t->engine->info.vocabulary;
	const void *row = t->half_logits;

	if (copy && !find_last_row(t, count, &row, err))
		return false;
	if (half)
		half_to_float(t->logits, row, vocabulary);
	else if (copy)
		memcpy(t->logits, row, vocabulary * sizeof *t->logits);
	if (copy)
		release(t, &t->outputs[0]);
	return true;
}

/* ---- Runs ---- */

/* From whichever thread cancels. */
static void stop_run(void *user)
{
	const struct timeline *t = user;
	OrtStatus *status = t->engine->ort.api->RunOptionsSetTerminate(t->run_options);

	t->engine->ort.api->ReleaseStatus(status);
}

static bool run(struct timeline *t, struct cancel *cancel, struct error *err)
{
	const struct engine *e = t->engine;
	const OrtApi *api = e->ort.api;
	size_t caches = e->layout.slot_count;

	if (!ort_ok(&e->ort, api->RunOptionsUnsetTerminate(t->run_options), "cannot prepare a run", err))
		return false;
	if (cancel)
		cancel_set_wake(cancel, stop_run, t);
	OrtStatus *status = api->Run(e->session, t->run_options, e->input_names, (const OrtValue *const *)t->inputs,
				     e->own_inputs + caches, e->output_names, 1 + caches, t->outputs);
	if (cancel)
		cancel_set_wake(cancel, NULL, NULL);
	if (!status)
		return true;
	if (cancel_fired(cancel)) {
		api->ReleaseStatus(status);
		return error_set(err, ERROR_CANCELLED, "cancelled");
	}
	return ort_ok(&e->ort, status, "the model failed to run", err);
}

static size_t chunk_limit(const struct timeline *t)
{
	const struct graph *g = &t->engine->graph;
	size_t most = LOGITS_MAX_BYTES / (t->engine->info.vocabulary * onnx_type_size(g->logits_type));

	return g->last_logits ? SIZE_MAX : most ? most : 1;
}

static size_t run_length(const struct timeline *t, size_t chunk)
{
	size_t pending = timeline_pending(t), most = chunk_limit(t);

	assert(chunk > 0);
	chunk = chunk < most ? chunk : most;
	return chunk < pending ? chunk : pending;
}

static bool advance_one(struct timeline *t, size_t chunk, struct cancel *cancel, struct error *err)
{
	size_t count = run_length(t, chunk);

	if (cancel_fired(cancel))
		return error_set(err, ERROR_CANCELLED, "cancelled");
	if (count == 0)
		return true;
	if (!kv_reserve(&t->cache, t->cache.length + timeline_pending(t), err))
		return false;
	t->has_logits = false;
	if (!wrap_all(t, count, err) || !run(t, cancel, err) || !take_logits(t, count, err))
		return false;
	kv_advance(&t->cache, count);
	t->has_logits = true;
	return true;
}

static void advance(struct advance *list, size_t count)
{
	for (struct advance *a = list; a < list + count; a++)
		a->ok = advance_one(a->timeline, a->tokens, a->cancel, &a->err);
}

const struct timeline_kind timeline_of_ort = {
	.open = open_timeline, .close = close_timeline, .length = length, .bytes = bytes, .truncate = truncate_to,
	.adopt = adopt, .fork = fork_into, .logits = logits, .advance = advance,
};
