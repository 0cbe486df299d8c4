#include "text/tokens.h"

#include <string.h>

#include "base/mem.h"

void tokens_done(struct tokens *t)
{
	free(t->ids);
	*t = (struct tokens)TOKENS_INIT(t->max);
}

bool tokens_add(struct tokens *t, const int32_t *ids, size_t n, struct error *err)
{
	if (n > t->max - t->count)
		return error_set(err, ERROR_TOO_LARGE, "the text is over %zu tokens", t->max);
	if (n > t->cap - t->count) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		while (cap < t->count + n)
			cap *= 2;
		t->ids = mem_resize(t->ids, cap, sizeof *t->ids);
		t->cap = cap;
	}
	memcpy(t->ids + t->count, ids, n * sizeof *ids);
	t->count += n;
	return true;
}
