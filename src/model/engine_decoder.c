/*
 * A prepared file instead of a graph.  Its context is what the model was made
 * for, what is asked for, and what the pages hold, whichever is least: one answer
 * alone never runs out of pages.
 */
#include <stdio.h>

#include "base/mem.h"
#include "kernel/cpu.h"
#include "model/engine_inside.h"
#include "text/digest.h"

#define KV_BYTES_ASSUMED ((size_t)1 << 30)

/* Raised when the same weights give other keys and values. */
#define DECODER_REVISION 1

enum { FLUSH_MS = 2000 };    /* for what is being written at the end; given up then */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static void find_context(struct engine *e, const struct engine_options *options)
{
	size_t pages = page_pool_usage(e->pages).ceiling, context = e->prepared.shape.context;

	if (options->context)
		context = least(context, options->context);
	e->info.context = least(context, pages * PAGE_TOKENS);
}

static const char *attention_text(enum kv_type type)
{
	static const char *const texts[] = {
		[KV_F32] = "paged, 32-bit keys and values", [KV_F16] = "paged, 16-bit keys and values",
		[KV_I8] = "paged, 8-bit keys and values",
	};

	return texts[type];
}

static const char *runtime_text(void)
{
	static const char *const texts[ISA_COUNT] = {
		[ISA_PORTABLE] = "own kernels, portable", [ISA_NEON] = "own kernels, NEON",
		[ISA_AVX2] = "own kernels, AVX2", [ISA_AVX_VNNI] = "own kernels, AVX-VNNI",
		[ISA_AVX512] = "own kernels, AVX-512",
	};

	return texts[kernel_isa()];
}

static void describe(struct engine *e, enum kv_type kv)
{
	const struct decoder_shape *s = &e->prepared.shape;
	struct engine_info *info = &e->info;

	info->prepared = true;
	info->attention = attention_text(kv);
	info->runtime = runtime_text();
	info->vocabulary = s->vocabulary;
	info->layers = s->layers;
	info->kv_heads = s->kv_heads;
	info->head_dimension = s->head_dim;
	info->token_bytes = decoder_page_bytes(e->decoder) / PAGE_TOKENS;
	info->weight_bytes = e->prepared.file.len;
}

/* The description names the weights by their digest; sets of instructions differ in bits. */
static uint64_t model_digest(const struct prepared *p)
{
	uint64_t weights = digest_long(p->description.p, p->description.n) ^ p->file.len;

	return digest_fold(weights, DIGEST_A ^ DECODER_REVISION ^ (uint64_t)kernel_isa() << 32);
}

static void open_beginnings(struct engine *e, enum kv_type kv, const struct engine_options *options)
{
	const struct beginnings_options wishes = {
		.directory = options->beginnings, .model = model_digest(&e->prepared), .type = kv,
		.limit = options->beginnings_limit,
	};

	if (options->beginnings && options->beginnings_limit)
		e->beginnings = beginnings_create(e->pages, &wishes);
}

bool engine_open_decoder(struct engine *e, const struct engine_options *options, struct error *err)
{
	enum kv_type kv = options->small_kv ? KV_I8 : KV_F16;
	struct decoder_options wishes = { .threads = (unsigned)options->threads, .kv = kv };

	e->kind = &timeline_of_pages;
	if (!prepared_open(&e->prepared, options->prepared, err))
		return false;
	e->decoder = decoder_create(&e->prepared.shape, &e->prepared.weights, &wishes, err);
	if (!e->decoder)
		return error_prefix(err, "%s", options->prepared);
	e->pages = page_pool_create(decoder_page_bytes(e->decoder),
		options->kv_bytes ? options->kv_bytes : KV_BYTES_ASSUMED);
	open_beginnings(e, kv, options);
	find_context(e, options);
	describe(e, kv);
	snprintf(e->reason, sizeof e->reason, "%s", options->reason ? options->reason : "it is prepared");
	return true;
}

void engine_close_decoder(struct engine *e)
{
	if (e->beginnings)
		(void)beginnings_flush(e->beginnings, FLUSH_MS);
	beginnings_destroy(take(e->beginnings));
	page_pool_destroy(take(e->pages));
	decoder_destroy(take(e->decoder));
	prepared_done(&e->prepared);
	free(take(e->rows));
}

const struct decoder_shape *engine_shape(const struct engine *e)
{
	return e->decoder ? &e->prepared.shape : NULL;
}

bool engine_keeps(const struct engine *e)
{
	return e->beginnings != NULL;
}

bool engine_complaint(struct engine *e, struct error *err)
{
	if (e->complaint.kind != ERROR_NONE) {
		*err = e->complaint;
		e->complaint = (struct error){0};
		return true;
	}
	return e->beginnings && beginnings_failed(e->beginnings, err);
}

struct engine_memory engine_memory(const struct engine *e)
{
	if (!e->pages)
		return (struct engine_memory){0};
	const struct page_usage u = page_pool_usage(e->pages);
	return (struct engine_memory){
		.used = u.used * u.page_bytes, .cached = u.cached * u.page_bytes, .total = u.ceiling * u.page_bytes,
		.runs = decoder_run_bytes(e->decoder),
	};
}
