/*
 * What the configuration must know of a provider: how it is named, where its key
 * is found, and whether it can do without one.  The wire formats and default
 * addresses are provider/'s; a test there compares the names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define VENDOR_VARIABLES 3

struct vendor {
	const char *name;            /* as `provider` names it */
	/* Variables with its key, as the vendor's own tools read them, strongest first; ends with NULL. */
	const char *keys[VENDOR_VARIABLES + 1];
	const char *bearer;          /* the one of these whose key travels as Authorization: Bearer; NULL: none */
	const char *address;         /* the variable with its base URL, read by its own tools; NULL: none */
	bool keyless;                /* asked without a key when there is none: a server of one's own */
	bool needs_address;          /* has no address of its own: base_url must be given */
};

/* In the order in which keys that are found make teachers. */
extern const struct vendor vendors[];
extern const size_t vendor_count;

#define VENDOR_CLAUDE (&vendors[0])

/* NULL when there is none of that name. */
const struct vendor *vendor_find(const char *name);

/* Whether an environment variable is one of a vendor's; it holds a key when `key` says so (may be NULL). */
bool vendor_variable(const char *name, bool *key);
