/* What rules match; nothing here reads their grammar. */
#include "permit/rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* Names that changed: a rule with the old one means the new one as well. */
static bool is_same_tool(struct str a, struct str b)
{
	static const char *const agent[] = { "Agent", "Task", NULL };

	return str_equal(a, b) || (str_is_among(a, agent) && str_is_among(b, agent));
}

/* "mcp__server": every tool of it. */
static bool is_server_of(struct str rule, struct str tool)
{
	return str_starts(rule, str_of("mcp__")) && tool.n > rule.n + 2 && str_starts(tool, rule) &&
		memcmp(tool.p + rule.n, "__", 2) == 0 && !memmem(rule.p + 5, rule.n - 5, "__", 2);
}

bool rule_names(const struct rule *r, struct str tool)
{
	if (!r->tool.n)
		return r->broken;
	if (glob_is(r->tool))
		return glob_match(r->tool, tool);
	return is_same_tool(r->tool, tool) || is_server_of(r->tool, tool);
}

bool rule_is_exact(const struct rule *r)
{
	return r->kind == RULE_COMMAND && !strchr(r->spec, '*');
}

bool rule_matches_command(const struct rule *r, struct str command)
{
	struct str spec = str_of(r->spec);

	if (r->kind != RULE_COMMAND)
		return false;
	if (glob_match(spec, command))
		return true;
	return spec.n > 2 && str_ends(spec, " *") && glob_match((struct str){ spec.p, spec.n - 2 }, command);
}

static bool is_below(const char *path, const char *folder, struct str *rest)
{
	size_t n = strlen(folder);

	if (strncmp(path, folder, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return false;
	*rest = str_of(path[n] ? path + n + 1 : path + n);
	return true;
}

bool rule_matches_path(const struct rule *r, const char *anchor, const char *path)
{
	struct str rest;

	if (r->kind != RULE_PATH)
		return false;
	if (is_below(path, anchor, &rest) && ignore_match(&r->pattern, rest))
		return true;
	return r->both_roots && ignore_match(&r->pattern, str_of(path + 1));
}

/* --- addresses ------------------------------------------------------------------------- */

/* Labels from the right: '*' stays in one, but "*." at the beginning takes one or more. */
static bool host_matches(struct str pattern, struct str host)
{
	struct str p, h;

	if (str_starts(pattern, str_of("*."))) {
		struct str rest = str_from(pattern, 1);
		for (size_t i = 1; i + rest.n <= host.n; i++)
			if (host.p[i] == '.' && host_matches(str_from(rest, 1), str_from(host, i + 1)))
				return true;
		return false;
	}
	while (str_split(&pattern, '.', &p)) {
		if (!str_split(&host, '.', &h) || !glob_match(p, h))
			return false;
	}
	return !str_split(&host, '.', &h);
}

static char *lower(struct str text)
{
	char *out = mem_strndup(text.p, text.n);

	for (char *c = out; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c);
	return out;
}

/* "https://host:port/path", as far as it is there. */
struct parts {
	struct str scheme, host, path;
	unsigned port;
};

static struct parts parts_of(struct str url)
{
	struct parts p = {0};
	const char *colon = memmem(url.p, url.n, "://", 3);
	size_t n = colon ? (size_t)(colon - url.p) : 0;

	p.scheme = (struct str){ url.p, n };
	p.port = str_is_like(p.scheme, "https") ? 443 : 80;
	struct str rest = str_from(url, colon ? n + 3 : url.n);
	size_t end = 0;
	while (end < rest.n && !strchr("/?#", rest.p[end]))
		end++;
	p.host = (struct str){ rest.p, end };
	p.path = str_from(rest, end);
	if (!p.path.n)
		p.path = (struct str)STR("/");
	const char *port = p.host.n ? memrchr(p.host.p, ':', p.host.n) : NULL;
	if (port && !memchr(port, ']', p.host.n - (size_t)(port - p.host.p))) {
		own_mem char *digits = mem_strndup(port + 1, p.host.n - (size_t)(port - p.host.p) - 1);
		p.port = (unsigned)strtoul(digits, NULL, 10);
		p.host.n = (size_t)(port - p.host.p);
	}
	return p;
}

/* "**" crosses slashes, '*' does not: reached[i] says whether the pattern so far can end before path[i]. */
static bool path_matches(struct str pattern, struct str path)
{
	own_mem bool *reached = mem_zeroed(path.n + 1, sizeof *reached);

	reached[0] = true;
	for (size_t p = 0; p < pattern.n;) {
		size_t stars = 0;
		while (p + stars < pattern.n && pattern.p[p + stars] == '*')
			stars++;
		for (size_t i = 1; stars && i <= path.n; i++)
			reached[i] |= reached[i - 1] && (stars > 1 || path.p[i - 1] != '/');
		for (size_t i = path.n + 1; !stars && i-- > 0;)
			reached[i] = i > 0 && reached[i - 1] && path.p[i - 1] == pattern.p[p];
		p += stars ? stars : 1;
	}
	return reached[path.n];
}

/* Dots that a server may take back, written as such or in percents. */
static bool climbs(struct str path)
{
	static const char *const dots[] = { "/../", "/./", "%2e", "%2E", "%2f", "%2F", "\\" };

	for (size_t i = 0; i < countof(dots); i++)
		if (memmem(path.p, path.n, dots[i], strlen(dots[i])))
			return true;
	return str_ends(path, "/..") || str_ends(path, "/.");
}

static bool url_matches(const struct rule *r, struct str url, const char *host, unsigned port)
{
	struct parts rule = parts_of(str_of(r->spec)), given = parts_of(url);
	own_mem char *pattern = lower(rule.host);

	if (given.scheme.n != rule.scheme.n || strncasecmp(given.scheme.p, rule.scheme.p, given.scheme.n) != 0 ||
		port != rule.port || !host_matches(str_of(pattern), str_of(host)))
		return false;
	if (climbs(given.path))
		return r->list != RULE_ALLOW;
	return path_matches(rule.path, given.path);
}

bool rule_matches_url(const struct rule *r, struct str url, const char *host, unsigned port)
{
	if (r->kind == RULE_URL)
		return url_matches(r, url, host, port);
	if (r->kind != RULE_DOMAIN)
		return false;
	own_mem char *pattern = lower(str_of(r->spec));
	return host_matches(str_of(pattern), str_of(host));
}

/* --- arguments --------------------------------------------------------------------------- */

static bool scalar_matches(struct str pattern, const json_t *value)
{
	char number[40];

	if (json_is_string(value))
		return glob_match(pattern, (struct str){ json_string_value(value), json_string_length(value) });
	if (json_is_boolean(value))
		return glob_match(pattern, str_of(json_is_true(value) ? "true" : "false"));
	if (json_is_integer(value))
		(void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(number, sizeof number, "%.17g", json_real_value(value));
	else
		return false;
	return glob_match(pattern, str_of(number));
}

bool rule_matches_input(const struct rule *r, const json_t *input)
{
	struct str spec = str_of(r->spec ? r->spec : "");
	const json_t *value = r->parameter ? json_object_get(input, r->parameter) : NULL;

	if (r->kind == RULE_PARAMETER)
		return value && scalar_matches(spec, value);
	if (r->kind != RULE_NAME)
		return false;
	if (!value)
		value = json_object_get(input, "name");
	if (!value)
		value = json_object_get(input, "command");
	if (!value || !json_is_string(value))
		return false;
	if (scalar_matches(spec, value))
		return true;
	return spec.n > 2 && str_ends(spec, " *") && scalar_matches((struct str){ spec.p, spec.n - 2 }, value);
}

bool rule_add_path(struct buf *out, const char *path, struct error *err)
{
	for (; *path; path++)
		if ((strchr("[]*?\\!#", *path) && !buf_adds(out, "\\", err)) || !buf_add(out, path, 1, err))
			return false;
	return true;
}
