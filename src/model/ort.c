/*
 * ORT has one exported symbol, OrtGetApiBase; everything else is a table of
 * function pointers by API version.  The library is never unloaded: its threads
 * and thread-local destructors outlive the last handle.
 *
 * Since 1.30 its builds for Linux, too, gather what they are used for, send it to
 * their makers and write a number for this device into the user's cache, from
 * CreateEnv() on, which is before DisableTelemetryEvents() can be called.  They
 * look at one variable first, which is set before main() begins: later, other
 * threads may be reading the environment.
 */
#include "model/ort.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define HOW "run scripts/setup, or set SHAMMAH_ONNXRUNTIME to the library's file"

static const char *const usual_paths[] = {
#ifdef ORT_INSTALLED
	ORT_INSTALLED,
#endif
#ifdef ORT_BUILT
	ORT_BUILT,
#endif
#ifdef __APPLE__
	"libonnxruntime.dylib",
	"/opt/homebrew/lib/libonnxruntime.dylib",
#else
	"libonnxruntime.so.1",
	"libonnxruntime.so",
#endif
	NULL
};

__attribute__((constructor)) static void send_nothing(void)
{
	(void)setenv("ORT_DISABLE_TELEMETRY", "1", 1);
}

static void silence(void *user, OrtLoggingLevel level, const char *category, const char *id, const char *where,
		    const char *message)
{
	(void)user, (void)level, (void)category, (void)id, (void)where, (void)message;
}

bool ort_ok(const struct ort *o, OrtStatus *status, const char *what, struct error *err)
{
	static const enum error_kind kinds[] = {
		[ORT_INVALID_ARGUMENT] = ERROR_INVALID,
		[ORT_NO_SUCHFILE] = ERROR_NOT_FOUND,
		[ORT_NO_MODEL] = ERROR_INVALID,
		[ORT_INVALID_PROTOBUF] = ERROR_INVALID,
		[ORT_NOT_IMPLEMENTED] = ERROR_INVALID,
		[ORT_INVALID_GRAPH] = ERROR_INVALID,
	};

	if (!status)
		return true;
	OrtErrorCode code = o->api->GetErrorCode(status);
	enum error_kind kind = code < countof(kinds) && kinds[code] ? kinds[code] : ERROR_INTERNAL;
	error_set(err, kind, "%s: %s", what, o->api->GetErrorMessage(status));
	o->api->ReleaseStatus(status);
	return false;
}

/* Asking an old library for a newer table makes it write to standard error; its version says as much. */
static bool new_enough(const char *version)
{
	unsigned major, minor;

	return sscanf(version, "%u.%u", &major, &minor) == 2 && (major > 1 || minor >= ORT_API_VERSION);
}

static const OrtApi *find_table(struct ort *o, void *library, const char *path, struct error *err)
{
	const OrtApiBase *(*base)(void);

	*(void **)&base = dlsym(library, "OrtGetApiBase");
	if (!base) {
		error_set(err, ERROR_INVALID, "%s is not ONNX Runtime; " HOW, path);
		return NULL;
	}
	const char *version = base()->GetVersionString();
	const OrtApi *api = new_enough(version) ? base()->GetApi(ORT_API_VERSION) : NULL;
	if (!api) {
		error_set(err, ERROR_INVALID, "ONNX Runtime %s at %s is too old, 1.%d or newer is needed; " HOW,
			  version, path, ORT_API_VERSION);
		return NULL;
	}
	snprintf(o->version, sizeof o->version, "%s", version);
	return api;
}

static bool try_path(struct ort *o, const char *path, struct error *err)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!library)
		return error_set(err, ERROR_NOT_FOUND, "cannot open ONNX Runtime (%s); " HOW, dlerror());
	o->api = find_table(o, library, path, err);
	(void)dlclose(library);
	return o->api;
}

/* The first that serves.  Failing that, what was wrong with a library that is there says more than one that is not. */
static bool try_paths(struct ort *o, const char *const *paths, struct error *err)
{
	for (; paths && *paths; paths++) {
		struct error reason = {0};
		if (try_path(o, *paths, &reason))
			return true;
		if (err->kind == ERROR_NONE || err->kind == ERROR_NOT_FOUND)
			*err = reason;
	}
	return false;
}

static bool find_library(struct ort *o, const char *const *paths, struct error *err)
{
	const char *wanted = getenv("SHAMMAH_ONNXRUNTIME");
	struct error reason = {0};

	if (wanted && *wanted)
		return try_path(o, wanted, err);
	if (try_paths(o, paths, &reason) || try_paths(o, usual_paths, &reason))
		return true;
	*err = reason;
	return false;
}

bool ort_open(struct ort *o, const char *const *paths, struct error *err)
{
	*o = (struct ort){0};
	if (!find_library(o, paths, err))
		return false;

	const OrtApi *api = o->api;
	if (ort_ok(o, api->CreateEnvWithCustomLogger(silence, NULL, ORT_LOGGING_LEVEL_FATAL, "shammah", &o->env),
		   "cannot start ONNX Runtime", err) &&
	    ort_ok(o, api->DisableTelemetryEvents(o->env), "cannot turn off ONNX Runtime's telemetry", err) &&
	    ort_ok(o, api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &o->memory),
		   "cannot describe memory to ONNX Runtime", err))
		return true;
	ort_done(o);
	return false;
}

void ort_done(struct ort *o)
{
	if (o->api) {
		o->api->ReleaseMemoryInfo(o->memory);
		o->api->ReleaseEnv(o->env);
	}
	*o = (struct ort){0};
}
