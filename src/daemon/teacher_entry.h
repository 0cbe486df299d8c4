/*
 * One configured teacher as the daemon keeps it.
 *
 * Nothing in it changes but the breaker, which the list's lock guards, and the key,
 * which guards itself.  Reference-counted: questions under way go on with the entry they
 * began with, whatever is configured meanwhile.
 */
#pragma once

#include <stdatomic.h>

#include "config/config.h"
#include "daemon/teacher_key.h"
#include "provider/chain.h"
#include "provider/price.h"

struct teacher_entry {
	atomic_uint refs;
	const struct provider *provider;
	char *name;                  /* what it is called by, unique in the list */
	char *model;                 /* resolved; NULL: must be named by the request */
	char *base_url;              /* NULL: the provider's own */
	char *origin;                /* where its key is written; NULL: nowhere */
	bool bearer, uncached, priced;
	struct price price;          /* of `model`, as its user says, where `priced`; else the table has it */
	struct http_header *headers; /* ended by a NULL name */
	struct teacher_key key;
	struct breaker breaker;
};

/* NULL (ERROR_INVALID) when its provider is unknown or a header is no header. */
struct teacher_entry *teacher_entry_create(const struct teacher_config *config, struct error *err) must_use;
struct teacher_entry *teacher_entry_ref(struct teacher_entry *e);
void teacher_entry_unref(struct teacher_entry *e);

/* Whom to ask by it, for a model, but for the key; valid as long as the entry. */
static inline struct teacher teacher_entry_asked(const struct teacher_entry *e, const char *model)
{
	return (struct teacher){ .provider = e->provider, .base_url = e->base_url, .model = model,
		/* A key that a helper prints goes in both headers, as Claude Code has it. */
		.bearer = e->bearer, .both = e->key.helper != NULL, .uncached = e->uncached, .headers = e->headers };
}

/* Whether both reach the same place with the same key: what a breaker has learnt holds for both. */
bool teacher_entry_reaches_same(const struct teacher_entry *a, const struct teacher_entry *b);

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
