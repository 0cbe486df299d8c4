/*
 * ONNX Runtime, opened when it is needed.
 *
 * The library is found in this order: $SHAMMAH_ONNXRUNTIME (a file; when set,
 * nothing else is tried), the caller's paths, the folder this program is
 * installed to, the one it was built with, and the system's own.  Its log is
 * silenced: what goes wrong comes back as an error.  Any number may be open at
 * once; they share one library and one environment.  After ort_open() the value
 * is read-only and any thread may use it.
 */
#pragma once

#include <onnxruntime_c_api.h>

#include "base/error.h"

struct ort {
	const OrtApi *api;
	OrtEnv *env;
	OrtMemoryInfo *memory;   /* plain memory of the CPU: where tensors of ours live */
	char version[24];
};

/* `paths` ends with NULL, or is NULL for none. */
bool ort_open(struct ort *o, const char *const *paths, struct error *err) must_use;
void ort_done(struct ort *o);

/* True for success; otherwise turns the status into an error that begins with `what`, and releases it. */
bool ort_ok(const struct ort *o, OrtStatus *status, const char *what, struct error *err);
