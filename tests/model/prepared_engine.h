/*
 * Engines of a small prepared model in FOLDER, which the program that includes
 * this defines, and what every way of computing must give: the same bits.
 */
#pragma once

#include "base/mem.h"
#include "kernel/attention.h"
#include "model/timeline.h"
#include "support/prepared_model.h"
#include "support/test.h"

#define PREPARED FOLDER "/prepared"

enum { VOCAB = 640, PAGE_BYTES_PER_TOKEN = 2 * 2 * (16 + 32) * 2 };    /* layers, heads, key and padded value, f16 */

static const struct model_shape shape = { MODEL_TINY, .precision = PRECISION_Q4, .attention = ATTENTION_GQA };

static const char *beginnings;   /* a folder, for engines opened from now on; NULL: none */

static inline struct engine *open_engine(size_t pages, int threads)
{
	struct error err = {0};
	struct prepared_wish wish = prepared_wish_of(&shape);
	const struct engine_options options = {
		.threads = threads, .prepared = PREPARED, .reason = "the test says so",
		.kv_bytes = pages * PAGE_TOKENS * PAGE_BYTES_PER_TOKEN,
		.beginnings = beginnings, .beginnings_limit = 1 << 20,
	};

	assert_ok(model_write(FOLDER, &shape, &err));
	assert_ok(prepared_write_model(PREPARED, &shape, &wish, &err));
	struct engine *e = engine_open(FOLDER, &options, &err);
	if (!e)
		fail_msg("%s", err.text);
	return e;
}

static inline void random_tokens(int32_t *tokens, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tokens[i] = rand() % VOCAB;
}

/* The bits of a sequence's logits, computed token by token by a timeline alone in an engine. */
static inline void known_bits_with(struct adapter *a, const int32_t *tokens, size_t count, float *bits)
{
	struct error err = {0};
	own_engine *e = open_engine(100, 1);
	own_timeline *t = timeline_create(e, &err);

	assert_ok(timeline_set_adapter(t, a, &err));
	assert_ok(timeline_begin(t, tokens, count, &err));
	while (timeline_pending(t))
		assert_ok(timeline_advance(t, 1, NULL, &err));
	memcpy(bits, timeline_logits(t), VOCAB * sizeof *bits);
}

static inline void known_bits(const int32_t *tokens, size_t count, float *bits)
{
	known_bits_with(NULL, tokens, count, bits);
}

static inline void expect_bits(const struct timeline *t, const float *bits)
{
	assert_non_null(timeline_logits(t));
	assert_memory_equal(timeline_logits(t), bits, VOCAB * sizeof *bits);
}

static inline void finish(struct timeline *t, size_t chunk)
{
	struct error err = {0};

	while (timeline_pending(t))
		assert_ok(timeline_advance(t, chunk, NULL, &err));
}
