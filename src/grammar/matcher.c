#include "grammar/matcher.h"

#include <assert.h>

#include "base/mem.h"

struct matcher {
	struct masks *masks;
	struct run run;
	int32_t *ends;
	size_t end_count, bits;
	struct set here;               /* behind what was accepted; the run's only places between two calls */
	uint32_t *allowed;             /* of the places below */
	struct place *places;
	uint32_t place_count, place_room;
	bool known;                    /* allowed is made */
};

struct matcher *matcher_create(struct masks *masks, const int32_t *ends, size_t end_count, size_t bits)
{
	struct matcher *m = mem_zeroed(1, sizeof *m);

	assert(bits >= masks->vocabulary->size);
	m->masks = masks;
	m->ends = mem_zeroed(end_count + 1, sizeof *m->ends);
	memcpy(m->ends, ends, end_count * sizeof *ends);
	m->end_count = end_count;
	m->bits = bits;
	m->allowed = mem_zeroed((bits + 31) / 32, sizeof *m->allowed);
	run_init(&m->run, masks->machine);
	m->here = run_begin(&m->run);
	return m;
}

void matcher_destroy(struct matcher *m)
{
	if (!m)
		return;
	run_done(&m->run);
	free(m->ends);
	free(m->allowed);
	free(m->places);
	free(m);
}

/* ---- Tokens that may come ---- */

/* Whether `allowed` was made for these very places. */
static bool is_known(const struct matcher *m, struct set at)
{
	uint32_t count = at.to - at.from;

	return m->known && count == m->place_count &&
		(!count || memcmp(m->places, m->run.places + at.from, count * sizeof *m->places) == 0);
}

static void note_places(struct matcher *m, struct set at)
{
	m->place_count = at.to - at.from;
	if (m->place_count > m->place_room) {
		m->place_room = 2 * m->place_count;
		m->places = mem_resize(m->places, m->place_room, sizeof *m->places);
	}
	if (m->place_count)
		memcpy(m->places, m->run.places + at.from, m->place_count * sizeof *m->places);
	m->known = true;
}

const uint32_t *matcher_allowed(struct matcher *m)
{
	struct set at = m->here;

	if (is_known(m, at))
		return m->allowed;
	memset(m->allowed, 0, (m->bits + 31) / 32 * sizeof *m->allowed);
	for (uint32_t i = at.from; i < at.to; i++)
		masks_add(m->masks, &m->run, i, m->allowed);
	for (size_t i = 0; run_is_complete(&m->run, at) && i < m->end_count; i++)
		m->allowed[m->ends[i] / 32] |= 1u << m->ends[i] % 32;
	note_places(m, at);
	return m->allowed;
}

/* ---- Going on ---- */

static bool is_end(const struct matcher *m, int32_t token)
{
	for (size_t i = 0; i < m->end_count; i++)
		if (m->ends[i] == token)
			return true;
	return false;
}

/* The way to a set is forgotten: it goes to the beginning. */
static void keep_set(struct matcher *m, struct set set)
{
	uint32_t count = set.to - set.from;

	memmove(m->run.places, m->run.places + set.from, count * sizeof *m->run.places);
	m->run.count = count;
	m->here = (struct set){ 0, count };
}

bool matcher_accept_text(struct matcher *m, struct str text)
{
	struct run_mark mark = run_mark(&m->run);
	struct set at = m->here;

	for (size_t i = 0; i < text.n && at.to > at.from; i++)
		at = run_byte(&m->run, at, (uint8_t)text.p[i]);
	if (at.to == at.from) {
		run_cut(&m->run, mark);
		return false;
	}
	keep_set(m, at);
	return true;
}

static bool accept_control(struct matcher *m, int32_t token)
{
	struct run_mark mark = run_mark(&m->run);
	struct set at = run_token(&m->run, m->here, token);

	if (at.to == at.from) {
		run_cut(&m->run, mark);
		return false;
	}
	keep_set(m, at);
	return true;
}

bool matcher_accept(struct matcher *m, int32_t token)
{
	const struct tokenizer *t = m->masks->vocabulary->tokenizer;
	struct str bytes = tokenizer_bytes(t, token);

	if (is_end(m, token) && matcher_is_complete(m)) {
		keep_set(m, (struct set){0});
		return true;
	}
	if (tokenizer_is_control(t, token))
		return accept_control(m, token);
	return bytes.n && bytes.n <= TRIE_DEPTH_MAX && matcher_accept_text(m, bytes);
}

bool matcher_is_complete(const struct matcher *m)
{
	return run_is_complete(&m->run, m->here);
}

bool matcher_must_end(const struct matcher *m)
{
	struct set at = m->here;

	return at.to - at.from == 1 && run_is_complete(&m->run, at);
}

/* ---- What has to come ---- */

/* The only byte that a place takes; -1: it has a choice. */
static int only_byte(const struct matcher *m, const struct place *p)
{
	const struct machine *g = m->run.machine;
	const struct state *s = p->state == RUN_END ? NULL : &g->states[p->state];
	const struct link *l = s && s->count == 1 && !s->string ? &g->links[s->first] : NULL;

	return l && l->kind == LINK_BYTES && l->lo == l->hi ? l->lo : -1;
}

size_t matcher_forced(struct matcher *m, char *text, size_t most)
{
	struct run_mark mark = run_mark(&m->run);
	struct set at = m->here;
	size_t n = 0;

	for (; n < most && at.to > at.from; n++) {
		int byte = only_byte(m, &m->run.places[at.from]);
		for (uint32_t i = at.from; i < at.to; i++)
			if (only_byte(m, &m->run.places[i]) != byte)
				byte = -1;
		if (byte < 0)
			break;
		text[n] = (char)byte;
		at = run_byte(&m->run, at, (uint8_t)byte);
	}
	run_cut(&m->run, mark);
	return n;
}
