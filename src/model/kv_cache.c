#include "model/kv_cache.h"

#include <assert.h>

enum { FIRST_CAPACITY = 256 };

void kv_init(struct kv_cache *c, const struct kv_layout *layout)
{
	*c = (struct kv_cache){ .layout = layout };
}

void kv_done(struct kv_cache *c)
{
	mapped_done(&c->buffers[0]);
	mapped_done(&c->buffers[1]);
	c->capacity = c->length = 0;
}

size_t kv_stride(const struct kv_cache *c)
{
	return c->layout->shared ? c->capacity : c->length;
}

static size_t row_bytes(const struct kv_layout *layout, size_t slot)
{
	return layout->slots[slot].dimension * layout->element;
}

/* Slots lie one after the other, each with room for a full capacity. */
static char *slot_start(const struct kv_cache *c, const struct mapped *buffer, size_t slot)
{
	return buffer->data + c->layout->slots[slot].offset * c->capacity;
}

void *kv_past(const struct kv_cache *c, size_t slot)
{
	return slot_start(c, &c->buffers[0], slot);
}

void *kv_present(const struct kv_cache *c, size_t slot)
{
	return slot_start(c, &c->buffers[c->layout->shared ? 0 : 1], slot);
}

/* Moves the first `length` tokens of every head, to another stride and perhaps another buffer. */
static void move_rows(struct kv_cache *to, size_t to_stride, const struct kv_cache *from, size_t from_stride,
	size_t length)
{
	const struct kv_layout *layout = to->layout;

	for (size_t slot = 0; slot < layout->slot_count; slot++) {
		size_t row = row_bytes(layout, slot);
		char *target = kv_past(to, slot);
		const char *source = kv_past(from, slot);
		for (size_t head = 0; head < layout->slots[slot].heads; head++)
			memmove(target + head * to_stride * row, source + head * from_stride * row, length * row);
	}
}

static size_t grown_capacity(const struct kv_cache *c, size_t tokens)
{
	size_t capacity = c->capacity ? c->capacity : FIRST_CAPACITY;

	while (capacity < tokens)
		capacity *= 2;
	return capacity < c->layout->limit ? capacity : c->layout->limit;
}

static bool allocate(struct kv_cache *c, size_t capacity, struct error *err)
{
	size_t bytes;

	if (__builtin_mul_overflow(c->layout->token_bytes, capacity, &bytes))
		return error_set(err, ERROR_TOO_LARGE, "a context of %zu tokens does not fit into memory", capacity);
	if (!mapped_pages(&c->buffers[0], bytes, err))
		return false;
	if (!c->layout->shared && !mapped_pages(&c->buffers[1], bytes, err)) {
		mapped_done(&c->buffers[0]);
		return false;
	}
	c->capacity = capacity;
	return true;
}

/* Makes the empty `to` hold the first `length` tokens of `from`, with room for `capacity`. */
static bool copy_into(struct kv_cache *to, size_t capacity, const struct kv_cache *from, size_t length,
	struct error *err)
{
	if (!allocate(to, capacity, err))
		return false;
	to->length = length;
	if (length)
		move_rows(to, kv_stride(to), from, kv_stride(from), length);
	return true;
}

bool kv_reserve(struct kv_cache *c, size_t tokens, struct error *err)
{
	struct kv_cache grown = { .layout = c->layout };

	assert(tokens <= c->layout->limit);
	if (tokens <= c->capacity)
		return true;
	if (!copy_into(&grown, grown_capacity(c, tokens), c, c->length, err))
		return false;
	kv_done(c);
	*c = grown;
	return true;
}

bool kv_copy(struct kv_cache *to, const struct kv_cache *from, size_t length, struct error *err)
{
	assert(to->capacity == 0 && to->layout == from->layout && length <= from->length);
	return copy_into(to, grown_capacity(to, length), from, length, err);
}

void kv_advance(struct kv_cache *c, size_t tokens)
{
	c->length += tokens;
	assert(c->length <= c->capacity);
	if (c->layout->shared)
		return;
	struct mapped written = c->buffers[1];
	c->buffers[1] = c->buffers[0];
	c->buffers[0] = written;
}

void kv_truncate(struct kv_cache *c, size_t length)
{
	size_t old_stride = kv_stride(c);

	assert(length <= c->length);
	if (length == c->length)
		return;
	c->length = length;
	if (!c->layout->shared)
		move_rows(c, length, c, old_stride, length);
}

size_t kv_bytes(const struct kv_cache *c)
{
	return c->buffers[0].len + c->buffers[1].len;
}
