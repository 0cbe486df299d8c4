/*
 * What `shammah explain patterns` answers.  Stateless; any thread.
 */
#pragma once

#include "base/json.h"

/*
 * {"text"} in; out: "pattern" (id, or null when no pattern would be answered
 * from its text: below the bar, or another known answer is more likely), "score"
 * of the best pattern, and "ranking" of all patterns, best first, as
 * [{"pattern", "score"}].  The caller owns the result.
 */
json_t *explain_patterns(const json_t *input, struct error *err) must_use;
