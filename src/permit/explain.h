/*
 * What `shammah explain permission`, `url` and `path` answer.  Nothing is touched: no
 * name is resolved, and no disk read but where a function says so.  The caller owns the results.  Stateless;
 * any thread.
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

/*
 * {"settings": {...}, "cwd", "home", "call": {"tool", "input"}, "fs"} in; {"decision": "allow" | "ask" |
 * "deny", "rule": the one that decided, or null, "why"} out.  `settings` is a settings.json of the project `cwd`.
 */
json_t *explain_permission(const json_t *input, struct error *err) must_use;

struct permissions;

/* The same for a call under rules that are there, with links as they are; "file" tells where the rule is from. */
json_t *explain_call(const struct permissions *p, const json_t *call, const char *cwd, struct error *err) must_use;

/* "Bash(git push)", "Read(src/x)", "WebSearch", or {"tool", "input"}: what explain_call() takes. */
json_t *explain_read_call(struct str text, struct error *err) must_use;
