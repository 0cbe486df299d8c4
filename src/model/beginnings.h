/*
 * Computed beginnings of sequences that outlive the program: the system prompt
 * with its tools, which every session begins with.
 *
 * A folder holds one file for each (model/beginning_file.h); what is on it is
 * read once, at the start. Saving goes on in a thread of its own, which holds the
 * pages meanwhile; loading copies the file's pages into the pool, where a
 * sequence then finds them (sequence_begin()).
 *
 * The folder may be full, read-only, gone, damaged or shared with another
 * program of ours: that makes saving or loading fail, nothing else. The files
 * hold what users' programs said in system prompts: folder 0700, files 0600.
 * A world's number must mean the same whenever the program runs.
 *
 * All calls from the pool's thread.
 */
#pragma once

#include "model/pages.h"

struct beginnings;

struct beginnings_options {
	const char *directory;       /* created when the first is saved */
	uint64_t model;              /* a digest of all that keys and values depend on but for what is known here */
	enum kv_type type;
	uint64_t limit;              /* bytes of all files in the directory, whatever model they belong to */
};

enum { BEGINNING_LEAST = 4 * PAGE_TOKENS };      /* shorter ones are not worth a file */

/* The pool must outlive it. */
struct beginnings *beginnings_create(struct page_pool *p, const struct beginnings_options *options);

/* A file that is being written is given up. */
void beginnings_destroy(struct beginnings *b);

static inline void beginnings_destroy_ptr(struct beginnings **b) { beginnings_destroy(*b); }
#define own_beginnings owns(beginnings_destroy_ptr) struct beginnings

/*
 * Brings as much of these tokens as some file begins with into the pool, in whole
 * pages and no less than BEGINNING_LEAST, unless the pool has as much; returns
 * how much, or 0. Takes some milliseconds
 * when there is one, next to nothing when not. A damaged file is removed, and
 * *err, untouched otherwise, says so.
 */
size_t beginnings_load(struct beginnings *b, uint32_t world, const int32_t *tokens, size_t count, struct error *err);

/*
 * Begins to write the first `length` computed tokens, down to whole pages;
 * nothing to do when (nearly all of) them are there already, when they are few, or
 * when many were written within the hour. False when two are being
 * written already: try again when the beginning is used next. Pages count as used
 * until they are written.
 */
bool beginnings_save(struct beginnings *b, const struct sequence *s, size_t length);

/*
 * An answer needs the pages: gives up what is being written, or waits to be, and
 * their pages back. True when there were some; takes as long as the disk takes
 * over one page, two seconds at most.
 */
bool beginnings_yield(struct beginnings *b);

/* Waits, so long at most, until nothing is left to write; whether that is so. */
bool beginnings_flush(struct beginnings *b, unsigned timeout_ms);

/*
 * What went wrong at the start or with writing since the last time this was
 * asked; true when something did.  Like every call, takes back written pages.
 */
bool beginnings_failed(struct beginnings *b, struct error *err);

/* Files known for this model. */
size_t beginnings_count(const struct beginnings *b);
