#include "base/utf8.h"

#include <string.h>

#define REPLACEMENT 0xFFFDu

/* Length that a first byte announces; 0 when it cannot begin a character. */
static size_t announced(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xC2 && first <= 0xDF)
		return 2;
	if (first >= 0xE0 && first <= 0xEF)
		return 3;
	if (first >= 0xF0 && first <= 0xF4)
		return 4;
	return 0;
}

/*
 * The second byte is where overlong forms, surrogates and values over U+10FFFF
 * show (RFC 3629, section 4); later ones are any continuation byte.
 */
static bool continues(unsigned char first, unsigned char byte, size_t position)
{
	unsigned char low = 0x80, high = 0xBF;

	if (position == 1) {
		if (first == 0xE0)
			low = 0xA0;
		else if (first == 0xED)
			high = 0x9F;
		else if (first == 0xF0)
			low = 0x90;
		else if (first == 0xF4)
			high = 0x8F;
	}
	return byte >= low && byte <= high;
}

size_t utf8_decode(const char *s, size_t n, uint32_t *code_point)
{
	const unsigned char *b = (const unsigned char *)s;
	size_t len = announced(b[0]);

	*code_point = REPLACEMENT;
	if (len == 0 || len > n)
		return 1;
	uint32_t value = len == 1 ? b[0] : b[0] & (0x7Fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (!continues(b[0], b[i], i))
			return 1;
		value = value << 6 | (b[i] & 0x3Fu);
	}
	*code_point = value;
	return len;
}

size_t utf8_encode(uint32_t c, char out[4])
{
	if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		c = REPLACEMENT;
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = len - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)((0xF00u >> len & 0xFFu) | c);
	return len;
}

/* Eight bytes at a time. */
size_t utf8_ascii(const char *s, size_t n)
{
	size_t i = 0;

	for (uint64_t word; i + sizeof word <= n; i += sizeof word) {
		memcpy(&word, s + i, sizeof word);
		if (word & 0x8080808080808080u)
			break;
	}
	while (i < n && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}

bool utf8_valid(const char *s, size_t n)
{
	uint32_t c;

	for (size_t i = utf8_ascii(s, n); i < n; i += utf8_ascii(s + i, n - i)) {
		size_t len = utf8_decode(s + i, n - i, &c);
		if (len == 1 && (unsigned char)s[i] >= 0x80)
			return false;
		i += len;
	}
	return true;
}

size_t utf8_incomplete_tail(const char *s, size_t n)
{
	for (size_t back = 1; back <= 3 && back <= n; back++) {
		unsigned char first = (unsigned char)s[n - back];
		size_t len = announced(first);

		if (len > back) {
			for (size_t i = 1; i < back; i++)
				if (!continues(first, (unsigned char)s[n - back + i], i))
					return 0;
			return back;
		}
		if (len || first < 0x80)
			return 0;
	}
	return 0;
}
