/* The version of the header is the version that is opened: its structs differ between versions. */
#include "store/git_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#include "base/symbols.h"

#ifdef __APPLE__
#define LIBRARY_FILE "libgit2." LIBGIT2_SOVERSION ".dylib"
#else
#define LIBRARY_FILE "libgit2.so." LIBGIT2_SOVERSION
#endif

static struct {
	pthread_once_t once;
	struct git_library functions;
	struct error problem;
} library = { .once = PTHREAD_ONCE_INIT };

static const struct symbol_slot slots[] = {
#define GIT_SLOT(name) { #name, offsetof(struct git_library, name) },
	GIT_FUNCTIONS(GIT_SLOT)
#undef GIT_SLOT
};

static bool open_library(struct git_library *functions, struct error *err)
{
	void *handle = dlopen(LIBRARY_FILE, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return error_set(err, ERROR_NOT_FOUND, "no look into git repositories without libgit2: %s "
			"(Debian: apt install libgit2-1.5)", dlerror());
	const char *missing = symbols_find(handle, slots, countof(slots), functions);
	if (missing)
		return error_set(err, ERROR_INTERNAL, "%s has no %s", LIBRARY_FILE, missing);
	return functions->git_libgit2_init() >= 0 || error_set(err, ERROR_INTERNAL, "%s does not start", LIBRARY_FILE);
}

static void open_once(void)
{
	(void)open_library(&library.functions, &library.problem);
}

const struct git_library *git_library(struct error *err)
{
	pthread_once(&library.once, open_once);
	if (library.problem.kind == ERROR_NONE)
		return &library.functions;
	*err = library.problem;
	return NULL;
}
