/*
 * Each stop string has a Knuth-Morris-Pratt automaton, whose state is how many of
 * its bytes the text ends with; the longest state is what must be held back.  Of
 * stop strings that end at the same byte the longest wins.
 */
#include "model/stopper.h"

#include "base/mem.h"

struct pattern {
	char *text;
	size_t len, state;
	size_t *fallback;     /* [i]: longest proper prefix of text that is a suffix of text[0..i] */
};

struct stopper {
	struct pattern patterns[STOP_MAX];
	size_t count;
	char *text;           /* held back, then the newest piece */
	size_t len, room;
	size_t passed;        /* of text, by the last call */
};

static void prepare(struct pattern *p, struct str stop)
{
	*p = (struct pattern){ .text = mem_strndup(stop.p, stop.n), .len = stop.n };
	p->fallback = mem_zeroed(stop.n, sizeof *p->fallback);
	for (size_t i = 1, k = 0; i < stop.n; i++) {
		while (k && p->text[i] != p->text[k])
			k = p->fallback[k - 1];
		if (p->text[i] == p->text[k])
			k++;
		p->fallback[i] = k;
	}
}

struct stopper *stopper_create(const struct str *stops, size_t count)
{
	struct stopper *s = mem_zeroed(1, sizeof *s);

	for (size_t i = 0; i < count && s->count < STOP_MAX; i++)
		if (stops[i].n)
			prepare(&s->patterns[s->count++], stops[i]);
	return s;
}

void stopper_destroy(struct stopper *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->patterns[i].text);
		free(s->patterns[i].fallback);
	}
	free(s->text);
	free(s);
}

static bool step(struct pattern *p, char c)
{
	while (p->state && p->text[p->state] != c)
		p->state = p->fallback[p->state - 1];
	if (p->text[p->state] == c)
		p->state++;
	return p->state == p->len;
}

/* The length of the longest stop string that this byte completes, else 0. */
static size_t step_all(struct stopper *s, char c)
{
	size_t longest = 0;

	for (size_t i = 0; i < s->count; i++)
		if (step(&s->patterns[i], c) && s->patterns[i].len > longest)
			longest = s->patterns[i].len;
	return longest;
}

static size_t longest_state(const struct stopper *s)
{
	size_t longest = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->patterns[i].state > longest)
			longest = s->patterns[i].state;
	return longest;
}

static void add(struct stopper *s, struct str piece)
{
	s->len -= s->passed;
	if (s->len)
		memmove(s->text, s->text + s->passed, s->len);
	s->passed = 0;
	if (s->len + piece.n > s->room) {
		s->room = 2 * (s->len + piece.n);
		s->text = mem_resize(s->text, s->room, 1);
	}
	if (piece.n)
		memcpy(s->text + s->len, piece.p, piece.n);
	s->len += piece.n;
}

bool stopper_feed(struct stopper *s, struct str piece, struct str *out)
{
	size_t held = s->len - s->passed, stop = 0;

	add(s, piece);
	for (size_t i = held; i < s->len && !stop; i++) {
		stop = step_all(s, s->text[i]);
		if (stop)
			s->len = i + 1;
	}
	s->passed = s->len - (stop ? stop : longest_state(s));
	*out = (struct str){ s->text, s->passed };
	if (stop)
		s->len = s->passed;   /* the stop string itself is nobody's */
	return stop;
}

struct str stopper_end(struct stopper *s)
{
	struct str rest = { s->text + s->passed, s->len - s->passed };

	s->len = s->passed = 0;
	return rest;
}
