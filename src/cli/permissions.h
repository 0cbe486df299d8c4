/* The permissions that hold in the current folder. */
#pragma once

#include "config/config.h"
#include "permit/approvals.h"
#include "permit/permission.h"

/*
 * Rules and mode of all settings files.  What is odd about them goes to `findings` (NULL: to nobody).  The
 * project is the current folder's (config/trust.h); relative paths begin in the current folder.
 */
struct permissions *permissions_open(const struct config *c, const struct permission_findings *findings,
	struct error *err) must_use;

/* Approvals that hold in the current folder's project; `odd` as approvals_open() has it.  The caller owns them. */
struct approvals *permissions_approvals(struct buf *odd) must_use;

/*
 * What would be decided on a call (explain_read_call()'s form) in the current folder, approvals counted: as
 * explain_call() tells it.  The caller owns it.
 */
json_t *permissions_explain(const struct config *c, const json_t *call, struct error *err) must_use;
