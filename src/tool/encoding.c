#include "tool/encoding.h"

#include <stdint.h>

#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define BINARY_WITHIN ((size_t)8 << 10)    /* bytes in which a NUL means: no text */

/* 0x80 to 0x9f of windows-1252 (encoding.spec.whatwg.org/index-windows-1252.txt). */
static const uint16_t windows[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d,
	0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
	0x0153, 0x009d, 0x017e, 0x0178,
};

const char *encoding_name(enum encoding_kind kind)
{
	static const char *const names[] = {
		[ENCODING_UTF8] = "UTF-8", [ENCODING_UTF16LE] = "UTF-16 (little-endian)",
		[ENCODING_UTF16BE] = "UTF-16 (big-endian)", [ENCODING_1252] = "windows-1252",
		[ENCODING_BINARY] = "binary",
	};

	return names[kind];
}

/* --- what it is -------------------------------------------------------------------------- */

/* UTF-16 without a mark: of ASCII in it every other byte is NUL, and none between. */
static bool is_wide(struct str head, size_t which)
{
	size_t zeros = 0, pairs = head.n / 2;

	for (size_t i = 0; i < pairs; i++) {
		zeros += head.p[2 * i + which] == 0;
		if (head.p[2 * i + 1 - which] == 0)
			return false;
	}
	return pairs >= 2 && zeros * 4 > pairs * 3;
}

static bool is_binary(struct str head)
{
	size_t controls = 0;

	for (size_t i = 0; i < head.n; i++) {
		unsigned char c = (unsigned char)head.p[i];
		if (c == 0)
			return true;
		controls += c < ' ' && !(c >= '\a' && c <= '\r') && c != '\x1b';
	}
	return controls * 10 > head.n;
}

static struct encoding guess_bytes(struct str head, bool whole)
{
	size_t end = whole ? head.n : head.n - utf8_incomplete_tail(head.p, head.n), good = 0, bad = 0;

	for (size_t i = utf8_ascii(head.p, end); i < end; ) {
		uint32_t c;
		size_t n = utf8_decode(head.p + i, end - i, &c);
		bad += n == 1 && (head.p[i] & 0x80);
		good += n > 1;
		i += n;
	}
	if (!bad)
		return (struct encoding){ ENCODING_UTF8, 0, false };
	return good > bad ? (struct encoding){ ENCODING_UTF8, 0, true } : (struct encoding){ ENCODING_1252, 0, false };
}

struct encoding encoding_guess(struct str head, bool whole)
{
	struct str first = { head.p, head.n < BINARY_WITHIN ? head.n : BINARY_WITHIN };

	if (str_starts(head, (struct str)STR("\xff\xfe")))
		return (struct encoding){ ENCODING_UTF16LE, 2, false };
	if (str_starts(head, (struct str)STR("\xfe\xff")))
		return (struct encoding){ ENCODING_UTF16BE, 2, false };
	if (is_wide(first, 1))
		return (struct encoding){ ENCODING_UTF16LE, 0, false };
	if (is_wide(first, 0))
		return (struct encoding){ ENCODING_UTF16BE, 0, false };
	if (is_binary(first))
		return (struct encoding){ ENCODING_BINARY, 0, false };
	size_t mark = str_starts(head, (struct str)STR("\xef\xbb\xbf")) ? 3 : 0;
	struct encoding found = guess_bytes(str_from(head, mark), whole);
	if (found.kind == ENCODING_UTF8)
		found.mark = mark;
	return found;
}

/* --- there ------------------------------------------------------------------------------- */

static bool add_character(struct buf *out, uint32_t c, struct error *err)
{
	char text[4];

	return buf_add(out, text, utf8_encode(c, text), err);
}

static uint32_t unit_at(enum encoding_kind kind, const char *p)
{
	uint32_t a = (unsigned char)p[0], b = (unsigned char)p[1];

	return kind == ENCODING_UTF16LE ? b << 8 | a : a << 8 | b;
}

static bool is_high(uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
static bool is_low(uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

static bool decode_wide(enum encoding_kind kind, struct str *bytes, bool last, struct buf *out, struct error *err)
{
	while (bytes->n >= 2) {
		uint32_t c = unit_at(kind, bytes->p);
		size_t n = 2;
		if (is_high(c) && bytes->n < 4 && !last)
			return true;
		uint32_t next = bytes->n >= 4 ? unit_at(kind, bytes->p + 2) : 0;
		if (is_high(c) && is_low(next)) {
			c = 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00);
			n = 4;
		} else if (is_high(c) || is_low(c)) {
			c = 0xfffd;
		}
		if (!add_character(out, c, err))
			return false;
		*bytes = str_from(*bytes, n);
	}
	if (!last || !bytes->n)
		return true;
	*bytes = str_from(*bytes, bytes->n);
	return add_character(out, 0xfffd, err);
}

static bool decode_windows(struct str *bytes, struct buf *out, struct error *err)
{
	while (bytes->n) {
		size_t plain = utf8_ascii(bytes->p, bytes->n);
		if (!buf_add(out, bytes->p, plain, err))
			return false;
		*bytes = str_from(*bytes, plain);
		if (!bytes->n)
			return true;
		unsigned char c = (unsigned char)bytes->p[0];
		if (!add_character(out, c < 0xa0 ? windows[c - 0x80] : c, err))
			return false;
		*bytes = str_from(*bytes, 1);
	}
	return true;
}

bool encoding_decode(enum encoding_kind kind, struct str *bytes, bool last, struct buf *out, struct error *err)
{
	struct str all = *bytes;

	if (kind == ENCODING_UTF16LE || kind == ENCODING_UTF16BE)
		return decode_wide(kind, bytes, last, out, err);
	if (kind == ENCODING_1252)
		return decode_windows(bytes, out, err);
	*bytes = str_from(*bytes, bytes->n);
	return buf_add_str(out, all, err);
}

/* --- and back ---------------------------------------------------------------------------- */

static bool encode_wide(enum encoding_kind kind, uint32_t c, struct buf *out, struct error *err)
{
	uint32_t units[2] = { c, 0 };
	size_t count = 1;
	char bytes[4];

	if (c >= 0x10000) {
		units[0] = 0xd800 + ((c - 0x10000) >> 10);
		units[1] = 0xdc00 + ((c - 0x10000) & 0x3ff);
		count = 2;
	}
	for (size_t i = 0; i < count; i++) {
		bool little = kind == ENCODING_UTF16LE;
		bytes[2 * i] = (char)(little ? units[i] & 0xff : units[i] >> 8);
		bytes[2 * i + 1] = (char)(little ? units[i] >> 8 : units[i] & 0xff);
	}
	return buf_add(out, bytes, 2 * count, err);
}

static bool encode_windows(uint32_t c, struct buf *out, struct error *err)
{
	char byte = (char)c;

	if (c < 0x80 || (c >= 0xa0 && c < 0x100))
		return buf_add(out, &byte, 1, err);
	for (size_t i = 0; i < countof(windows); i++) {
		byte = (char)(0x80 + i);
		if (windows[i] == c)
			return buf_add(out, &byte, 1, err);
	}
	return error_set(err, ERROR_INVALID, "the file is in windows-1252 (Latin-1), which has no character U+%04X: "
		"write without it", c);
}

bool encoding_encode(enum encoding_kind kind, struct str text, struct buf *out, struct error *err)
{
	if (kind == ENCODING_UTF8)
		return buf_add_str(out, text, err);
	for (size_t i = 0; i < text.n; ) {
		uint32_t c;
		i += utf8_decode(text.p + i, text.n - i, &c);
		if (!(kind == ENCODING_1252 ? encode_windows(c, out, err) : encode_wide(kind, c, out, err)))
			return false;
	}
	return true;
}

bool encoding_clean(struct str text, struct buf *out, struct error *err)
{
	for (size_t i = 0; i < text.n; ) {
		uint32_t c;
		size_t n = utf8_decode(text.p + i, text.n - i, &c);
		bool bad = c == 0 || (c == 0xfffd && n == 1);
		if (!(bad ? buf_adds(out, REPLACEMENT, err) : buf_add(out, text.p + i, n, err)))
			return false;
		i += n;
	}
	return true;
}
