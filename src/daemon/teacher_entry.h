/*
 * One configured teacher as the daemon keeps it.
 *
 * Nothing in it changes but what is learnt where it is reached.  Reference-counted: questions
 * under way go on with the entry they began with, whatever is configured meanwhile.
 */
#pragma once

#include <stdatomic.h>

#include "config/caching.h"
#include "daemon/teacher_key.h"
#include "provider/chain.h"
#include "provider/price.h"

/*
 * Where a teacher is asked, with which key, and what was learnt of that.  Reference-counted: lists
 * that reach the same place with the same key share one (teacher_entry_share()).
 */
struct teacher_reach {
	atomic_uint refs;
	const struct provider *provider;
	char *base_url;              /* NULL: the provider's own */
	bool bearer;
	struct http_header *headers; /* ended by a NULL name */
	struct teacher_key key;      /* guards itself */
	struct breaker breaker;      /* guarded by the lock of struct teachers */
};

struct teacher_entry {
	atomic_uint refs;
	const struct provider *provider;
	char *name;                  /* what it is called by, unique in its list */
	char *model;                 /* resolved; NULL: must be named by the request */
	char *origin;                /* where its key is written; NULL: nowhere */
	char *stands_for[TEACHER_ALIASES];   /* as in struct teacher_config, and so are the next two */
	unsigned uncached;
	bool lasting, priced;
	struct price price;          /* of `model`, as its user says, where `priced`; else the table has it */
	struct teacher_reach *reach;
};

/* NULL (ERROR_INVALID) when its provider is unknown or a header is no header. */
struct teacher_entry *teacher_entry_create(const struct teacher_config *config, struct error *err) must_use;
struct teacher_entry *teacher_entry_ref(struct teacher_entry *e);
void teacher_entry_unref(struct teacher_entry *e);

/* Whom to ask by it, for a model, but for the key; valid as long as the entry. */
static inline struct teacher teacher_entry_asked(const struct teacher_entry *e, const char *model)
{
	const struct teacher_reach *r = e->reach;

	return (struct teacher){ .provider = e->provider, .base_url = r->base_url, .model = model,
		/* A key that a helper prints goes in both headers, as Claude Code has it. */
		.bearer = r->bearer, .both = r->key.helper != NULL, .headers = r->headers,
		.uncached = caching_is_off(e->uncached, model), .lasting = e->lasting };
}

/* Whether both reach the same place with the same key: what has been learnt of one holds for both. */
bool teacher_entry_reaches_same(const struct teacher_entry *a, const struct teacher_entry *b);

/* Has one that was just made reach its place as the other does, which must be the same. */
void teacher_entry_share(struct teacher_entry *fresh, const struct teacher_entry *other);

/* Whether nothing differs. */
bool teacher_entry_same(const struct teacher_entry *a, const struct teacher_entry *b);

/* What its user says that a model costs; NULL: nothing, or nothing of that one. */
const struct price *teacher_entry_price(const struct teacher_entry *e, const char *model);

/* What it lacks to be asked: "no key", "no address", "no model" (unless the request names one); NULL: nothing. */
const char *teacher_entry_lacks(const struct teacher_entry *e, bool named_model);

/*
 * How closely a request's model names it, from 1; 0: not at all.  *model is then the model to
 * be asked, inside `wish` or the entry.
 */
enum teacher_naming {
	NAMED_NOT,
	NAMED_PREFIX,                /* begins as its vendor's models do */
	NAMED_ALIAS,                 /* a short name of its vendor's */
	NAMED_BY_PROVIDER,           /* PROVIDER/MODEL or NAME/MODEL */
	NAMED_MODEL,                 /* the model it is configured with */
	NAMED_NAME,                  /* its own name, or PROVIDER/ its model */
};
enum teacher_naming teacher_entry_names(const struct teacher_entry *e, struct str wish, struct str *model);
