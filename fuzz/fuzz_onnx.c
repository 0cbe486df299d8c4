/* ONNX files: scanned, and understood as a decoder where possible. */
#include <stdlib.h>

#include "model/graph.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool inside(const char *path)
{
	return *path && *path != '/' && strncmp(path, "../", 3) != 0 && !strstr(path, "/../") &&
	       strcmp(path, "..") != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	own_onnx o = {0};
	own_graph g = {0};

	if (!onnx_scan(&o, (struct str){ (const char *)data, size }, &err)) {
		must(err.kind == ERROR_INVALID);
		return 0;
	}
	for (size_t i = 0; i < o.external_count; i++)
		must(inside(o.externals[i].path));
	if (!graph_understand(&g, &o, &err))
		return 0;
	for (size_t i = 0; i < g.cache_count; i++)
		must(g.caches[i].past && g.caches[i].present && g.caches[i].heads && g.caches[i].dimension);
	return 0;
}
