/* What loading a configuration holds until it ends: inside config/ only. */
#pragma once

#include "config/document.h"

struct loader {
	struct config *c;
	const struct config_places *places;
	struct document *documents;      /* strongest first */
	size_t count;
	char *root;                      /* the project's folder (config/trust.h); NULL: none */
	enum { TRUST_UNASKED, TRUST_GIVEN, TRUST_NONE } trust;
	struct value model;              /* `model` of settings.json */
	struct value helper;             /* `apiKeyHelper` of settings.json */
	const struct document *teachers; /* the strongest that lists teachers; NULL: none */
	const json_t *teacher_list;
	char *teacher_path;              /* "teachers", "shammah.teachers" */
};

/* Reads every file there may be. */
void sources_read(struct loader *l);

/*
 * Whether a document may say what stands at `path`: a project's only when the user trusts
 * it.  When not, that is said.
 */
bool loader_allows(struct loader *l, const struct document *d, const char *path);

/* A document's `permissions`: their shape is checked, and what may count is kept in the configuration. */
void permissions_read(struct loader *l, const struct document *d, const json_t *permissions);

/* A document's `sandbox`, of which only what concerns questions is kept. */
void sandbox_read(struct loader *l, const struct document *d, const json_t *sandbox);
