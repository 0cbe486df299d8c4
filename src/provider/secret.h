/*
 * Secrets in what a server says: it, or something before it, may quote the key that it
 * was sent, plainly or as JSON, URLs and HTML pages spell characters.
 */
#pragma once

/*
 * Overwrites with * what spells the secret in a text, and what begins to at its end,
 * where it may have been cut.  One of a few letters may be part of common words: it counts
 * only where it stands alone.
 */
void secret_hide(char *text, const char *secret);

/* Letters from which on a secret is one wherever it stands. */
#define SECRET_LONG 8
