#include "text/html_charset.h"

#include <errno.h>
#include <iconv.h>
#include <strings.h>

#include "base/utf8.h"

#define META_WITHIN 4096   /* bytes; the standard says 1024, pages do not */
#define REPLACEMENT "\xef\xbf\xbd"

/* Labels as pages write them, and iconv's names for what they mean (encoding.spec.whatwg.org). */
static const struct charset {
	const char *label, *name;   /* NULL: UTF-8 */
} charsets[] = {
	{ "utf-8", NULL }, { "utf8", NULL }, { "unicode-1-1-utf-8", NULL },
	{ "windows-1252", "CP1252" }, { "cp1252", "CP1252" }, { "iso-8859-1", "CP1252" }, { "iso8859-1", "CP1252" },
	{ "latin1", "CP1252" }, { "latin-1", "CP1252" }, { "us-ascii", "CP1252" }, { "ascii", "CP1252" },
	{ "iso-8859-2", "ISO-8859-2" }, { "latin2", "ISO-8859-2" }, { "iso-8859-5", "ISO-8859-5" },
	{ "iso-8859-7", "ISO-8859-7" }, { "iso-8859-8", "ISO-8859-8" }, { "iso-8859-9", "CP1254" },
	{ "iso-8859-15", "ISO-8859-15" }, { "windows-1250", "CP1250" }, { "windows-1251", "CP1251" },
	{ "cp1251", "CP1251" }, { "windows-1253", "CP1253" }, { "windows-1254", "CP1254" },
	{ "windows-1255", "CP1255" }, { "windows-1256", "CP1256" }, { "windows-1257", "CP1257" },
	{ "windows-1258", "CP1258" }, { "windows-874", "CP874" }, { "tis-620", "CP874" },
	{ "koi8-r", "KOI8-R" }, { "koi8-u", "KOI8-U" },
	{ "shift_jis", "CP932" }, { "shift-jis", "CP932" }, { "sjis", "CP932" }, { "x-sjis", "CP932" },
	{ "euc-jp", "EUC-JP" }, { "iso-2022-jp", "ISO-2022-JP" }, { "euc-kr", "CP949" }, { "ks_c_5601-1987", "CP949" },
	{ "gb2312", "GB18030" }, { "gbk", "GB18030" }, { "gb18030", "GB18030" }, { "big5", "BIG5-HKSCS" },
	{ "utf-16", "UTF-16LE" }, { "utf-16le", "UTF-16LE" }, { "utf-16be", "UTF-16BE" },
};

static const struct charset utf8 = { "utf-8", NULL }, windows = { "windows-1252", "CP1252" };

static const struct charset *find_charset(struct str label)
{
	for (size_t i = 0; i < countof(charsets); i++)
		if (str_is_like(label, charsets[i].label))
			return &charsets[i];
	return NULL;
}

static size_t find_word(struct str text, size_t at, const char *word)
{
	size_t n = strlen(word);

	for (; at + n <= text.n; at++)
		if (strncasecmp(text.p + at, word, n) == 0)
			return at;
	return text.n;
}

/* The value behind "charset=". */
static const struct charset *named_in(struct str text)
{
	size_t at = find_word(text, 0, "charset") + strlen("charset");

	while (at < text.n && strchr(" \t\r\n=\"'", text.p[at]) && text.p[at])
		at++;
	size_t end = at;
	while (end < text.n && text.p[end] && !strchr(" \t\r\n;\"'/>", text.p[end]))
		end++;
	return at < end ? find_charset((struct str){ text.p + at, end - at }) : NULL;
}

static const struct charset *named_in_meta(struct str page)
{
	struct str head = { page.p, page.n < META_WITHIN ? page.n : META_WITHIN };
	const struct charset *found = NULL;

	for (size_t at = find_word(head, 0, "<meta"); !found && at < head.n; at = find_word(head, at + 1, "<meta")) {
		const char *end = memchr(head.p + at, '>', head.n - at);
		found = end ? named_in((struct str){ head.p + at, (size_t)(end - head.p) - at }) : NULL;
	}
	/* Whoever can read that name as ASCII is not reading UTF-16. */
	return found && found->name && strncmp(found->name, "UTF-16", 6) == 0 ? &utf8 : found;
}

static bool add_utf8(struct str text, struct buf *out, struct error *err)
{
	size_t from = 0, at = 0;

	while (at < text.n) {
		uint32_t c;
		size_t n = utf8_decode(text.p + at, text.n - at, &c);
		bool bad = !c || (c == 0xfffd && n == 1);
		if (bad && !(buf_add(out, text.p + from, at - from, err) && buf_adds(out, REPLACEMENT, err)))
			return false;
		at += n;
		if (bad)
			from = at;
	}
	return buf_add(out, text.p + from, at - from, err);
}

static bool convert(iconv_t converter, struct str text, struct buf *out, struct error *err)
{
	char *in = (char *)text.p, piece[4096];
	size_t left = text.n;

	while (left) {
		char *to = piece;
		size_t room = sizeof piece;
		bool bad = iconv(converter, &in, &left, &to, &room) == (size_t)-1 && errno != E2BIG;
		if (!add_utf8((struct str){ piece, sizeof piece - room }, out, err))
			return false;
		if (bad) {
			in++;
			left--;
			if (!buf_adds(out, REPLACEMENT, err))
				return false;
		}
	}
	return true;
}

/* A character cut off at the end is one of UTF-8 only where others of it stand before. */
static const struct charset *guess(struct str bytes)
{
	size_t whole = bytes.n - utf8_incomplete_tail(bytes.p, bytes.n);
	bool proven = whole == bytes.n || utf8_ascii(bytes.p, whole) < whole;

	return proven && utf8_valid(bytes.p, whole) ? &utf8 : &windows;
}

bool html_decode(struct str bytes, const char *content_type, bool meta, struct buf *out, struct error *err)
{
	const struct charset *charset = NULL;

	if (str_starts(bytes, (struct str)STR("\xef\xbb\xbf"))) {
		charset = &utf8;
		bytes = str_from(bytes, 3);
	} else if (str_starts(bytes, (struct str)STR("\xff\xfe")) || str_starts(bytes, (struct str)STR("\xfe\xff"))) {
		charset = find_charset(str_of(bytes.p[0] == '\xff' ? "utf-16le" : "utf-16be"));
		bytes = str_from(bytes, 2);
	}
	if (!charset && content_type)
		charset = named_in(str_of(content_type));
	if (!charset && meta)
		charset = named_in_meta(bytes);
	if (!charset)
		charset = guess(bytes);
	iconv_t converter = charset->name ? iconv_open("UTF-8", charset->name) : (iconv_t)-1;
	if (converter == (iconv_t)-1)
		return add_utf8(bytes, out, err);
	bool ok = convert(converter, bytes, out, err);
	iconv_close(converter);
	return ok;
}
