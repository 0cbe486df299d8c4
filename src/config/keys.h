/*
 * Where keys are found.  Claude's in the decided order: the `env` objects of the
 * settings files (SHAMMAH_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY), `apiKeyHelper`,
 * the process's environment in the same order, `api_key` of [[teachers]],
 * ~/.anthropic/api_key.  Another vendor's: its variables, in the environment or in `env`, then
 * `api_key`.
 */
#pragma once

#include "config/load.h"
#include "config/vendors.h"

/* Fills key, bearer and helper of t, whose own `api_key` is `own` (NULL: none); false when none is found. */
bool key_find(struct loader *l, const struct vendor *v, const char *own, const char *own_origin,
	struct teacher_config *t);

/*
 * Makes this t's key.  One that would break the header it travels in is an error that does not show
 * it; false then.
 */
bool key_take(struct config *c, struct teacher_config *t, struct str key, const char *origin, bool bearer);
