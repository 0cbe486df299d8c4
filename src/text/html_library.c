/* LIBXML2_FILE is the library's file name on this system (src/text/meson.build). */
#include "text/html_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#include "base/symbols.h"

static struct {
	pthread_once_t once;
	struct html_library functions;
	struct error problem;
} library = { .once = PTHREAD_ONCE_INIT };

static const struct symbol_slot slots[] = {
#define HTML_SLOT(name) { #name, offsetof(struct html_library, name) },
	HTML_FUNCTIONS(HTML_SLOT)
#undef HTML_SLOT
};

static bool open_library(struct html_library *functions, struct error *err)
{
	void *handle = dlopen(LIBXML2_FILE, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return error_set(
			err, ERROR_NOT_FOUND, "no HTML without libxml2: %s (Debian: apt install libxml2)", dlerror());
	const char *missing = symbols_find(handle, slots, countof(slots), functions);
	if (missing)
		return error_set(err, ERROR_INTERNAL, "%s has no %s: install libxml2 2.9 or newer", LIBXML2_FILE,
			missing);
	functions->xmlInitParser();
	return true;
}

static void open_once(void)
{
	(void)open_library(&library.functions, &library.problem);
}

const struct html_library *html_library(struct error *err)
{
	pthread_once(&library.once, open_once);
	if (library.problem.kind == ERROR_NONE)
		return &library.functions;
	*err = library.problem;
	return NULL;
}
