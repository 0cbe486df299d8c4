/*
 * Names and values as TOML text: https://toml.io/en/v1.0.0
 */
#pragma once

#include "base/json.h"

/* A name: bare where that is enough, else quoted. */
bool toml_write_name(struct buf *out, const char *name, struct error *err) must_use;

/* A string, number or bool, or a list of those; ERROR_INVALID for anything else. */
bool toml_write_value(struct buf *out, const json_t *value, struct error *err) must_use;

/*
 * Lines `name = value` for all of an object, in its order; of objects in it the
 * names are joined by dots, and an empty one leaves nothing.
 */
bool toml_write_lines(struct buf *out, const json_t *object, const char *newline, struct error *err) must_use;
