#include "text/unicode.h"

size_t unicode_previous(struct str text, size_t at)
{
	do
		at--;
	while (at && ((unsigned char)text.p[at] & 0xC0) == 0x80);
	return at;
}

struct str unicode_strip_start(struct str text)
{
	uint32_t c;

	while (text.n) {
		size_t len = unicode_next(text.p, &c);
		if (unicode_class(c) != CHAR_SPACE)
			break;
		text = str_from(text, len);
	}
	return text;
}

struct str unicode_strip_end(struct str text)
{
	uint32_t c;

	while (text.n) {
		size_t last = unicode_previous(text, text.n);
		unicode_next(text.p + last, &c);
		if (unicode_class(c) != CHAR_SPACE)
			break;
		text.n = last;
	}
	return text;
}
