/* Goes down the path; what is beside it is passed over by counting brackets, so nothing recurses. */
#include "config/json_lines.h"

#include <stdlib.h>
#include <string.h>

struct scan {
	struct str rest;
	int line;
};

static char peek(const struct scan *s)
{
	return s->rest.n ? *s->rest.p : '\0';
}

static void step(struct scan *s, size_t n)
{
	for (n = n < s->rest.n ? n : s->rest.n; n; n--) {
		s->line += *s->rest.p == '\n';
		s->rest = str_from(s->rest, 1);
	}
}

static void skip_space(struct scan *s)
{
	while (s->rest.n && strchr(" \t\r\n,:", *s->rest.p))
		step(s, 1);
}

/* At a quote: passes over the string and gives what is inside, escapes as they are. */
static struct str take_string(struct scan *s)
{
	size_t n = 1;

	while (n < s->rest.n && s->rest.p[n] != '"')
		n += s->rest.p[n] == '\\' ? 2 : 1;
	n = n < s->rest.n ? n : s->rest.n;
	struct str inside = { s->rest.p + 1, n - 1 };
	step(s, n + 1);
	return inside;
}

static void skip_value(struct scan *s)
{
	size_t depth = 0;

	do {
		skip_space(s);
		char c = peek(s);
		if (c == '"') {
			(void)take_string(s);
			continue;
		}
		depth += c == '{' || c == '[';
		if (c == '}' || c == ']') {
			if (!depth)
				return;
			depth--;
		}
		step(s, 1);
		while (!strchr("{}[]", c) && s->rest.n && !strchr(" \t\r\n,:{}[]\"", *s->rest.p))
			step(s, 1);
	} while (depth && s->rest.n);
}

/* To the n-th value of a list. */
static bool find_item(struct scan *s, size_t n)
{
	if (peek(s) != '[')
		return false;
	step(s, 1);
	for (skip_space(s); n && s->rest.n && peek(s) != ']'; n--) {
		skip_value(s);
		skip_space(s);
	}
	return s->rest.n && peek(s) != ']';
}

/* To the value of a member, whose key stands in *line. */
static bool find_member(struct scan *s, struct str name, int *line)
{
	if (peek(s) != '{')
		return false;
	step(s, 1);
	for (skip_space(s); peek(s) == '"'; skip_space(s)) {
		int here = s->line;
		if (str_equal(take_string(s), name)) {
			*line = here;
			return true;
		}
		skip_value(s);
	}
	return false;
}

int json_line(struct str text, const char *path)
{
	struct scan s = { text, 1 };
	int line = 1;

	for (;;) {
		skip_space(&s);
		if (*path == '[') {
			if (!find_item(&s, strtoul(path + 1, NULL, 10)))
				return line;
			line = s.line;
			path += strcspn(path, "]");
			path += *path == ']';
		} else if (*path) {
			size_t n = strcspn(path, ".[");
			if (!find_member(&s, (struct str){ path, n }, &line))
				return line;
			path += n;
		} else {
			return line;
		}
		path += *path == '.';
	}
}
