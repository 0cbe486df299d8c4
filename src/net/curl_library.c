/*
 * LIBCURL_FILE is the library's file name on this system (src/net/meson.build).
 * curl_global_init() always initialises TLS (its flags have had no say in that
 * since 7.57); it takes half a millisecond, once.
 */
#include "net/curl_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#include "base/symbols.h"

#define OLDEST 0x075500   /* 7.85: CURLOPT_PROTOCOLS_STR */

static struct {
	pthread_once_t once;
	struct curl_library functions;
	struct error problem;
} library = { .once = PTHREAD_ONCE_INIT };

static const struct symbol_slot slots[] = {
#define CURL_SLOT(name) { "curl_" #name, offsetof(struct curl_library, name) },
	CURL_FUNCTIONS(CURL_SLOT)
#undef CURL_SLOT
};

static bool open_library(struct curl_library *functions, struct error *err)
{
	void *handle = dlopen(LIBCURL_FILE, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return error_set(
			err, ERROR_NOT_FOUND, "no HTTP without libcurl: %s (Debian: apt install libcurl4)", dlerror());
	const char *missing = symbols_find(handle, slots, countof(slots), functions);
	if (missing)
		return error_set(err, ERROR_INTERNAL, "%s is too old: it has no %s", LIBCURL_FILE, missing);

	const curl_version_info_data *version = functions->version_info(CURLVERSION_NOW);
	if (version->version_num < OLDEST)
		return error_set(
			err, ERROR_INTERNAL, "libcurl %s is too old: 7.85 or newer is needed", version->version);
	if (functions->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, ERROR_INTERNAL, "libcurl cannot be initialised");
	return true;
}

static void open_once(void)
{
	(void)open_library(&library.functions, &library.problem);
}

const struct curl_library *curl_library(struct error *err)
{
	pthread_once(&library.once, open_once);
	if (library.problem.kind == ERROR_NONE)
		return &library.functions;
	*err = library.problem;
	return NULL;
}
