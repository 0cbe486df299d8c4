/*
 * What `shammah explain url` and `shammah explain path` answer.  Nothing is
 * touched: no name is resolved, no disk read.  The caller owns the results.  Stateless; any thread.
 */
#pragma once

#include "base/json.h"

/* {"url"} in; {"verdict": "allow" | "confirm" | "block", "why"} out. */
json_t *explain_url(const json_t *input, struct error *err) must_use;

/*
 * {"root", "cwd", "home", "path", "op": "read" | "write", "fs": [{"link",
 * "target"}]} in; {"verdict": "allow" | "confirm" | "deny", "why"} out.  `cwd` is
 * the root and `op` "read" when missing; `fs` are links to suppose, their own paths
 * absolute, relative to cwd or beginning with ~/.
 */
json_t *explain_path(const json_t *input, struct error *err) must_use;
