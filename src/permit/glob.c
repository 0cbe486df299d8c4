#include "permit/glob.h"

#include <ctype.h>

/* Whether the pattern's place holds this character of the text; it moves past what matched. */
typedef bool one_fn(const struct ignore_pattern *pattern, struct str s, size_t *at, int c);

/* '*' stands for any characters, all else for what `one` says.  The last star is the only one to be tried anew. */
static bool stars_match(const struct ignore_pattern *pattern, struct str s, struct str text, one_fn *one)
{
	size_t p = 0, t = 0, star = (size_t)-1, from = 0;

	while (t < text.n) {
		size_t next = p;
		if (p < s.n && s.p[p] == '*') {
			star = p++;
			from = t;
		} else if (one(pattern, s, &next, (unsigned char)text.p[t])) {
			p = next;
			t++;
		} else if (star != (size_t)-1) {
			p = star + 1;
			t = ++from;
		} else {
			return false;
		}
	}
	while (p < s.n && s.p[p] == '*')
		p++;
	return p == s.n;
}

static bool is_same(const struct ignore_pattern *pattern, struct str s, size_t *at, int c)
{
	(void)pattern;
	return *at < s.n && (unsigned char)s.p[(*at)++] == c;
}

bool glob_match(struct str pattern, struct str text) { return stars_match(NULL, pattern, text, is_same); }

/* --- gitignore ----------------------------------------------------------------------- */

static int folded(const struct ignore_pattern *pattern, int c)
{
	return pattern->fold ? tolower(c) : c;
}

/* "[a-z]" at pattern[*at]: whether it holds `c`; *at is behind it then.  False and *at unmoved: a '[' as such. */
static bool class_holds(const struct ignore_pattern *pattern, struct str s, size_t *at, int c, bool *is_class)
{
	size_t i = *at + 1;
	bool inverse = i < s.n && (s.p[i] == '!' || s.p[i] == '^'), holds = false;

	*is_class = false;
	i += inverse;
	for (size_t first = i; i < s.n && (s.p[i] != ']' || i == first); i++) {
		i += s.p[i] == '\\' && i + 1 < s.n;
		int low = (unsigned char)s.p[i], high = low;
		if (i + 2 < s.n && s.p[i + 1] == '-' && s.p[i + 2] != ']') {
			i += 2;
			i += s.p[i] == '\\' && i + 1 < s.n;
			high = (unsigned char)s.p[i];
		}
		holds |= (c >= low && c <= high) || (pattern->fold && ((tolower(c) >= low && tolower(c) <= high) ||
			(toupper(c) >= low && toupper(c) <= high)));
	}
	if (i >= s.n)
		return false;
	*is_class = true;
	*at = i + 1;
	return holds != inverse;
}

/* One character of the text at the pattern's place, which moves past what it matched. */
static bool one_matches(const struct ignore_pattern *pattern, struct str s, size_t *at, int c)
{
	bool is_class = false;

	if (*at >= s.n)
		return false;
	if (s.p[*at] == '?') {
		++*at;
		return true;
	}
	if (s.p[*at] == '[') {
		bool holds = class_holds(pattern, s, at, c, &is_class);
		if (is_class)
			return holds;
	}
	size_t literal = *at + (s.p[*at] == '\\' && *at + 1 < s.n);
	*at = literal + 1;
	return folded(pattern, (unsigned char)s.p[literal]) == folded(pattern, c);
}

/* The first segment, and what follows it. */
static struct str cut_segment(struct str *rest)
{
	struct str segment = {0};

	str_split(rest, '/', &segment);
	return segment;
}

/*
 * The whole pattern against a beginning of the path that ends where a segment does.  A "**" takes as few
 * segments as it can; when that fails, the last one takes one more.
 */
static bool begins(const struct ignore_pattern *pattern, struct str p, struct str path)
{
	bool starred = false;
	struct str again_p = {0}, again_path = {0};

	while (p.n) {
		struct str segment = cut_segment(&p);
		if (str_is(segment, "**")) {
			starred = true;
			again_p = p;
			again_path = path;
			continue;
		}
		struct str rest = path;
		if (path.n && stars_match(pattern, segment, cut_segment(&rest), one_matches)) {
			path = rest;
			continue;
		}
		if (!starred || !again_path.n)
			return false;
		(void)cut_segment(&again_path);
		p = again_p;
		path = again_path;
	}
	return true;
}

bool ignore_match(const struct ignore_pattern *pattern, struct str path)
{
	if (!pattern->text.n)
		return true;
	if (begins(pattern, pattern->text, path))
		return true;
	while (!pattern->anchored && path.n) {
		(void)cut_segment(&path);
		if (path.n && begins(pattern, pattern->text, path))
			return true;
	}
	return false;
}
