#include "cli/permissions.h"

#include <stdlib.h>

#include "base/mem.h"
#include "config/trust.h"
#include "permit/approvals.h"
#include "permit/explain.h"

struct permissions *permissions_open(const struct config *c, const struct permission_findings *findings,
	struct error *err)
{
	own_config_places places = {0};

	config_places_init(&places, true);
	own_mem char *root = places.start ? trust_root(places.start, places.home) : NULL;
	if (!root)
		return error_set(err, ERROR_NOT_FOUND, "the current folder cannot be told"), NULL;
	const struct permission_places where = { root, places.start, places.home, places.claude, places.ours };
	struct permissions *p = permissions_create(&where, err);
	if (!p)
		return NULL;
	permissions_add_config(p, c->permissions, findings);
	permissions_add_sandbox(p, c->sandbox);
	return p;
}

struct approvals *permissions_approvals(struct buf *odd)
{
	own_config_places places = {0};

	config_places_init(&places, true);
	own_mem char *root = places.start ? trust_root(places.start, places.home) : NULL;
	return approvals_open(places.ours, root, odd);
}

json_t *permissions_explain(const struct config *c, const json_t *call, struct error *err)
{
	own_permissions *p = permissions_open(c, NULL, err);
	own_buf odd = BUF_INIT(1 << 16);
	own_approvals *approvals = permissions_approvals(&odd);

	if (!p)
		return NULL;
	permissions_set_approvals(p, &(struct permission_approvals){ approvals_find, approvals });
	return explain_call(p, call, NULL, err);
}
