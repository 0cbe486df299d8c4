/*
 * Whether a TOML text was changed as it was meant to be: both texts are parsed, the
 * change is made to the values of the old one, and those of the new one must equal
 * the result.
 */
#pragma once

#include "base/json.h"

enum toml_deed { TOML_SET, TOML_REMOVE, TOML_ADD, TOML_MOVE };

struct toml_wanted {
	enum toml_deed deed;
	const json_t *path;      /* as in toml_scan.h; to move, that of the [[table]] that moves */
	const json_t *value;     /* to set or add */
	size_t to;               /* to move */
};

bool toml_verify(struct str old, struct str fresh, const struct toml_wanted *wanted, const char *what,
	struct error *err) must_use;

/* Makes the change to a tree of values; false when there is no place for it. */
bool toml_wanted_apply(json_t *tree, const struct toml_wanted *wanted) must_use;
