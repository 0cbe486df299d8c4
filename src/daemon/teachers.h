/*
 * The teachers of this daemon: who is configured, which of them a request means, how
 * they are, and the questions put to them, each on a thread of its own.
 *
 * A question goes on with the teachers as they were when it was asked; what their
 * breakers have learnt is kept when the list changes, unless key or address does.
 */
#pragma once

#include "base/json.h"
#include "config/config.h"
#include "daemon/delivery.h"
#include "route/route.h"

#define TEACHER_LIST_MAX 32       /* configured */
#define TEACHER_CALLS_MAX 100     /* under way at once; more are refused */

struct teachers;
struct price;
struct teacher_entry;

struct teachers *teachers_create(void);

/* Cancels what is under way and waits for its end. */
void teachers_stop(struct teachers *t);

/* teachers_stop() first. */
void teachers_destroy(struct teachers *t);

/* From now on these, in this order; copied.  False, and nothing changes, when one of them cannot be. */
bool teachers_set(struct teachers *t, const struct teacher_config *list, size_t count, struct error *err) must_use;

/* Some of them, in order, and what is asked of them. */
struct teacher_choice {
	struct teacher_entry *entries[TEACHER_LIST_MAX];    /* those that can be asked; references of its own */
	size_t count;
	char *model;              /* asked of each; NULL: its own */
	/* What the first one is called, asked for, and who that is; NULL: there is none. */
	const char *first, *first_model, *first_provider;
	const struct price *first_price;    /* of first_model, as the user says; NULL: nothing is said */
	/* Of a question for whoever can: takes the answer when no teacher could; false: it stays with the teachers. */
	bool (*otherwise)(void *user, struct delivery *a, const struct error *why);
	void *user;
	bool named;               /* some are meant, whether or not they can be asked */
	enum teacher_state state; /* of all of them together */
};
void teacher_choice_done(struct teacher_choice *c);
#define own_teacher_choice owns(teacher_choice_done) struct teacher_choice

/* All of them. */
void teachers_choose_all(struct teachers *t, struct teacher_choice *choice);

/*
 * Those that a request's model means, most closely named first: a teacher's name, the model
 * of one, PROVIDER/MODEL, a short name of a vendor's, or a name as a vendor's models have it.
 */
void teachers_choose(struct teachers *t, struct str model, struct teacher_choice *choice);

/* Says what is missing for a model that no teacher answers to, where a provider is known for it. */
bool teachers_explain(struct teachers *t, struct str model, char *hint, size_t size);

/* For /v1/status: [{name, provider, model, state, rests_s?}]; new. */
json_t *teachers_json(struct teachers *t);

/* For /metrics: how many can be asked, and how many of these rest. */
void teachers_count(struct teachers *t, size_t *ready, size_t *resting);

/* Calls back for each that can be asked and has a model, with the id that names it: "PROVIDER/MODEL". */
typedef void teacher_model_fn(void *user, const char *id, const char *provider);
void teachers_each_model(struct teachers *t, teacher_model_fn *each, void *user);

/*
 * Takes the answer, begun, and the choice, and finishes the answer; false (and both stay the
 * caller's) when too many are under way.
 */
bool teachers_ask(struct teachers *t, struct delivery *a, struct teacher_choice *choice, struct error *err) must_use;
