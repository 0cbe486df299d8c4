#include "text/html_url.h"

#include <ctype.h>

/* The parts of a URL, each with the characters that introduce it. */
struct parts {
	struct str scheme;      /* "https:" */
	struct str authority;   /* "//example.org" */
	struct str path, query, fragment;
};

static const char *const followed[] = { "http:", "https:", "mailto:", "tel:", "ftp:" };

static struct str until(struct str *rest, const char *stops)
{
	size_t n = 0;

	while (n < rest->n && !strchr(stops, rest->p[n]))
		n++;
	struct str piece = { rest->p, n };
	*rest = str_from(*rest, n);
	return piece;
}

static struct parts split(struct str url)
{
	struct parts p = {0};
	struct str rest = url, scheme = until(&rest, ":/?#");

	if (rest.n && rest.p[0] == ':' && scheme.n && isalpha((unsigned char)scheme.p[0])) {
		p.scheme = (struct str){ url.p, scheme.n + 1 };
		rest = str_from(url, scheme.n + 1);
	} else {
		rest = url;
	}
	if (str_starts(rest, (struct str)STR("//"))) {
		struct str behind = str_from(rest, 2);
		p.authority = (struct str){ rest.p, until(&behind, "/?#").n + 2 };
		rest = behind;
	}
	p.path = until(&rest, "?#");
	p.query = until(&rest, "#");
	p.fragment = rest;
	return p;
}

/* Removes "." and ".." from an absolute path (section 5.2.4), in place. */
static size_t without_dots(char *path, size_t n)
{
	size_t to = 0, at = 0;

	while (at < n) {
		size_t end = at + 1;
		while (end < n && path[end] != '/')
			end++;
		struct str segment = { path + at + 1, end - at - 1 };
		bool last = end == n;
		if (str_is(segment, "..")) {
			while (to && path[--to] != '/')
				;
		} else if (!str_is(segment, ".")) {
			memmove(path + to, path + at, end - at);
			to += end - at;
			last = false;
		}
		if (last)
			path[to++] = '/';
		at = end;
	}
	return to;
}

static bool scheme_followed(struct str scheme)
{
	for (size_t i = 0; i < countof(followed); i++)
		if (str_is_like(scheme, followed[i]))
			return true;
	return scheme.n == 0;
}

/* As browsers do: blanks around and line breaks within do not count. */
static size_t cleaned(struct str link, char *to)
{
	size_t n = 0;

	link = str_trim(link);
	for (size_t i = 0; i < link.n; i++)
		if ((unsigned char)link.p[i] > ' ' || link.p[i] == ' ')
			to[n++] = link.p[i];
	while (n && (unsigned char)to[n - 1] <= ' ')
		n--;
	return n;
}

static bool add_path(const struct parts *base, const struct parts *link, struct buf *out, struct error *err)
{
	char path[2 * HTML_URL_MAX + 2];
	size_t n = 0;

	if (!link->path.n || link->path.p[0] != '/') {
		size_t folder = base->path.n;
		while (folder && base->path.p[folder - 1] != '/')
			folder--;
		if (folder)
			memcpy(path, base->path.p, folder);
		else
			path[0] = '/';
		n = folder ? folder : 1;
	}
	if (link->path.n)
		memcpy(path + n, link->path.p, link->path.n);
	n += link->path.n;
	return buf_add(out, path, path[0] == '/' ? without_dots(path, n) : n, err);
}

static bool add_all(struct buf *out, const struct str *pieces, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (!buf_add_str(out, pieces[i], err))
			return false;
	return true;
}

static bool resolve(struct str base, struct str link, struct buf *out, struct error *err)
{
	struct parts b = split(base), l = split(link);

	if (l.scheme.n || !b.scheme.n)
		return buf_add_str(out, link, err);
	if (l.authority.n)
		return add_all(out, (struct str[]){ b.scheme, link }, 2, err);
	if (!add_all(out, (struct str[]){ b.scheme, b.authority }, 2, err))
		return false;
	if (l.path.n)
		return add_path(&b, &l, out, err) && add_all(out, (struct str[]){ l.query, l.fragment }, 2, err);
	return add_all(out, (struct str[]){ b.path, l.query.n ? l.query : b.query, l.fragment }, 3, err);
}

static bool balanced(struct str url)
{
	long open = 0;

	for (size_t i = 0; i < url.n && open >= 0; i++)
		open += (url.p[i] == '(') - (url.p[i] == ')');
	return open == 0;
}

bool html_link(struct str base, struct str link, struct buf *out)
{
	struct error none = {0};
	own_buf whole = BUF_INIT(3 * HTML_URL_MAX);
	char clean[HTML_URL_MAX];

	buf_clear(out);
	if (link.n > HTML_URL_MAX || base.n > HTML_URL_MAX)
		return false;
	struct str wanted = { clean, cleaned(link, clean) };
	if (!wanted.n || !scheme_followed(split(wanted).scheme) || !resolve(base, wanted, &whole, &none))
		return false;
	if (!scheme_followed(split(buf_str(&whole)).scheme))
		return false;
	const char *escaped = balanced(buf_str(&whole)) ? " <>\"\\`" : " <>\"\\`()";
	for (size_t i = 0; i < whole.len; i++) {
		unsigned char c = (unsigned char)whole.data[i];
		if (!(strchr(escaped, c) || c == 0x7f ? buf_addf(out, &none, "%%%02X", c) : buf_add(out, &c, 1, &none)))
			return false;
	}
	return true;
}
