/*
 * Where a tokenizer's block comes from: its cache file, or tokenizer.json.
 */
#pragma once

#include "base/mapped.h"
#include "text/vocab.h"

/* Memory that a block lies in; the vocab's own pointers go there. */
struct vocab_memory {
	void *built;              /* to be freed; NULL when the block lies in the file */
	struct mapped file;
};

void vocab_memory_done(struct vocab_memory *m);

/*
 * Loads the tokenizer at `path`.  With a cache directory (which may not exist
 * yet) the block is taken from there when it was made from these very bytes, and
 * put there otherwise; a cache that cannot be written is done without.
 */
bool vocab_load(struct vocab *v, struct vocab_memory *m, const char *path, const char *cache_directory,
	struct error *err) must_use;
