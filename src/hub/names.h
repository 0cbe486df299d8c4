/*
 * Names of the Hub that become file names here, or parts of a URL.  What does not
 * pass never reaches the file system.  Internal to hub/.
 */
#pragma once

#include "base/buf.h"

/* OWNER/NAME, or NAME as the oldest repositories have: validate_repo_id() of huggingface_hub. */
bool name_check_repo(const char *repo, struct error *err) must_use;

/* A relative path that stays below any folder it is put in and is an ordinary name on every system. */
bool name_check_path(const char *path, struct error *err) must_use;

/* A branch, tag or commit; becomes a path below refs/. */
bool name_check_revision(const char *revision, struct error *err) must_use;

/* Hexadecimal digits, 40 to 64 of them. */
bool name_is_commit(const char *text);

/* A git hash, a SHA-256, or whatever else a mirror uses as ETag that is a harmless file name of at most 64 bytes. */
bool name_is_hash(const char *text);

/* Appends percent-encoded text; slashes stay when `path`. */
bool name_quote(struct buf *url, const char *text, bool path, struct error *err) must_use;
