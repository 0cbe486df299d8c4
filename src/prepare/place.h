/*
 * Where prepared files lie, and what they were made from.
 *
 * Beside the model where that can be written to: in a Hub cache's repository
 * (models--OWNER--NAME/shammah/COMMIT-PRECISION.decoder), else in the model's own
 * folder (.shammah/PRECISION.decoder).  Where it cannot, in a folder of ours under
 * a name that is a digest of the model's.  Beside a prepared file may lie a note (.refused: why there
 * is none) and a lock (.lock, empty).
 */
#pragma once

#include "base/cancel.h"
#include "base/json.h"
#include "model/files.h"

/* The caller frees it; its folder is made.  `fallback` may be NULL: then only beside the model. */
char *place_of(const struct model_files *files, const char *fallback, struct error *err) must_use;

/*
 * What a file is made from: this program's version, and name, size and time of
 * the graph, of the files beside it and of config.json.
 */
json_t *place_stamp(const struct model_files *files, struct error *err) must_use;

/* Whether the file at `path` was made from this.  One that was not, or cannot be used, is removed. */
bool place_is_current(const char *path, const json_t *stamp);

/* Why there is none: the reason noted for this stamp, which the caller frees; NULL. */
char *place_refusal(const char *path, const json_t *stamp);
void place_note_refusal(const char *path, const json_t *stamp, const char *reason);

/*
 * One process prepares at a time: waits for another's lock.  The descriptor holds
 * it until closed; -1: cancelled or failed.
 */
int place_lock(const char *path, struct cancel *cancel, struct error *err) must_use;

/* Removes what a process that died while it wrote `path` has left; only with the lock held. */
void place_clean(const char *path);
