/*
 * Providers: vendors, and kinds of servers, that answer in one of the dialects.
 * Each is a row of data; what differs between two that speak the same dialect
 * stands there and nowhere else.
 *
 * To add one: a row in provider_table.c.
 */
#pragma once

#include "provider/dialect.h"
#include "provider/tool_names.h"

/* A short name that the vendor's own tools take for a model. */
struct provider_alias {
	const char *name, *model;
};

/* A dialect that only the models whose names begin so are asked in. */
struct provider_dialect {
	const char *prefix;
	const struct dialect *dialect;
};

struct provider {
	const char *name;            /* as written in the configuration */
	const char *display_name;    /* for people */
	const struct dialect *dialect;
	const struct provider_dialect *dialects;     /* the first that fits holds; ended by a NULL prefix; NULL: none */
	const struct openai_quirks *openai;          /* how it differs from others that speak OpenAI's dialects */
	const char *default_model;   /* NULL: must be configured */
	const struct provider_alias *aliases;    /* ended by a NULL name */
	const char *const *model_prefixes;       /* how its models' names begin; ended by NULL */
	const char *default_base_url;    /* NULL: must be configured */
	const char *key_variable;    /* the one to set (config/vendors.h has all that are read); NULL: none */
	const char *key_header;      /* the header that carries the key; NULL: "Authorization: Bearer" */
	const char *key_prefix;      /* how its keys begin; NULL: anyhow */
	const struct tool_name_rule *tool_names;     /* what tools may be called; NULL: anything */
	const char *const *not_at_top;   /* as in provider/parameters.h */
	bool keyless;                /* answers without a key as well */
	const char *const *refusable;    /* wishes that some of its models refuse by name; ended by NULL */
};

extern const struct provider providers[];    /* in the order they are tried where no other is configured */
extern const size_t provider_count;

const struct provider *provider_find(const char *name);

/* The one that a model, by its own name, is asked in. */
const struct dialect *provider_dialect(const struct provider *p, const char *model);

/* How a teacher of that name is spoken of: by the provider's name for people where it has no name of its own. */
const char *provider_title(const struct provider *p, const char *name);

/* The model meant by a name: the default for NULL, an alias's model, else the name itself. */
const char *provider_model(const struct provider *p, const char *name);
