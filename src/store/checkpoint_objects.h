/* Contents of files, each under its SHA-256 in one folder.  Internal to store/. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/sha.h"

/*
 * Copies a descriptor's content, from where it stands to its end, into the folder; `digest`
 * receives its name and *bytes its size.  Whole or not at all; `sync`: on the disk as well
 * (without, what a power cut leaves is noticed by its digest).
 */
bool objects_keep_fd(const char *folder, int fd, bool sync, char digest[SHA_HEX_MAX + 1], uint64_t *bytes,
	struct error *err) must_use;

/* The same of bytes in memory, without waiting for the disk. */
bool objects_keep(const char *folder, struct str content, char digest[SHA_HEX_MAX + 1], struct error *err) must_use;

/* The digest alone. */
bool objects_digest_fd(int fd, char digest[SHA_HEX_MAX + 1], struct error *err) must_use;

/* Reads one; ERROR_NOT_FOUND when it is missing, ERROR_INVALID when its bytes are not what its name says. */
bool objects_read(const char *folder, const char *digest, struct buf *out, struct error *err) must_use;
