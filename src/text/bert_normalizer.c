/*
 * One pass, a character at a time: each step maps a character to none or more, so
 * they can follow one another for each.  Only accents look further: decomposing a
 * character gives its marks, which are dropped whatever their order.
 */
#include "text/bert_normalizer.h"

#include <utf8proc.h>

#include "base/utf8.h"
#include "text/unicode.h"

#define DECOMPOSED_MAX 18   /* code points one may decompose to; canonical ones need 4 */

static utf8proc_category_t category(uint32_t c)
{
	return utf8proc_category((utf8proc_int32_t)c);
}

bool bert_is_space(uint32_t c)
{
	return unicode_class(c) == CHAR_SPACE;
}

bool bert_is_punctuation(uint32_t c)
{
	if (c < 0x80)
		return c > ' ' && c < 0x7F && !(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
	utf8proc_category_t k = category(c);
	return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

/* Cc, Cf, Co (not Cn, though it says so in the reference); tab and line ends are white space. */
static bool is_control(uint32_t c)
{
	utf8proc_category_t k = category(c);

	return !(c == '\t' || c == '\n' || c == '\r') && k >= UTF8PROC_CATEGORY_CC;
}

/* The blocks that BERT's authors took; one begins 0x100 late in every implementation. */
static bool is_chinese(uint32_t c)
{
	static const uint32_t blocks[][2] = {
		{ 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF }, { 0xF900, 0xFAFF }, { 0x20000, 0x2A6DF }, { 0x2A700, 0x2B73F },
		{ 0x2B740, 0x2B81F }, { 0x2B920, 0x2CEAF }, { 0x2F800, 0x2FA1F },
	};

	for (size_t i = 0; i < countof(blocks); i++)
		if (c >= blocks[i][0] && c <= blocks[i][1])
			return true;
	return false;
}

static bool put(struct buf *out, uint32_t c, struct error *err)
{
	char bytes[4];

	return buf_add(out, bytes, utf8_encode(c, bytes), err);
}

/* One character becomes two in lower case: the I with a dot. */
static bool put_lower(const struct bert_normalizer *n, uint32_t c, struct buf *out, struct error *err)
{
	if (!n->lowercase)
		return put(out, c, err);
	if (c == 0x130)
		return put(out, 'i', err) && put(out, 0x307, err);
	return put(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c), err);
}

static bool put_character(const struct bert_normalizer *n, uint32_t c, struct buf *out, struct error *err)
{
	utf8proc_int32_t parts[DECOMPOSED_MAX];
	int boundary = 0;

	if (!n->strip_accents)
		return put_lower(n, c, out, err);
	utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)c, parts, DECOMPOSED_MAX, UTF8PROC_DECOMPOSE,
		&boundary);
	for (utf8proc_ssize_t i = 0; i < count && i < DECOMPOSED_MAX; i++)
		if (category((uint32_t)parts[i]) != UTF8PROC_CATEGORY_MN && !put_lower(n, (uint32_t)parts[i], out, err))
			return false;
	return true;
}

bool bert_normalize(const struct bert_normalizer *n, struct str text, struct buf *out, struct error *err)
{
	for (size_t at = 0; at < text.n; ) {
		uint32_t c;
		at += unicode_next(text.p + at, &c);
		if (n->clean && (c == 0 || c == 0xFFFD || is_control(c)))
			continue;
		if (n->clean && bert_is_space(c))
			c = ' ';
		bool alone = n->chinese && is_chinese(c);
		if ((alone && !put(out, ' ', err)) || !put_character(n, c, out, err) || (alone && !put(out, ' ', err)))
			return false;
	}
	return true;
}
