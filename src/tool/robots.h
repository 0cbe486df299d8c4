/*
 * robots.txt (RFC 9309): whether a program may fetch a page.  Stateless; any thread.
 */
#pragma once

#include "base/str.h"

#define ROBOTS_MAX ((size_t)500 << 10)     /* bytes that are looked at; RFC 9309, section 2.5 */
#define ROBOTS_TOKEN "Shammah"             /* what we are called there */

/*
 * Whether the rules in `text`, any bytes, let who is called `token` fetch `path` (with its query, as in the URL).
 * The groups for the token count, else those for "*"; in them the longest pattern that matches, and of equally
 * long ones the one that allows.
 */
bool robots_allow(struct str text, const char *token, struct str path);
