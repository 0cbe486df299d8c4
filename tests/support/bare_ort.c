/*
 * The cache is kept in our own buffers, [kv_heads, tokens, head_dim] each, and
 * copied after every run: slow and hard to get wrong.  A shared cache is one
 * buffer that ONNX Runtime reads and writes.
 */
#include "support/bare_ort.h"

#include <dlfcn.h>
#include <onnxruntime_c_api.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/path.h"
#include "support/model/half.h"

#define VALUES_MAX 132        /* inputs or outputs of a run: 64 layers */
#define API_VERSION 21        /* of the header we build with, at most */

struct bare {
	void *library;
	const OrtApi *api;
	OrtEnv *env;
	OrtSession *session;
	OrtMemoryInfo *memory;
	struct model_shape shape;
	size_t element;               /* bytes of one number in the cache and the logits */
	size_t length, shared_length;
	char *cache[VALUES_MAX];      /* key and value of each layer */
};

/* The values of one run. */
struct run {
	OrtValue *values[VALUES_MAX];
	char names[VALUES_MAX][48];
	const char *name_list[VALUES_MAX];
	size_t count;
};

static bool check(struct bare *b, OrtStatus *status, struct error *err)
{
	if (!status)
		return true;
	error_set(err, ERROR_INTERNAL, "%s", b->api->GetErrorMessage(status));
	b->api->ReleaseStatus(status);
	return false;
}

/* As model/ort.c has it: what ONNX Runtime would send, and its thread that would, are not for tests. */
__attribute__((constructor)) static void send_nothing(void)
{
	(void)setenv("ORT_DISABLE_TELEMETRY", "1", 1);
}

bool bare_available(void)
{
	const char *path = getenv("SHAMMAH_ONNXRUNTIME");

	return path && path_is_file(path);
}

static bool open_library(struct bare *b, struct error *err)
{
	const char *path = getenv("SHAMMAH_ONNXRUNTIME");
	const OrtApiBase *(*get_base)(void);

	b->library = dlopen(path ? path : "libonnxruntime.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!b->library)
		return error_set(err, ERROR_NOT_FOUND, "%s", dlerror());
	*(void **)&get_base = dlsym(b->library, "OrtGetApiBase");
	b->api = get_base ? get_base()->GetApi(API_VERSION) : NULL;
	return b->api || error_set(err, ERROR_UNAVAILABLE, "this ONNX Runtime is too old");
}

static bool open_session(struct bare *b, const char *dir, struct error *err)
{
	own_mem char *onnx = path_join(dir, "onnx");
	own_mem char *path = path_join(onnx, model_file_name(b->shape.precision));
	OrtSessionOptions *options = NULL;
	bool ok;

	ok = check(b, b->api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "test", &b->env), err) &&
		check(b, b->api->CreateSessionOptions(&options), err) &&
		check(b, b->api->SetIntraOpNumThreads(options, 1), err) &&
		check(b, b->api->CreateSession(b->env, path, options, &b->session), err) &&
		check(b, b->api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &b->memory), err);
	if (options)
		b->api->ReleaseSessionOptions(options);
	return ok;
}

static size_t cache_bytes(const struct bare *b, size_t tokens)
{
	return b->shape.kv_heads * tokens * b->shape.head_dim * b->element;
}

struct bare *bare_open(const char *dir, const struct model_shape *shape, size_t shared_length, struct error *err)
{
	struct bare *b = mem_zeroed(1, sizeof *b);
	enum precision p = shape->precision;

	b->shape = *shape;
	b->element = p == PRECISION_FLOAT16 || p == PRECISION_Q4F16 ? 2 : 4;
	b->shared_length = shared_length;
	for (size_t i = 0; i < 2 * shape->layers; i++)
		b->cache[i] = mem_zeroed(1, cache_bytes(b, shared_length) + 1);
	if (!open_library(b, err) || !open_session(b, dir, err)) {
		bare_close(b);
		return NULL;
	}
	return b;
}

void bare_close(struct bare *b)
{
	if (!b)
		return;
	if (b->memory)
		b->api->ReleaseMemoryInfo(b->memory);
	if (b->session)
		b->api->ReleaseSession(b->session);
	if (b->env)
		b->api->ReleaseEnv(b->env);
	for (size_t i = 0; i < VALUES_MAX; i++)
		free(b->cache[i]);
	free(b);        /* the library stays: its threads may still be leaving */
}

size_t bare_length(const struct bare *b)
{
	return b->length;
}

static void name_value(struct run *r, const char *fmt, size_t layer, const char *side)
{
	snprintf(r->names[r->count], sizeof *r->names, fmt, layer, side);
	r->name_list[r->count] = r->names[r->count];
	r->count++;
}

static bool add_numbers(struct bare *b, struct run *r, const char *name, int64_t *numbers, size_t n, struct error *err)
{
	int64_t dims[] = { 1, (int64_t)n };

	r->name_list[r->count] = name;
	return check(b, b->api->CreateTensorWithDataAsOrtValue(b->memory, numbers, n * sizeof *numbers, dims, 2,
		ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, &r->values[r->count++]), err);
}

static bool add_cache(struct bare *b, struct run *in, size_t i, struct error *err)
{
	size_t tokens = b->shared_length ? b->shared_length : b->length;
	int64_t dims[] = { 1, (int64_t)b->shape.kv_heads, (int64_t)tokens, (int64_t)b->shape.head_dim };

	name_value(in, "past_key_values.%zu.%s", i / 2, i % 2 ? "value" : "key");
	return check(b, b->api->CreateTensorWithDataAsOrtValue(b->memory, b->cache[i], cache_bytes(b, tokens), dims, 4,
		b->element == 2 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
		&in->values[in->count - 1]), err);
}

/* Inputs in order; outputs are the logits and, where the cache is shared, its own inputs again. */
static bool add_values(struct bare *b, struct run *in, struct run *out, int64_t *ids, int64_t *mask, int64_t *positions,
	size_t n, struct error *err)
{
	if (!add_numbers(b, in, "input_ids", ids, n, err) ||
		!add_numbers(b, in, "attention_mask", mask, b->length + n, err) ||
		(b->shape.position_ids && !add_numbers(b, in, "position_ids", positions, n, err)))
		return false;
	name_value(out, "logits", 0, "");
	for (size_t i = 0; i < 2 * b->shape.layers; i++) {
		if (!add_cache(b, in, i, err))
			return false;
		name_value(out, "present.%zu.%s", i / 2, i % 2 ? "value" : "key");
		if (b->shared_length)
			out->values[out->count - 1] = in->values[in->count - 1];
	}
	return true;
}

static bool read_logits(struct bare *b, OrtValue *value, size_t n, float *logits, struct error *err)
{
	size_t count = (b->shape.last_logits ? 1 : n) * b->shape.vocab;
	void *data;

	if (!check(b, b->api->GetTensorMutableData(value, &data), err))
		return false;
	for (size_t i = 0; i < count; i++)
		logits[i] = b->element == 2 ? half_to(((uint16_t *)data)[i]) : ((float *)data)[i];
	return true;
}

static bool keep_cache(struct bare *b, struct run *out, struct error *err)
{
	for (size_t i = 0; i < 2 * b->shape.layers && !b->shared_length; i++) {
		void *data;

		if (!check(b, b->api->GetTensorMutableData(out->values[1 + i], &data), err))
			return false;
		free(b->cache[i]);
		b->cache[i] = mem_alloc(cache_bytes(b, b->length));
		memcpy(b->cache[i], data, cache_bytes(b, b->length));
	}
	return true;
}

static void release(struct bare *b, struct run *r, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (r->values[i])
			b->api->ReleaseValue(r->values[i]);
}

bool bare_run(struct bare *b, const int64_t *ids, size_t n, float *logits, struct error *err)
{
	own_mem int64_t *numbers = mem_zeroed(2 * n + b->length + n, sizeof *numbers);
	int64_t *positions = numbers + n, *mask = positions + n;
	struct run in = { 0 }, out = { 0 };
	bool ok;

	memcpy(numbers, ids, n * sizeof *ids);
	for (size_t i = 0; i < n; i++)
		positions[i] = (int64_t)(b->length + i);
	for (size_t i = 0; i < b->length + n; i++)
		mask[i] = 1;
	ok = add_values(b, &in, &out, numbers, mask, positions, n, err) &&
		check(b, b->api->Run(b->session, NULL, in.name_list, (const OrtValue *const *)in.values, in.count,
			out.name_list, out.count, out.values), err) &&
		read_logits(b, out.values[0], n, logits, err);
	if (ok) {
		b->length += n;
		ok = keep_cache(b, &out, err);
	}
	release(b, &in, in.count);
	release(b, &out, b->shared_length ? 1 : out.count);
	return ok;
}

void bare_truncate(struct bare *b, size_t length)
{
	size_t row = b->shape.head_dim * b->element, old = b->length;

	b->length = length;
	if (b->shared_length)
		return;
	for (size_t i = 0; i < 2 * b->shape.layers; i++)
		for (size_t head = 0; head < b->shape.kv_heads; head++)
			memmove(b->cache[i] + head * length * row, b->cache[i] + head * old * row, length * row);
}
