#include "base/str.h"

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct str str_trim(struct str a)
{
	while (a.n && is_space(a.p[0]))
		a = str_from(a, 1);
	while (a.n && is_space(a.p[a.n - 1]))
		a.n--;
	return a;
}

bool str_split(struct str *rest, char separator, struct str *piece)
{
	if (!rest->p)
		return false;

	const char *at = rest->n ? memchr(rest->p, separator, rest->n) : NULL;
	if (at) {
		*piece = (struct str){ rest->p, (size_t)(at - rest->p) };
		*rest = str_from(*rest, piece->n + 1);
	} else {
		*piece = *rest;
		*rest = (struct str){0};
	}
	return true;
}
