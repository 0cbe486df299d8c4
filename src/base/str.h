/*
 * A view of text: owns nothing, need not end with NUL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct str {
	const char *p;
	size_t n;
};

/* Of a literal, usable in constant initialisers. */
#define STR(literal) { .p = "" literal, .n = sizeof(literal) - 1 }

/* For printf: "%.*s", STR_ARGS(s). */
#define STR_ARGS(s) (int)(s).n, (s).p

static inline struct str str_of(const char *string) { return (struct str){ string, strlen(string) }; }

static inline bool str_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *string) { return str_equal(a, str_of(string)); }

static inline bool str_starts(struct str a, struct str start)
{
	return a.n >= start.n && (start.n == 0 || memcmp(a.p, start.p, start.n) == 0);
}

static inline bool str_ends(struct str a, const char *end)
{
	size_t n = strlen(end);

	return a.n >= n && (n == 0 || memcmp(a.p + a.n - n, end, n) == 0);
}

/* As str_is() and str_starts(), with ASCII capitals and small letters alike. */
static inline bool str_starts_like(struct str a, const char *start)
{
	size_t n = strlen(start);

	return a.n >= n && strncasecmp(a.p, start, n) == 0;
}

static inline bool str_is_like(struct str a, const char *string)
{
	return a.n == strlen(string) && str_starts_like(a, string);
}

/* One of the names, ended by NULL. */
static inline bool str_is_among(struct str a, const char *const *names)
{
	while (*names && !str_is(a, *names))
		names++;
	return *names;
}

static inline struct str str_from(struct str a, size_t start) { return (struct str){ a.p + start, a.n - start }; }

/* Without ASCII white space at both ends. */
struct str str_trim(struct str a);

/* Splits off the text before the next `separator`; all of it when there is none.  False at the end. */
bool str_split(struct str *rest, char separator, struct str *piece);
