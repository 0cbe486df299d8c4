/* Calls and results are kept as digests, for results may be large. */
#include "agent/guard.h"

#include "base/mem.h"
#include "base/sha.h"

struct guard_seen {
	char call[SHA_HEX_MAX + 1], result[SHA_HEX_MAX + 1];
	unsigned times;
};

void guard_done(struct guard *g)
{
	free(g->seen);
	*g = (struct guard){0};
}

static struct guard_seen digest(struct str tool, struct str arguments, struct str result)
{
	struct guard_seen s = {0};
	struct sha sha;

	sha_init(&sha, SHA_256);
	sha_feed(&sha, tool);
	sha_feed(&sha, (struct str){ "", 1 });
	sha_feed(&sha, arguments);
	sha_hex(&sha, s.call);
	sha_init(&sha, SHA_256);
	sha_feed(&sha, result);
	sha_hex(&sha, s.result);
	return s;
}

static bool was_called(const struct guard *g, const char *call)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->seen[i].call, call) == 0)
			return true;
	return false;
}

static struct guard_seen *find(struct guard *g, const struct guard_seen *s)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->seen[i].call, s->call) == 0 && strcmp(g->seen[i].result, s->result) == 0)
			return &g->seen[i];
	if (g->count == g->room) {
		g->room = g->room ? 2 * g->room : 16;
		g->seen = mem_resize(g->seen, g->room, sizeof *g->seen);
	}
	g->seen[g->count] = *s;
	return &g->seen[g->count++];
}

unsigned guard_note(struct guard *g, struct str tool, struct str arguments, struct str result, bool changed)
{
	struct guard_seen s = digest(tool, arguments, result);

	if (changed && !was_called(g, s.call))
		g->count = 0;
	return ++find(g, &s)->times;
}
