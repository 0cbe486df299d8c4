/*
 * One computed beginning of a sequence on disk: tokens, and the pages with their
 * keys and values.
 *
 *     struct beginning_head, tokens (int32), zeros to a multiple of 4096, pages
 *
 * Numbers are as this machine writes them. A file says what it depends on (`key`:
 * model, type of numbers, layout, instruction set) and carries digests of all of
 * it: what is not exactly right is not used.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define BEGINNING_VERSION 1
#define BEGINNING_SUFFIX ".beginning"

enum { BEGINNING_TOKENS_MAX = 1 << 20 };

struct beginning_head {
	char magic[8];               /* "shmbegin" */
	uint32_t version, page_tokens;
	uint64_t key;
	uint32_t world, zero;
	uint64_t count;              /* tokens; a multiple of page_tokens, at least one page */
	uint64_t page_bytes;
	uint64_t tokens_digest, pages_digest;
	uint64_t digest;             /* of what stands before it here */
};

/* What a file must be made for. */
struct beginning_kind {
	uint64_t key;
	size_t page_bytes;
};

/* Into the bytes that were looked at. */
struct beginning {
	uint32_t world;
	size_t count;
	const int32_t *tokens;
	const char *pages;
};

/*
 * Whether a head (sizeof *head bytes) is of this kind; its lengths may then be
 * believed. ERROR_NOT_FOUND: another version or kind, nothing wrong with it.
 * ERROR_INVALID: broken.
 */
bool beginning_head_check(const struct beginning_head *head, const struct beginning_kind *kind,
	struct error *err) must_use;

/* How long the whole file is. */
uint64_t beginning_size(const struct beginning_head *head);

/* Checks a whole file, aligned to 8, digests and all; errors as above. */
bool beginning_view(struct beginning *b, struct str bytes, const struct beginning_kind *kind,
	struct error *err) must_use;

/* What keeps a digest of tokens apart from others: names files, and finds them. */
uint64_t beginning_tokens_digest(uint32_t world, const int32_t *tokens, size_t count);

/*
 * Writes a file whole or not at all; `pages` has count / PAGE_TOKENS entries.
 * `stopped`, asked now and then, may end it (ERROR_CANCELLED); `copied` says that
 * tokens and pages are not looked at any more: all that is left is the disk's.
 */
struct beginning_source {
	struct beginning_kind kind;
	uint32_t world;
	size_t count;
	const int32_t *tokens;
	void *const *pages;
	bool (*stopped)(void *user);
	void (*copied)(void *user);
	void *user;
};

bool beginning_write(const char *path, const struct beginning_source *source, struct error *err) must_use;
