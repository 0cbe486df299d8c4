/* ONNX files: read as a graph, recognised as a decoder where possible, the weights' ends looked at. */
#include <stdlib.h>

#include "base/mem.h"
#include "prepare/recognise.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void read_ends(const struct source *s, size_t first, size_t outputs)
{
	own_mem float *row = mem_alloc(s->inputs * sizeof *row), *scales = mem_alloc(s->inputs * sizeof *scales);
	own_mem int8_t *levels = mem_alloc(s->inputs);

	must(outputs > 0 && first + outputs <= s->outputs);
	source_read(s, first, 1, row);
	source_read(s, first + outputs - 1, 1, row);
	(void)!source_levels(s, WEIGHTS_I8, first + outputs - 1, 1, levels, scales);
}

static void read_layer(const struct found_layer *l)
{
	const struct product *all[] = { &l->q, &l->k, &l->v, &l->o, &l->gate, &l->up, &l->down };

	for (size_t i = 0; i < countof(all); i++)
		read_ends(&all[i]->weights, all[i]->first, all[i]->outputs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct error err = {0};
	own_onnx scan = {0};
	own_graph caches = {0};
	own_found f = {0};

	if (!onnx_graph_read(&f.graph, bytes, NULL, &err)) {
		must(err.kind == ERROR_INVALID);
		return 0;
	}
	if (!onnx_scan(&scan, bytes, &err) || !graph_understand(&caches, &scan, &err))
		return 0;
	if (!recognise(&f, &caches, &err)) {
		must(err.kind == ERROR_INVALID && err.text[0]);
		return 0;
	}
	for (size_t i = 0; i < f.shape.layers; i++)
		read_layer(&f.layers[i]);
	read_ends(&f.embedding, 0, f.embedding.outputs);
	read_ends(&f.head.weights, f.head.first, f.head.outputs);
	return 0;
}
