/* Values of settings: what they may be, and how JSON writes them.  Inside config/ only. */
#pragma once

#include "config/config.h"

/* Whether the text is one the setting accepts. */
bool value_ok(enum setting s, const char *text);

/* Appends the text of a JSON value of the setting's kind; false when it is of another. */
bool value_text(enum setting s, const json_t *value, struct buf *out) must_use;

/* Takes ownership of both strings. */
void value_replace(struct value *v, char *text, char *origin);
void value_done(struct value *v);
