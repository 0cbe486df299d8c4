/*
 * Every place is entered into a table by the hash of the three tokens before it,
 * the newest first, older ones of the same hash chained behind.  A look-up walks
 * a few of them and takes the one with most tokens in common before.  When there
 * is none, guesses go on behind the last ones, past the token that was wrong: in an edit
 * one token is often replaced by another.
 */
#include "model/guess.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

enum {
	GRAM = 3,              /* tokens that must agree */
	LOOKS = 8,             /* earlier places compared */
	AGREE_MAX = 32,        /* tokens compared at each */
	FIRST = 3,             /* guesses to begin with */
	PAUSE_FIRST = 4,       /* runs without a guess after a failure; doubles with each */
	PAUSE_MAX = 64,
};

struct guesser {
	int32_t *tokens;
	size_t count, room;
	uint32_t *earlier;         /* of a place: the one before with its hash, 0: none; as many as tokens */
	uint32_t *newest;          /* by hash; 0: none */
	size_t slots;              /* a power of two */
	size_t place;              /* where the last guesses came from */
	size_t next;               /* where they would go on, if they were judged good; 0: nowhere */
	size_t width;              /* guesses at once, at the moment */
	size_t pause, next_pause;  /* runs still to wait; after the next failure */
};

struct guesser *guesser_create(void)
{
	struct guesser *g = mem_zeroed(1, sizeof *g);

	g->width = FIRST;
	g->next_pause = PAUSE_FIRST;
	return g;
}

void guesser_destroy(struct guesser *g)
{
	if (!g)
		return;
	free(g->tokens);
	free(g->earlier);
	free(g->newest);
	free(g);
}

/* Of the tokens before a place. */
static size_t slot_of(const struct guesser *g, size_t place)
{
	uint64_t hash = 0;

	for (size_t i = place - GRAM; i < place; i++)
		hash = (hash ^ (uint32_t)g->tokens[i]) * 0x9E3779B97F4A7C15u;
	return (size_t)(hash >> 32) & (g->slots - 1);
}

/* A place is what follows its tokens: known, or the sequence's end, which is not entered. */
static void enter(struct guesser *g, size_t place)
{
	if (place < GRAM)
		return;
	uint32_t *newest = &g->newest[slot_of(g, place)];
	g->earlier[place] = *newest;
	*newest = (uint32_t)place;
}

static void grow(struct guesser *g, size_t count)
{
	g->room = count < 512 ? 1024 : 2 * count;
	g->tokens = mem_resize(g->tokens, g->room, sizeof *g->tokens);
	g->earlier = mem_resize(g->earlier, g->room, sizeof *g->earlier);
	free(g->newest);
	for (g->slots = 1024; g->slots < g->room; g->slots *= 2)
		;
	g->newest = mem_zeroed(g->slots, sizeof *g->newest);
	for (size_t i = 0; i < g->count; i++)
		enter(g, i);
}

void guesser_add(struct guesser *g, const int32_t *tokens, size_t count)
{
	size_t old = g->count;

	if (count == 0)
		return;
	if (old + count > g->room)
		grow(g, old + count);
	memcpy(g->tokens + old, tokens, count * sizeof *tokens);
	g->count += count;
	for (size_t i = old; i < g->count; i++)
		enter(g, i);
}

/* How many tokens before the place are those at the sequence's end. */
static size_t agreement(const struct guesser *g, size_t place)
{
	size_t n = 0;

	while (n < AGREE_MAX && n < place && g->tokens[place - 1 - n] == g->tokens[g->count - 1 - n])
		n++;
	return n;
}

/* The place to copy from, 0: none. */
static size_t find_place(const struct guesser *g)
{
	size_t best = 0, most = GRAM - 1;

	if (g->count < GRAM + 1)
		return 0;
	size_t place = g->newest[slot_of(g, g->count)];
	for (size_t i = 0; place && i < LOOKS; i++, place = g->earlier[place]) {
		size_t n = agreement(g, place);
		if (n > most) {
			most = n;
			best = place;
		}
	}
	return best;
}

size_t guesser_propose(struct guesser *g, int32_t *out, size_t most)
{
	size_t place, next = g->next;

	g->next = 0;
	if (g->pause) {
		g->pause--;
		return 0;
	}
	if (most > g->width)
		most = g->width;
	if (most == 0)
		return 0;
	place = find_place(g);
	if (!place)
		place = next;
	if (!place)
		return 0;
	g->place = place;
	for (size_t i = 0; i < most; i++)
		out[i] = place + i < g->count ? g->tokens[place + i] : out[place + i - g->count];
	return most;
}

void guesser_judge(struct guesser *g, size_t proposed, size_t right)
{
	g->next = right ? g->place + right + 1 : 0;
	if (right == proposed && right >= g->width)
		g->width = 2 * g->width < GUESSES_MAX ? 2 * g->width : GUESSES_MAX;
	else if (3 * right < proposed)
		g->width = 2;
	else if (right < proposed)
		g->width = right + 1;
	if (right) {
		g->next_pause = PAUSE_FIRST;
		return;
	}
	g->pause = g->next_pause;
	g->next_pause = 2 * g->next_pause < PAUSE_MAX ? 2 * g->next_pause : PAUSE_MAX;
}
