/* Which files of a listing are wanted.  Internal to hub/. */
#pragma once

#include "hub/hub.h"

#define WANT_MAX 1000

/* The names are of the form they must have. */
bool want_check(const struct hub_want *want, struct error *err) must_use;

const char *want_revision(const struct hub_want *want);

/* Copies the wanted files of `all` into `chosen`; ERROR_NOT_FOUND for a path or pattern that means none. */
bool want_choose(const struct hub_want *want, const struct hub_listing *all, struct hub_listing *chosen,
	struct error *err) must_use;
