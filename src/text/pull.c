#include "text/pull.h"

#include "base/utf8.h"

bool pull_fail(struct pull *p)
{
	p->failed = true;
	return false;
}

bool pull_error(const struct pull *p, const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID, "%s: not as expected at byte %zu", what, (size_t)(p->at - p->start));
}

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

char pull_peek(struct pull *p)
{
	while (p->at < p->end && is_space(*p->at))
		p->at++;
	return p->at < p->end && !p->failed ? *p->at : '\0';
}

static bool expect(struct pull *p, char c)
{
	if (pull_peek(p) != c)
		return pull_fail(p);
	p->at++;
	return true;
}

bool pull_enter(struct pull *p, char open)
{
	char close = open == '{' ? '}' : ']';

	if (!expect(p, open))
		return false;
	if (pull_peek(p) != close)
		return true;
	p->at++;
	return false;
}

bool pull_more(struct pull *p, char close)
{
	char c = pull_peek(p);

	if (c != ',' && c != close)
		return pull_fail(p);
	p->at++;
	return c == ',';
}

static bool hex4(const char *s, const char *end, uint32_t *value)
{
	*value = 0;
	if (end - s < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		char c = s[i], lower = (char)(c | 0x20);
		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint32_t)(c - '0');
		else if (lower >= 'a' && lower <= 'f')
			*value = *value << 4 | (uint32_t)(lower - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* The code point of \uXXXX (or two of them) at *s, which stands behind the u. */
static bool unicode_escape(const char **s, const char *end, uint32_t *c)
{
	uint32_t low;

	if (!hex4(*s, end, c))
		return false;
	*s += 4;
	if (*c < 0xD800 || *c > 0xDFFF)
		return true;
	if (*c > 0xDBFF || end - *s < 6 || (*s)[0] != '\\' || (*s)[1] != 'u' || !hex4(*s + 2, end, &low) ||
	    low < 0xDC00 || low > 0xDFFF)
		return false;
	*s += 6;
	*c = 0x10000 + ((*c - 0xD800) << 10 | (low - 0xDC00));
	return true;
}

static bool unescape(struct pull *p, const char **s, struct error *err)
{
	static const char plain[128] = {
		['"'] = '"', ['\\'] = '\\', ['/'] = '/',
		['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
	};
	unsigned char letter = *s < p->end ? (unsigned char)*(*s)++ : 0;
	char bytes[4];
	uint32_t c;

	if (letter < sizeof plain && plain[letter])
		return buf_add(&p->unescaped, &plain[letter], 1, err);
	return letter == 'u' && unicode_escape(s, p->end, &c) &&
		buf_add(&p->unescaped, bytes, utf8_encode(c, bytes), err);
}

/* A string from p->at, behind its quote, that has an escape at s. */
static bool escaped_string(struct pull *p, const char *s, struct str *value)
{
	struct error ignored = {0};

	buf_clear(&p->unescaped);
	for (const char *from = p->at; ; from = s) {
		while (s < p->end && *s != '"' && *s != '\\')
			s++;
		if (s == p->end || !buf_add(&p->unescaped, from, (size_t)(s - from), &ignored))
			return pull_fail(p);
		if (*s++ == '"')
			break;
		if (!unescape(p, &s, &ignored))
			return pull_fail(p);
	}
	p->at = s;
	*value = buf_str(&p->unescaped);
	return true;
}

bool pull_string(struct pull *p, struct str *value)
{
	if (!expect(p, '"'))
		return false;
	for (const char *s = p->at; s < p->end; s++) {
		if (*s == '\\')
			return escaped_string(p, s, value);
		if (*s == '"') {
			*value = (struct str){ p->at, (size_t)(s - p->at) };
			p->at = s + 1;
			return true;
		}
	}
	return pull_fail(p);
}

bool pull_key(struct pull *p, struct str *name)
{
	return pull_string(p, name) && expect(p, ':');
}

bool pull_integer(struct pull *p, int64_t *value)
{
	bool negative = pull_peek(p) == '-';
	const char *s = p->at + negative, *digits = s;
	int64_t n = 0;

	for (; s < p->end && *s >= '0' && *s <= '9' && s - digits < 18; s++)
		n = n * 10 + (*s - '0');
	if (s == digits || p->failed)
		return pull_fail(p);
	p->at = s;
	*value = negative ? -n : n;
	return true;
}

/* Behind the string whose first quote stands at s; the end when it has no second. */
static const char *behind_string(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		if (*s == '\\' && s + 1 < end)
			s++;
	return s < end ? s + 1 : end;
}

static bool ends_scalar(char c) { return c == ',' || c == ']' || c == '}' || is_space(c); }

bool pull_skip(struct pull *p, struct str *text)
{
	size_t depth = 0;
	char c = pull_peek(p);
	const char *s = p->at;

	if (!c || ends_scalar(c))
		return pull_fail(p);
	do {
		c = *s;
		if (c == '"')
			s = behind_string(s, p->end);
		else
			s++;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth)
			depth--;
		else if (c != '"' && !depth)
			while (s < p->end && !ends_scalar(*s))
				s++;
	} while (depth && s < p->end);
	if (depth)
		return pull_fail(p);
	*text = (struct str){ p->at, (size_t)(s - p->at) };
	p->at = s;
	return true;
}
