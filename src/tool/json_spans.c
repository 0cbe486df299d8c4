#include "tool/json_spans.h"

static size_t skip_blanks(struct str s, size_t i)
{
	while (i < s.n && memchr(" \t\r\n,:", s.p[i], 6))
		i++;
	return i;
}

static size_t skip_string(struct str s, size_t i)
{
	for (i++; i < s.n && s.p[i] != '"'; i++)
		i += s.p[i] == '\\';
	return i + 1;
}

static size_t skip_value(struct str s, size_t i)
{
	size_t depth = 0;

	if (i < s.n && s.p[i] == '"')
		return skip_string(s, i);
	if (i < s.n && s.p[i] != '{' && s.p[i] != '[') {
		while (i < s.n && !memchr(" \t\r\n,]}", s.p[i], 7))
			i++;
		return i;
	}
	do {
		depth += s.p[i] == '{' || s.p[i] == '[';
		depth -= s.p[i] == '}' || s.p[i] == ']';
		i = s.p[i] == '"' ? skip_string(s, i) : i + 1;
	} while (depth && i < s.n);
	return i;
}

/* Between the brackets of an object or a list. */
static bool next(struct str s, size_t *at, struct str *value)
{
	size_t begin = skip_blanks(s, *at ? *at : 1);

	if (begin >= s.n || s.p[begin] == ']' || s.p[begin] == '}')
		return false;
	*at = skip_value(s, begin);
	*value = (struct str){ s.p + begin, *at - begin };
	return *at <= s.n;
}

bool json_span_next(struct str array, size_t *at, struct str *element)
{
	return array.n && array.p[0] == '[' && next(array, at, element);
}

struct str json_span_member(struct str object, const char *name)
{
	struct str key, value;
	size_t at = 0, n = strlen(name);

	while (object.n && object.p[0] == '{' && next(object, &at, &key) && next(object, &at, &value))
		if (key.n == n + 2 && memcmp(key.p + 1, name, n) == 0)
			return value;
	return (struct str){0};
}
