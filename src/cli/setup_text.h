/*
 * What the wizard shows of a configuration: entries in a line each, and what will
 * change in the file, with secrets masked.  Pure.
 */
#pragma once

#include "base/json.h"

/* "claude, claude-sonnet-5-5, key sk-ant-...wxyz, off": one entry of [[teachers]]; the caller frees. */
char *setup_entry(const json_t *entry);

/*
 * Which lines go (-) and come (+), each with a line of what stands around it; "" when
 * nothing changes.  Values of keys that may be secrets are masked.
 */
void setup_diff(struct buf *out, struct str old, struct str fresh);

/* Why a text cannot be a key: NULL when it can. */
const char *setup_key_problem(const char *key);
