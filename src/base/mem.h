/*
 * Small allocations that cannot fail.
 *
 * For memory whose size no outsider controls; running out ends the program, as
 * in git and redis.  What outsiders can size goes through a ceiling instead
 * (base/buf.h, base/arena.h) and returns an error.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

/* Uninitialised, like malloc(); the caller frees. */
void *mem_alloc(size_t size);

/* Zeroed array; the product is checked. */
void *mem_zeroed(size_t count, size_t size);

/* Grows or shrinks an array, as reallocarray(). */
void *mem_resize(void *old, size_t count, size_t size);

/* A copy of a string; NULL for NULL. */
char *mem_strdup(const char *string);

/* A copy of n bytes with a NUL after them. */
char *mem_strndup(const char *bytes, size_t n);

/* A formatted string; the caller frees. */
char *mem_printf(const char *fmt, ...) printf_like(1, 2);

/* Overwrites a secret, a string, and frees it; NULL does nothing. */
void mem_forget(char *secret);

/* Says why on standard error and aborts. */
void mem_panic(const char *why) __attribute__((noreturn));
