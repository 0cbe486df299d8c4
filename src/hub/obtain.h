/*
 * Brings a model onto this machine: asks which of its repositories exists, which
 * files one precision needs, whether they fit, and downloads them.
 */
#pragma once

#include "hub/spec.h"

struct obtained {
	char *folder;                /* of the snapshot */
	char *repo;                  /* which repository it was */
	const char *precision;       /* a name of hub/graphs.h */
	uint64_t bytes;
};
void obtained_done(struct obtained *f);
#define own_obtained owns(obtained_done) struct obtained

/* Told before the download begins: what, from where, how much. */
typedef void obtain_begin_fn(void *user, const struct obtained *what);

/* Told when a model that was to be taken is not to be had, and the next one is tried. */
typedef void obtain_skip_fn(void *user, const struct catalogue_model *skipped, const struct error *why);

struct obtain {
	const struct hub *hub;
	const char *precision;       /* NULL: the first the repository has */
	obtain_begin_fn *on_begin;   /* may be NULL */
	obtain_skip_fn *on_skip;     /* may be NULL */
	hub_progress_fn *on_progress;
	void *user;
	struct cancel *cancel;       /* may be NULL */
};

/* Errors are the Hub's (hub/hub.h).  obtained_done() in any case. */
bool obtain_model(const struct obtain *f, const struct model_spec *s, struct obtained *result,
	struct error *err) must_use;

/*
 * The first of several models that the Hub has, in order: for a choice whose best
 * may not be published.  `taken` tells which it was.
 */
bool obtain_first(const struct obtain *f, const struct catalogue_model *const *models, size_t count,
		 const struct catalogue_model **taken, struct obtained *result, struct error *err) must_use;
