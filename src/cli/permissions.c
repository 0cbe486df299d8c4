#include "cli/permissions.h"

#include <stdlib.h>

#include "base/mem.h"
#include "config/trust.h"

struct permissions *permissions_open(const struct config *c, const struct permission_findings *findings,
	struct error *err)
{
	own_config_places places = {0};

	config_places_init(&places, true);
	own_mem char *root = places.start ? trust_root(places.start, places.home) : NULL;
	if (!root)
		return error_set(err, ERROR_NOT_FOUND, "the current folder cannot be told"), NULL;
	const struct permission_places where = { root, places.start, places.home, places.claude };
	struct permissions *p = permissions_create(&where, err);
	if (!p)
		return NULL;
	permissions_add_config(p, c->permissions, findings);
	permissions_add_sandbox(p, c->sandbox);
	return p;
}
