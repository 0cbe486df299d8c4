#include "cli/mask.h"

#include <stdio.h>
#include <string.h>

/* First and last letters are shown only when that leaves most of it hidden. */
const char *mask_secret(const char *secret, char out[MASK_TEXT])
{
	size_t n = strlen(secret);

	if (n < 20)
		snprintf(out, MASK_TEXT, "(set, %zu characters)", n);
	else
		snprintf(out, MASK_TEXT, "%.7s...%s", secret, secret + n - 4);
	return out;
}
