/*
 * Schemas in the words of JSON Schema 2020-12.
 *
 * Claude refuses a whole request for a tool whose schema is not valid by that draft, and generators still
 * write what older ones knew.  Some of it has another shape today and means the same
 * (https://json-schema.org/draft/2020-12/release-notes): a list in `items`, `additionalItems`, and
 * true or false in `exclusiveMinimum` and `exclusiveMaximum` (draft 4).
 *
 * Pure.
 */
#pragma once

#include "base/json.h"

/* New, the same in today's words; NULL where nothing in it is of an older draft. */
json_t *schema_renew(const json_t *schema);
