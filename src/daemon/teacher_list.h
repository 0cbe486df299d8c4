/*
 * Teachers as JSON, as a client tells the daemon of them: a list of objects with name,
 * provider, model, base_url, key, origin, bearer, uncached (bits), lasting, opus, sonnet, haiku (the
 * models these stand for), helper, helper_ttl_s, price ([input, output]), headers (a list of
 * "Name: value").  It travels on 127.0.0.1, with the daemon's token, and nowhere else.
 */
#pragma once

#include "config/config.h"
#include "daemon/teachers.h"

#define TEACHER_LIST_BYTES ((size_t)256 << 10)

/* New. */
json_t *teacher_list_json(const struct teacher_config *list, size_t count);

/* Makes such a list the daemon's own.  ERROR_INVALID names what is wrong, and no value. */
bool teacher_list_use(struct teachers *t, const json_t *list, struct error *err) must_use;

/* Keeps such a list, of at most TEACHER_LIST_BYTES, beside the daemon's own; `id` names it from now on. */
bool teacher_list_bring(struct teachers *t, const json_t *list, char id[TEACHER_LIST_ID + 1],
	struct error *err) must_use;
