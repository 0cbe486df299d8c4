/*
 * JSON as Python's json.dumps(value, ensure_ascii=False) writes it, which is
 * what chat templates call tojson and what models were trained on: ", " and ": "
 * between things, the shortest digits of a float, non-ASCII as it is.
 */
#pragma once

#include "base/json.h"

bool pyjson_write(struct buf *out, const json_t *value, struct error *err) must_use;

/* The same with indent=`width`: every item on a line of its own. */
bool pyjson_write_indented(struct buf *out, const json_t *value, int width, struct error *err) must_use;
