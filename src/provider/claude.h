/* The halves of the Messages API's dialect: requests and errors.  Internal to provider/. */
#pragma once

#include "base/json.h"
#include "provider/provider.h"

bool claude_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err);

bool claude_read_error(const struct provider *p, int status, struct str body, struct error *err);

/* The same for an error in mid-stream: {"type": …, "message": …}. */
bool claude_explain(const struct provider *p, const json_t *error, struct error *err);
