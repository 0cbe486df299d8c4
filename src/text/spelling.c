#include "text/spelling.h"

#include <string.h>

#include "text/unicode.h"

static const struct str space = STR("\xE2\x96\x81");

void spelling_init(struct spelling *s, bool characters)
{
	s->characters = characters;
	alphabet_init(&s->alphabet);
}

static bool is_space(const char *at, const char *end)
{
	return (size_t)(end - at) >= space.n && memcmp(at, space.p, space.n) == 0;
}

bool spelling_has_space(struct str text)
{
	return text.n && memmem(text.p, text.n, space.p, space.n);
}

bool spelling_begins_with_space(struct str text) { return is_space(text.p, text.p + text.n); }

size_t spelling_spaces(struct str text, char *out)
{
	const char *at = text.p, *end = text.p + text.n;
	size_t n = 0;

	while (at < end) {
		bool found = is_space(at, end);
		out[n++] = found ? ' ' : *at;
		at += found ? space.n : 1;
	}
	return n;
}

/* Four bits of a byte's name, which are written large; -1: none. */
static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that <0x41> names; -1: it names none. */
static int named_byte(struct str written)
{
	if (written.n != 6 || memcmp(written.p, "<0x", 3) || written.p[5] != '>')
		return -1;
	int high = hex_digit(written.p[3]), low = hex_digit(written.p[4]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static enum spelt read_characters(struct str written, char *bytes, size_t *n)
{
	int byte = named_byte(written);

	if (byte >= 0) {
		*n = 1;
		bytes[0] = (char)byte;
		return SPELT_BYTE;
	}
	*n = spelling_spaces(written, bytes);
	return written.n && memchr(written.p, ' ', written.n) ? SPELT_OTHERWISE : SPELT_WORD;
}

enum spelt spelling_read(const struct spelling *s, struct str written, char *bytes, size_t *n)
{
	if (s->characters)
		return read_characters(written, bytes, n);
	*n = alphabet_decode(&s->alphabet, written, bytes);
	if (*n != SIZE_MAX)
		return SPELT_WORD;
	*n = written.n;
	memcpy(bytes, written.p, written.n);
	return SPELT_OTHERWISE;
}

/* Without <s>, which begins or ends whole texts in other vocabularies. */
static const char *const html_tags[] = {
	"a", "b", "bbox", "blockquote", "body", "caption", "code", "div", "em", "footer", "h1", "h2", "h3", "h4", "h5",
	"h6", "html", "i", "iframe", "img", "li", "ol", "p", "span", "strong", "sub", "sup", "table", "tbody", "td",
	"tfoot", "th", "thead", "tr", "u", "ul",
};

static bool is_html(struct str added)
{
	if (added.n < 3 || added.p[0] != '<' || added.p[added.n - 1] != '>')
		return false;
	size_t from = added.p[1] == '/' ? 2 : 1;
	struct str name = { added.p + from, added.n - 1 - from };
	for (size_t i = 0; i < countof(html_tags); i++)
		if (str_is(name, html_tags[i]))
			return true;
	return false;
}

bool spelling_is_text(struct str added)
{
	while (added.n && is_space(added.p, added.p + added.n))
		added = str_from(added, space.n);
	return !unicode_strip_start(added).n || is_html(added);
}
