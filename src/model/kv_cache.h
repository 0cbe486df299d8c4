/*
 * The keys and values of the tokens seen so far: memory and its shapes.
 *
 * Every slot (one layer's keys, or its values) is heads × tokens × dimension
 * numbers.  Two forms:
 *
 * shared  one buffer with room for `capacity` tokens a head; a run reads and
 *         writes it in place.  Nothing moves but when the capacity grows.
 * packed  two buffers; a run reads one, where heads lie `length` tokens apart,
 *         and writes the other, so they change places after each run.
 *
 * Capacity doubles up to the limit; growing copies what is there once.  One
 * thread at a time.
 */
#pragma once

#include "base/mapped.h"

struct kv_layout {
	struct kv_slot {
		size_t heads, dimension;
		size_t offset;     /* bytes of one token of the slots before it */
	} *slots;
	size_t slot_count;
	size_t element;            /* bytes of one number */
	size_t token_bytes;        /* of all slots together */
	size_t limit;              /* tokens, at most */
	bool shared;
};

struct kv_cache {
	const struct kv_layout *layout;
	struct mapped buffers[2];  /* [0] holds the content; [1] only when packed */
	size_t capacity;           /* tokens there is room for */
	size_t length;             /* tokens held */
};

/* Empty; the layout must outlive it. */
void kv_init(struct kv_cache *c, const struct kv_layout *layout);
void kv_done(struct kv_cache *c);

/* Makes room for `tokens` in all, at most the limit; ERROR_UNAVAILABLE when the system has no memory. */
bool kv_reserve(struct kv_cache *c, size_t tokens, struct error *err) must_use;

/* Where a slot's numbers are read, and where the next run writes them. */
void *kv_past(const struct kv_cache *c, size_t slot);
void *kv_present(const struct kv_cache *c, size_t slot);

/* How many tokens apart heads lie in kv_past(). */
size_t kv_stride(const struct kv_cache *c);

/* A run has written `tokens` more, after what was there. */
void kv_advance(struct kv_cache *c, size_t tokens);

/* Keeps the first `length` tokens, length <= c->length. */
void kv_truncate(struct kv_cache *c, size_t length);

/* Makes `to`, which must be empty, hold the first `length` tokens of `from`; both have one layout. */
bool kv_copy(struct kv_cache *to, const struct kv_cache *from, size_t length, struct error *err) must_use;

/* Memory taken; pages never written do not count for the system, but do here. */
size_t kv_bytes(const struct kv_cache *c);
