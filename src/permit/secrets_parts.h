/* What the files of the masker share: inside permit/ only. */
#pragma once

#include "base/str.h"

/* Where a secret stands in the text; begin == end: there is none. */
struct secret_span {
	size_t begin, end;
};

/* A text that is walked; `at` is where something may begin. */
struct secret_scan {
	struct str text;
	size_t at;
	const char *program;       /* of the command line that is walked, if it takes passwords; NULL */
};

/* By its looks: keys of vendors, JWTs, "Bearer …". */
struct secret_span secret_token(const struct secret_scan *s);

/* By the name before it: assignments, members, headers, options. */
struct secret_span secret_named(const struct secret_scan *s);

/* A member of that name holds a secret, and this is one. */
bool secret_is_named(struct str name, struct str value);

/* Passwords of programs with options of their own: curl -u, mysql -p, ... */
struct secret_span secret_option(struct secret_scan *s);

/* "://name:password@", and what lies between the lines of PEM. */
struct secret_span secret_address(const struct secret_scan *s);
struct secret_span secret_pem(const struct secret_scan *s);

/* Letters and digits without order: at least 16 of them. */
bool secret_is_random(struct str value);

/* Says by itself that it is none: $VARIABLE, <your key>, "changeme", null. */
bool secret_is_placeholder(struct str value);

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static inline bool is_name_char(char c) { return is_digit(c) || is_letter(c) || c == '_' || c == '-'; }
