/*
 * The file's name holds a digest of the tokenizer's path, so that each has one
 * and a newer replaces an older; its head holds size and digest of the
 * tokenizer.json it was made from.  Reading 5 MB to digest them takes a
 * millisecond, and no time stamp can then mislead us.  The file is only ever
 * replaced whole, so a mapping stays what was checked.
 */
#include "text/vocab_cache.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "text/digest.h"
#include "text/vocab_build.h"

void vocab_memory_done(struct vocab_memory *m)
{
	free(m->built);
	mapped_done(&m->file);
	*m = (struct vocab_memory){0};
}

static char *cache_path(const char *path, const char *directory)
{
	char absolute[PATH_MAX];
	const char *name = realpath(path, absolute) ? absolute : path;
	own_mem char *file = mem_printf("tokenizer-%016" PRIx64 ".cache", digest_short(name, strlen(name)));

	return path_join(directory, file);
}

/* False for any reason: then the block is built. */
static bool load_cached(struct vocab *v, struct vocab_memory *m, const char *path, struct str source)
{
	struct error ignored = {0};

	*m = (struct vocab_memory){0};
	if (!mapped_file(&m->file, path, &ignored))
		return false;
	if (vocab_view(v, m->file.data, m->file.len, &ignored) && v->head->source_size == source.n &&
	    v->head->source_digest == digest_long(source.p, source.n))
		return true;
	vocab_memory_done(m);
	return false;
}

static void save(const struct vocab *v, const char *path, const char *directory)
{
	struct error ignored = {0};

	if (path_make(directory, 0700, &ignored))
		(void)!file_write(path, (struct str){ (const char *)v->head, v->head->size }, 0600, &ignored);
}

static bool build(struct vocab *v, struct vocab_memory *m, struct str source, const char *path, struct error *err)
{
	struct vocab_head *head = vocab_build(source, err);

	*m = (struct vocab_memory){ .built = head };
	if (!head)
		return error_prefix(err, "%s", path);
	if (vocab_view(v, head, head->size, err))
		return true;
	vocab_memory_done(m);
	return false;
}

bool vocab_load(
	struct vocab *v, struct vocab_memory *m, const char *path, const char *cache_directory, struct error *err)
{
	size_t size;
	own_mem char *text = file_read(path, VOCAB_FILE_MAX, &size, err);
	own_mem char *cache = cache_directory ? cache_path(path, cache_directory) : NULL;

	if (!text)
		return false;
	struct str source = { text, size };
	if (cache && load_cached(v, m, cache, source))
		return true;
	if (!build(v, m, source, path, err))
		return false;
	if (cache)
		save(v, cache, cache_directory);
	return true;
}
