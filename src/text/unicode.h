/*
 * What the splitter and the normaliser ask of a character.
 *
 * The table is written during the build by make_unicode.c, from PCRE2's and
 * utf8proc's own data, so that the hand-made splitters and the regular
 * expressions cannot disagree.  Constant; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum char_class { CHAR_OTHER, CHAR_LETTER, CHAR_NUMBER, CHAR_SPACE };   /* rest, \p{L}, \p{N}, \p{White_Space} */

#define UNICODE_CLASS    3u    /* mask of enum char_class */
#define UNICODE_WORD     4u    /* \w as in UTS #18: alphabetic, mark, decimal digit, connector, joiner */
#define UNICODE_MARK     8u    /* canonical combining class is not 0 */
#define UNICODE_UNSTABLE 16u   /* NFC_Quick_Check is not Yes (UAX #15, section 9) */

#define UNICODE_PAGE 128u      /* code points in one page */

extern const uint16_t unicode_index[0x110000 / UNICODE_PAGE];
extern const uint8_t unicode_pages[][UNICODE_PAGE];

static inline unsigned unicode_flags(uint32_t c)
{
	return unicode_pages[unicode_index[c / UNICODE_PAGE]][c % UNICODE_PAGE];
}

static inline enum char_class unicode_class(uint32_t c)
{
	return (enum char_class)(unicode_flags(c) & UNICODE_CLASS);
}

/*
 * Decodes the code point at s in text known to be well-formed, without looking
 * for errors; base/utf8.h has the careful one.
 */
static inline size_t unicode_next(const char *s, uint32_t *c)
{
	const unsigned char *b = (const unsigned char *)s;

	if (b[0] < 0x80)
		return *c = b[0], 1;
	if (b[0] < 0xE0)
		return *c = (b[0] & 0x1Fu) << 6 | (b[1] & 0x3Fu), 2;
	if (b[0] < 0xF0)
		return *c = (b[0] & 0x0Fu) << 12 | (b[1] & 0x3Fu) << 6 | (b[2] & 0x3Fu), 3;
	return *c = (b[0] & 0x07u) << 18 | (b[1] & 0x3Fu) << 12 | (b[2] & 0x3Fu) << 6 | (b[3] & 0x3Fu), 4;
}

/* Where the character that ends before `at` begins, at > 0, in well-formed text. */
size_t unicode_previous(struct str text, size_t at);

/* Well-formed text without the white space at its start, end. */
struct str unicode_strip_start(struct str text);
struct str unicode_strip_end(struct str text);

static inline struct str unicode_strip(struct str text) { return unicode_strip_start(unicode_strip_end(text)); }
