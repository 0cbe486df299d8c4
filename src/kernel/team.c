/*
 * Two numbers that only grow.  `round` counts team_run()s: a helper waits for
 * the next one.  `turn` counts barriers passed: the last to arrive raises it,
 * the others wait for that; the end of a run is a barrier too.
 *
 * Waiting is spinning up to a budget of the member's own, then sleeping
 * (park.h).  A wait that had to sleep halves the budget, one that did not
 * doubles it: where processors are free, nobody sleeps within a run; where they
 * are not, spinning gives way.  Whoever changes a number makes the system call
 * only when somebody says he sleeps; he says so before he looks a last time, so
 * either he sees the change or the changer sees him.
 */
#include "kernel/team.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/park.h"

enum {
	SPINS_MIN = 1 << 9,         /* some 5 to 10 µs: more than members of equal shares wait for one another */
	SPINS_MAX = 1 << 14,        /* some 0.2 ms */
	LINE = 64,                  /* bytes of a cache line */
};

/* A number others wait for, on a line of its own. */
struct signal {
	_Alignas(LINE) _Atomic uint32_t number;
	_Atomic uint32_t sleepers;
};

struct member {
	_Alignas(LINE) struct team *team;
	unsigned index;
	unsigned spins;             /* budget; its own thread's */
	pthread_t thread;
};

struct team {
	struct signal round, turn;
	_Alignas(LINE) _Atomic uint32_t arrived;
	team_fn *fn;                /* of this round; written before `round` is raised */
	void *user;
	bool leaving;
	unsigned count;
	struct member members[];
};

static __thread struct member *self;   /* within a run */

static inline void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb");
#endif
}

static void await_change(struct signal *s, uint32_t seen, unsigned *budget)
{
	for (unsigned i = 0; i < *budget; i++) {
		if (atomic_load_explicit(&s->number, memory_order_acquire) != seen) {
			*budget = *budget * 2 < SPINS_MAX ? *budget * 2 : SPINS_MAX;
			return;
		}
		relax();
	}
	*budget = *budget / 2 > SPINS_MIN ? *budget / 2 : SPINS_MIN;
	atomic_fetch_add(&s->sleepers, 1);
	while (atomic_load(&s->number) == seen)
		park_wait(&s->number, seen);
	atomic_fetch_sub(&s->sleepers, 1);
}

static void raise_number(struct signal *s)
{
	atomic_fetch_add(&s->number, 1);
	if (atomic_load(&s->sleepers))
		park_wake(&s->number);
}

static void meet(struct member *m)
{
	struct team *t = m->team;
	uint32_t turn = atomic_load_explicit(&t->turn.number, memory_order_relaxed);

	if (atomic_fetch_add_explicit(&t->arrived, 1, memory_order_acq_rel) + 1 == t->count) {
		atomic_store_explicit(&t->arrived, 0, memory_order_relaxed);
		raise_number(&t->turn);
	} else {
		await_change(&t->turn, turn, &m->spins);
	}
}

void team_barrier(struct team *t)
{
	if (t->count > 1)
		meet(self);
}

static void work(struct member *m)
{
	struct team *t = m->team;
	struct member *outer = self;

	self = m;
	t->fn(t->user, m->index, t->count);
	self = outer;
}

static void *helper_main(void *user)
{
	struct member *m = user;
	struct team *t = m->team;
	unsigned between_runs = SPINS_MAX;

	for (uint32_t round = 0;; round++) {
		await_change(&t->round, round, &between_runs);
		if (t->leaving)
			return NULL;
		work(m);
		meet(m);
	}
}

void team_run(struct team *t, team_fn *fn, void *user)
{
	t->fn = fn;
	t->user = user;
	if (t->count > 1)
		raise_number(&t->round);
	work(&t->members[0]);
	if (t->count > 1)
		meet(&t->members[0]);
}

unsigned team_members(const struct team *t)
{
	return t->count;
}

/* Ends the first `count` members' threads; nobody else's run. */
static void dismiss(struct team *t, unsigned count)
{
	t->leaving = true;
	raise_number(&t->round);
	for (unsigned i = 1; i < count; i++)
		pthread_join(t->members[i].thread, NULL);
	free(t);
}

struct team *team_create(unsigned members, struct error *err)
{
	size_t size = sizeof(struct team) + members * sizeof(struct member);
	struct team *t = aligned_alloc(LINE, (size + LINE - 1) / LINE * LINE);

	if (!t) {
		error_set(err, ERROR_UNAVAILABLE, "out of memory for %u threads", members);
		return NULL;
	}
	*t = (struct team){ .count = members };
	for (unsigned i = 0; i < members; i++) {
		struct member *m = &t->members[i];
		*m = (struct member){ .team = t, .index = i, .spins = SPINS_MAX };
		int code = i ? pthread_create(&m->thread, NULL, helper_main, m) : 0;
		if (code) {
			dismiss(t, i);
			error_set(err, ERROR_UNAVAILABLE, "cannot start thread %u of %u: %s", i + 1, members,
				strerror(code));
			return NULL;
		}
	}
	return t;
}

void team_destroy(struct team *t)
{
	if (t)
		dismiss(t, t->count);
}
