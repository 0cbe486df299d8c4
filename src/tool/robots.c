/*
 * Pattern and path are brought to one spelling first: what need not be escaped is not, what is not
 * ASCII is.  In a pattern `*` is any text and a last `$` the end; each piece between stars is taken
 * where it comes first, which makes matching linear.
 */
#include "tool/robots.h"

#include <ctype.h>

#include "base/buf.h"

#define SPELLED_MAX (3 * ROBOTS_MAX)

struct reader {
	const char *token;         /* NULL: the groups for "*" */
	struct str path;           /* spelled */
	bool naming;               /* the last line that counts named whom a group is for */
	bool ours;                 /* the group is for us */
	bool any;                  /* a group was */
	size_t best;               /* the longest pattern that matched, plus 1 */
	bool allowed;
};

static int hex(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

static bool is_unreserved(int c) { return isalnum(c) || strchr("-._~", c); }

static bool spell_byte(struct buf *out, unsigned char c, bool escaped)
{
	return escaped ? buf_addf(out, &(struct error){0}, "%%%02X", c) : buf_add(out, &c, 1, &(struct error){0});
}

/* False: there is too much of it.  A path's own '*' and '$' mean nothing. */
static bool spell(struct str text, bool pattern, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool code = c == '%' && i + 2 < text.n && hex(text.p[i + 1]) >= 0 && hex(text.p[i + 2]) >= 0;
		bool literal = !pattern && (c == '*' || c == '$');
		if (code) {
			c = (unsigned char)(hex(text.p[i + 1]) << 4 | hex(text.p[i + 2]));
			i += 2;
		}
		if (!spell_byte(out, c, code ? !c || !is_unreserved(c) : literal || c >= 0x80))
			return false;
	}
	return true;
}

static bool matches(struct str pattern, struct str path)
{
	bool first = true, tied = str_ends(pattern, "$");
	struct str rest = pattern;

	if (tied)
		rest.n--;
	for (;;) {
		const char *star = rest.n ? memchr(rest.p, '*', rest.n) : NULL;
		struct str piece = { rest.p, star ? (size_t)(star - rest.p) : rest.n };
		if (!star && tied && !first)           /* the last piece is at the end */
			return path.n >= piece.n && (!piece.n || !memcmp(path.p + path.n - piece.n, piece.p, piece.n));
		const char *at = !piece.n ? path.p : path.n ? memmem(path.p, path.n, piece.p, piece.n) : NULL;
		if (!at || (first && at != path.p))
			return false;
		path = str_from(path, (size_t)(at - path.p) + piece.n);
		if (!star)
			return !tied || !path.n;
		rest = str_from(rest, piece.n + 1);
		first = false;
	}
}

static void read_rule(struct reader *r, struct str value, bool allow)
{
	own_buf pattern = BUF_INIT(SPELLED_MAX);

	r->naming = false;
	if (!r->ours || !value.n || !spell(value, true, &pattern) || !matches(buf_str(&pattern), r->path))
		return;
	if (pattern.len + 1 > r->best || (pattern.len + 1 == r->best && allow)) {
		r->best = pattern.len + 1;
		r->allowed = allow;
	}
}

/* A name is letters, '-' and '_'; what follows it (a version) does not count. */
static bool is_named(struct str value, const char *token)
{
	size_t n = 0;

	if (!token)
		return value.n && value.p[0] == '*';
	while (n < value.n && (isalpha((unsigned char)value.p[n]) || value.p[n] == '-' || value.p[n] == '_'))
		n++;
	return str_is_like((struct str){ value.p, n }, token);
}

static void read_line(struct reader *r, struct str line)
{
	struct str name = {0}, value;

	(void)str_split(&line, '#', &value);
	value = str_trim(value);
	if (!value.n || !memchr(value.p, ':', value.n) || !str_split(&value, ':', &name))
		return;
	name = str_trim(name);
	value = str_trim(value);
	if (str_is_like(name, "user-agent")) {
		r->ours = (r->naming && r->ours) || is_named(value, r->token);
		r->naming = true;
		r->any |= r->ours;
	} else if (str_is_like(name, "allow")) {
		read_rule(r, value, true);
	} else if (str_is_like(name, "disallow")) {
		read_rule(r, value, false);
	}
}

/* Lines end with CR, LF or both. */
static void read_lines(struct reader *r, struct str text)
{
	while (text.n) {
		size_t n = 0;
		while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
			n++;
		if (n)
			read_line(r, (struct str){ text.p, n });
		text = str_from(text, n + (n < text.n));
	}
}

bool robots_allow(struct str text, const char *token, struct str path)
{
	own_buf spelled = BUF_INIT(SPELLED_MAX);

	if (str_is(path, "/robots.txt"))
		return true;
	if (!spell(path, false, &spelled))
		return false;
	if (str_starts(text, (struct str)STR("\xef\xbb\xbf")))
		text = str_from(text, 3);
	if (text.n > ROBOTS_MAX)
		text.n = ROBOTS_MAX;
	struct reader r = { .token = token, .path = buf_str(&spelled), .allowed = true };
	read_lines(&r, text);
	if (!r.any) {
		r = (struct reader){ .path = buf_str(&spelled), .allowed = true };
		read_lines(&r, text);
	}
	return r.allowed;
}
