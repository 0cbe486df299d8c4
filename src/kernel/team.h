/*
 * A team of threads that work on one task together, and wait for one another
 * at barriers a few hundred nanoseconds long.
 *
 * Made for a forward pass: hundreds of short steps, each divided among the
 * members.  Members spin for a short while, then sleep, so an idle team costs
 * nothing.  With more threads than free processors it stays correct and soon
 * stops spinning.
 *
 * One thread, its owner's, calls team_run() at a time; it is member 0.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

struct team;

enum { TEAM_MEMBERS_MAX = 256 };

typedef void team_fn(void *user, unsigned member, unsigned members);

/* `members` threads, the caller's included: 1 to TEAM_MEMBERS_MAX. */
struct team *team_create(unsigned members, struct error *err) must_use;
void team_destroy(struct team *t);

static inline void team_destroy_ptr(struct team **t) { team_destroy(*t); }
#define own_team owns(team_destroy_ptr) struct team

unsigned team_members(const struct team *t);

/* Calls fn once on every member; returns when all have returned.  What they wrote is seen by the caller. */
void team_run(struct team *t, team_fn *fn, void *user);

/*
 * Inside fn, by every member equally often: goes on when all have come here.
 * What any member wrote before, every member sees after.
 */
void team_barrier(struct team *t);
