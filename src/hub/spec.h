/*
 * What a user means by a model's name: one of the catalogue, a repository of the
 * Hub, or a folder; and where it lies on this machine.
 */
#pragma once

#include "hub/catalogue.h"
#include "hub/hub.h"

struct model_spec {
	const struct catalogue_model *model;   /* known by name; else NULL */
	char *folder;                          /* absolute; of a folder, else NULL */
	char *repo, *revision;                 /* OWNER/NAME as written, and what stood after '@'; else NULL */
};

/*
 * "qwen2.5-coder-1.5b", "owner/name", "owner/name@revision", "/folder", "./folder",
 * "~/folder", or any folder that exists.  ERROR_INVALID for what is none of these,
 * ERROR_NOT_FOUND for a folder that is not there.
 */
bool spec_parse(struct model_spec *s, const char *text, struct error *err) must_use;
void spec_done(struct model_spec *s);
#define own_model_spec owns(spec_done) struct model_spec

/* The repositories it may lie in, in the order to try; NULL from the end on. */
const char *spec_repository(const struct model_spec *s, size_t i);

/* Its name as one would type it again; borrowed. */
const char *spec_name(const struct model_spec *s);

/*
 * The folder with a whole model of this precision (NULL: the first there is), which
 * the caller frees; asks nobody.  `found` (may be NULL) gets the precision of a
 * repository's.  ERROR_NOT_FOUND says how to get it.
 */
char *spec_find(const struct hub *hub, const struct model_spec *s, const char *precision, const char **found,
	struct error *err) must_use;

/* All at once, with the environment's cache: from a setting's text to a folder. */
char *spec_locate(const char *text, struct error *err) must_use;
