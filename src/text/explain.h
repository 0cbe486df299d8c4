/*
 * What `shammah explain tokens` and `explain template` answer: JSON object in,
 * JSON object out.
 *
 * Parse the input with json_parse_nul() (base/json.h): NUL is text like any
 * other.  The caller owns the result.
 */
#pragma once

#include "base/json.h"
#include "text/template.h"
#include "text/tokenizer.h"

/* {"text"} -> {"ids", "decoded"}; special tokens in the text are parsed, as the reference does. */
json_t *explain_tokens(const struct tokenizer *t, const json_t *input, struct error *err) must_use;

/* {"messages", "tools" or null, "add_generation_prompt"} -> {"text"} */
json_t *explain_template(const struct template *t, const json_t *input, struct error *err) must_use;
