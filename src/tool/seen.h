/*
 * Which files the model of a conversation has seen, and how they were then: only what it
 * has read may it change.  Any thread.
 */
#pragma once

#include <sys/stat.h>

#include "base/sha.h"

#define SEEN_DIGEST_MAX ((off_t)1 << 20)   /* bytes of a file up to which its digest is kept */

struct seen;

struct seen *seen_create(void);
void seen_destroy(struct seen *s);

/*
 * The file was read, or written by a tool.  `digest`: the SHA-256 of its bytes in
 * hexadecimal; "" where none was made: then its times and size must do.
 */
void seen_note(struct seen *s, const char *real, const struct stat *was, const char *digest);

/*
 * A command of the shell has shown the file (`cat FILE`, `head`, `tail`, `sed -n`, `grep` of
 * one file): counts as read.  Nothing happens when no regular file is there.
 */
void seen_note_shown(struct seen *s, const char *real);

enum seen_state { SEEN_NEVER, SEEN_CHANGED, SEEN_SAME };

/* The file as it is now against how it was seen; `digest` as above. */
enum seen_state seen_compare(struct seen *s, const char *real, const struct stat *now, const char *digest);
