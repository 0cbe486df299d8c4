/*
 * A call's arguments, as a model wrote them, checked against its tool's schema.
 *
 * Known of JSON Schema: type (one), properties, required, additionalProperties: false,
 * enum, items, minimum, maximum, minItems, maxItems.  Numbers and booleans written as
 * strings are taken as meant, null members as missing.
 */
#pragma once

#include "base/json.h"
#include "tool/tool.h"

/*
 * The arguments, which the caller owns.  NULL: ERROR_INVALID, whose text tells the model
 * which one is wrong and what is accepted.  `arguments` "" is {}.
 */
json_t *tool_input_read(const struct tool_kind *kind, struct str arguments, struct error *err) must_use;

/* Members of checked arguments; what is missing gives `otherwise` ({0} for strings). */
struct str tool_input_str(const json_t *input, const char *name);
int64_t tool_input_number(const json_t *input, const char *name, int64_t otherwise);
bool tool_input_flag(const json_t *input, const char *name, bool otherwise);
