/*
 * Writes unicode_table.c to standard output; runs once, during the build.
 *
 * Classes come from PCRE2, which also matches the patterns we have no splitter
 * for.  Normalisation facts come from utf8proc, which also does the composing: a
 * character is unstable when its own NFC differs, or when it can be the second
 * half of a composition.  Equal pages are stored once.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "text/unicode.h"

#define CODE_POINTS 0x110000u
#define PAGES (CODE_POINTS / UNICODE_PAGE)

static uint8_t flags[CODE_POINTS];

static const struct { const char *pattern; uint8_t flag; } properties[] = {
	{ "\\p{L}", CHAR_LETTER },
	{ "\\p{N}", CHAR_NUMBER },
	{ "\\p{White_Space}", CHAR_SPACE },
	{ "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]", UNICODE_WORD },
};

static int is_surrogate(uint32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

static int mark_property(const char *pattern, uint8_t flag)
{
	int code;
	size_t offset;
	pcre2_code *regex = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP, &code,
		&offset, NULL);
	if (!regex)
		return 0;
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	for (uint32_t c = 0; c < CODE_POINTS; c++) {
		char text[4];
		size_t n = utf8_encode(c, text);
		if (!is_surrogate(c) && pcre2_match(regex, (PCRE2_SPTR)text, n, 0, PCRE2_NO_UTF_CHECK, match, NULL) > 0)
			flags[c] |= flag;
	}
	pcre2_match_data_free(match);
	pcre2_code_free(regex);
	return 1;
}

static void mark_normalisation(uint32_t c)
{
	utf8proc_int32_t parts[32];
	int boundary = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 32, UTF8PROC_DECOMPOSE, &boundary);

	if (utf8proc_get_property((utf8proc_int32_t)c)->combining_class)
		flags[c] |= UNICODE_MARK;
	for (utf8proc_ssize_t i = 1; i < n && i < 32; i++)
		flags[parts[i]] |= UNICODE_UNSTABLE;
	n = utf8proc_normalize_utf32(parts, n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
	if (n != 1 || (uint32_t)parts[0] != c)
		flags[c] |= UNICODE_UNSTABLE;
}

/* The first page equal to this one. */
static uint32_t first_equal(uint32_t page)
{
	uint32_t same = 0;

	while (memcmp(flags + same * UNICODE_PAGE, flags + page * UNICODE_PAGE, UNICODE_PAGE))
		same++;
	return same;
}

static void write_table(void)
{
	static uint16_t number[PAGES];
	uint16_t count = 0;

	puts("/* Written by make_unicode.c. */\n#include \"text/unicode.h\"\n");
	puts("const uint8_t unicode_pages[][UNICODE_PAGE] = {");
	for (uint32_t page = 0; page < PAGES; page++) {
		uint32_t same = first_equal(page);
		number[page] = same == page ? count++ : number[same];
		if (same != page)
			continue;
		printf("\t{");
		for (uint32_t i = 0; i < UNICODE_PAGE; i++)
			printf("%u,", flags[page * UNICODE_PAGE + i]);
		puts("},");
	}
	printf("};\n\nconst uint16_t unicode_index[] = {");
	for (uint32_t page = 0; page < PAGES; page++)
		printf("%s%u,", page % 32 ? "" : "\n\t", number[page]);
	puts("\n};");
}

int main(void)
{
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
		if (!mark_property(properties[i].pattern, properties[i].flag))
			return fprintf(stderr, "PCRE2 does not know %s\n", properties[i].pattern), 1;
	for (uint32_t c = 0; c < CODE_POINTS; c++)
		if (!is_surrogate(c))
			mark_normalisation(c);
	write_table();
	return ferror(stdout) != 0;
}
