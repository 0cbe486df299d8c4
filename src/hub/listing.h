/*
 * What the Hub says that a revision holds, read from its answers.  Pure; fuzzed
 * (fuzz/fuzz_hub.c).  Internal to hub/, but for tests.
 */
#pragma once

#include "base/str.h"
#include "hub/hub.h"

/* GET /api/models/REPO/revision/REV?blobs=true: commit and files, some perhaps without size and hash. */
bool listing_parse_info(struct str text, struct hub_listing *listing, struct error *err) must_use;

/*
 * GET /api/models/REPO/tree/REV?recursive=true: one page, added to what is there.
 * On failure the listing is done with.
 */
bool listing_parse_tree(struct str text, struct hub_listing *listing, struct error *err) must_use;

/* The target of rel="next" in a Link header (RFC 8288), which the caller frees; NULL: none. */
char *listing_next(const char *link) must_use;

/* Puts the paths in order; false when one comes twice. */
bool listing_finish(struct hub_listing *listing, struct error *err) must_use;
