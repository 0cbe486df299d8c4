/* What is noticed while a configuration is read: inside config/ only. */
#pragma once

#include "config/config.h"

#define FINDINGS_MAX 200         /* more are not kept; the last one says so */

/* Adds one; control characters, which a key in a file may hold, are shown as '?'. */
void finding_add(struct config *c, enum finding_kind kind, const char *fmt, ...) printf_like(3, 4);

/* The first error as an error; true when there is none. */
bool findings_ok(const struct config *c, struct error *err) must_use;

void findings_done(struct config *c);
