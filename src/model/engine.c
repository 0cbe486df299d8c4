#include "model/engine.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/processors.h"
#include "model/engine_inside.h"

enum { THREADS_MAX = 256 };

/* A team that spins on fewer processors than it has members would be slow. */
static int processors(void)
{
	unsigned count = processors_usable("");

	return count > THREADS_MAX ? THREADS_MAX : (int)count;
}

static void describe(struct engine *e)
{
	const struct model_files *f = &e->files;
	struct engine_info *info = &e->info;

	info->name = f->name;
	info->type = f->type;
	info->precision = f->precision;
	info->reason = e->reason;
	info->end_tokens = f->end_tokens;
	info->end_token_count = f->end_token_count;
	info->sampling = f->sampling;
}

/* The prepared file where there is one that can be used; else the reason why not is kept, and the original opened. */
static bool open_kind(struct engine *e, const struct engine_options *options, struct error *err)
{
	struct error failure = {0};

	if (options->prepared && engine_open_decoder(e, options, &failure))
		return true;
	if (options->prepared)
		engine_close_decoder(e);
	snprintf(e->reason, sizeof e->reason, "%s",
		options->prepared ? failure.text : options->reason ? options->reason : "there is no prepared file");
	return engine_open_ort(e, options, err);
}

static bool open_all(struct engine *e, const char *folder, const struct engine_options *options, struct error *err)
{
	struct engine_options stated = *options;

	if (options->threads <= 0 || options->threads > THREADS_MAX)
		stated.threads = processors();
	if (!model_files_find(&e->files, folder, options->precision, err) || !open_kind(e, &stated, err))
		return false;
	describe(e);
	return true;
}

struct engine *engine_open(const char *folder, const struct engine_options *options, struct error *err)
{
	own_engine *e = mem_zeroed(1, sizeof *e);

	atomic_init(&e->references, 1);
	return open_all(e, folder, options, err) ? take(e) : NULL;
}

struct engine *engine_share(struct engine *e)
{
	atomic_fetch_add(&e->references, 1);
	return e;
}

void engine_release(struct engine *e)
{
	if (!e || atomic_fetch_sub(&e->references, 1) > 1)
		return;
	engine_close_decoder(e);
	engine_close_ort(e);
	model_files_done(&e->files);
	free(e);
}

const struct engine_info *engine_info(const struct engine *e)
{
	return &e->info;
}

bool engine_is_end(const struct engine *e, int32_t token)
{
	for (size_t i = 0; i < e->info.end_token_count; i++)
		if (e->info.end_tokens[i] == token)
			return true;
	return false;
}
