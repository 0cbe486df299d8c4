/*
 * The teachers of this daemon: who is configured, which of them a request means, how
 * they are, and the questions put to them, each on a thread of its own.
 *
 * There are several lists of them.  The daemon's own is what its files and environment say; it
 * holds for whoever names no other.  A client brings the list of the project it works in, and names
 * it with each question: no question is asked of another project's teachers, whatever else happens
 * meanwhile.  A question goes on with the list it began with.  What is learnt of a teacher (that it
 * rests, what its key helper printed) is shared by all lists that reach it with the same key.
 */
#pragma once

#include "base/json.h"
#include "config/config.h"
#include "daemon/delivery.h"
#include "route/route.h"

#define TEACHER_LIST_MAX 32       /* teachers in a list */
#define TEACHER_LISTS_MAX 64      /* brought by clients; the one that was not used for longest goes first */
#define TEACHER_LIST_KEEP_NS ((uint64_t)30 * 60 * 1000000000)   /* for how long one is kept that nobody uses */
#define TEACHER_LIST_ID 64        /* digits of an id */
#define TEACHER_CALLS_MAX 100     /* under way at once; more are refused */

struct teachers;
struct teacher_list;
struct price;
struct teacher_entry;

struct teachers *teachers_create(void);

/* Cancels what is under way and waits for its end. */
void teachers_stop(struct teachers *t);

/* teachers_stop() first; lists live until they are given back. */
void teachers_destroy(struct teachers *t);

/* The daemon's own are these from now on, in this order; copied.  False, and nothing changes, when one cannot be. */
bool teachers_set(struct teachers *t, const struct teacher_config *list, size_t count, struct error *err) must_use;

/* The daemon's own; a reference. */
struct teacher_list *teachers_own(struct teachers *t);

/* Keeps a list that a client brings; `text` is all that it says, and makes the id by which it is found. */
bool teachers_bring(struct teachers *t, const struct teacher_config *list, size_t count, struct str text,
	char id[TEACHER_LIST_ID + 1], struct error *err) must_use;

/* The list of an id; a reference.  NULL when there is none, or none any more: it must be brought (again). */
struct teacher_list *teachers_brought(struct teachers *t, const char *id);

struct teacher_list *teacher_list_ref(struct teacher_list *l);
void teacher_list_unref(struct teacher_list *l);
static inline void teacher_list_release(struct teacher_list **l) { teacher_list_unref(*l); }
#define own_teacher_list owns(teacher_list_release) struct teacher_list

/* Drops what was brought and has not been used for TEACHER_LIST_KEEP_NS, with its keys; called now and then. */
void teachers_forget(struct teachers *t, uint64_t now);

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

/* All of a list. */
void teachers_choose_all(struct teachers *t, const struct teacher_list *l, struct teacher_choice *choice);

/*
 * Those that a request's model means, most closely named first: a teacher's name, the model
 * of one, PROVIDER/MODEL, a short name of a vendor's, or a name as a vendor's models have it.
 */
void teachers_choose(struct teachers *t, const struct teacher_list *l, struct str model, struct teacher_choice *choice);

/* Says what is missing for a model that no teacher answers to, where a provider is known for it. */
bool teachers_explain(const struct teacher_list *l, struct str model, char *hint, size_t size);

/* For /v1/status: [{name, provider, model, state, rests_s?, brought?}], the daemon's own first; new. */
json_t *teachers_json(struct teachers *t);

/* For /metrics, over all lists: how many can be asked, and how many of these rest. */
void teachers_count(struct teachers *t, size_t *ready, size_t *resting);

/* Calls back for each that can be asked and has a model, with the id that names it: "PROVIDER/MODEL". */
typedef void teacher_model_fn(void *user, const char *id, const char *provider);
void teachers_each_model(struct teachers *t, const struct teacher_list *l, teacher_model_fn *each, void *user);

/*
 * Takes the answer, begun, and the choice, and finishes the answer; false (and both stay the
 * caller's) when too many are under way.
 */
bool teachers_ask(struct teachers *t, struct delivery *a, struct teacher_choice *choice, struct error *err) must_use;
