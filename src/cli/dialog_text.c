#include "cli/dialog_text.h"

#include "base/utf8.h"
#include "cli/show.h"

#define BAR "\n  | "
#define WIDE_FROM 0x1100u      /* no character before it takes two columns */
#define MARKED_MAX ((size_t)1 << 10)

/* Not seen, or of influence on what stands beside them (Unicode: Default_Ignorable_Code_Point, Bidi_Control, ...). */
static const struct { uint32_t from, to; } hidden[] = {
	{ 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x2800, 0x2800 }, { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool is_hidden(uint32_t c)
{
	for (size_t i = 0; i < countof(hidden); i++)
		if (c >= hidden[i].from && c <= hidden[i].to)
			return true;
	return false;
}

static bool add_character(struct buf *out, struct str piece, uint32_t c, struct error *err)
{
	if (c == '\n')
		return buf_adds(out, BAR, err);
	return is_hidden(c) ? buf_addf(out, err, "<U+%04X>", (unsigned)c) : show_visible(out, piece, err);
}

static size_t count(struct str text)
{
	size_t n = 0;
	uint32_t c;

	for (size_t i = 0; i < text.n; n++)
		i += utf8_decode(text.p + i, text.n - i, &c);
	return n;
}

bool dialog_text(struct buf *out, struct str text, size_t limit, struct error *err)
{
	size_t i = 0, n;

	for (; i < text.n; i += n) {
		uint32_t c;
		n = utf8_decode(text.p + i, text.n - i, &c);
		if (i + n > limit)
			break;
		if (!add_character(out, (struct str){ text.p + i, n }, c, err))
			return false;
	}
	return i == text.n || buf_addf(out, err, BAR "... and %zu more characters that are not shown",
		count(str_from(text, i)));
}

bool dialog_text_is_plain(struct str text)
{
	own_buf shown = BUF_INIT(MARKED_MAX);
	struct error full = {0};

	return text.n < MARKED_MAX && !memchr(text.p, '\t', text.n) && dialog_text(&shown, text, text.n, &full) &&
		str_equal(buf_str(&shown), text);
}

size_t dialog_text_rows(struct str text, size_t columns)
{
	size_t rows = 1, at = 0, n;
	uint32_t c;

	for (size_t i = 0; i < text.n; i += n) {
		n = utf8_decode(text.p + i, text.n - i, &c);
		size_t width = c == '\n' ? 0 : c >= WIDE_FROM ? 2 : 1;
		rows += c == '\n' || at + width > columns;
		at = c == '\n' ? 0 : at + width > columns ? width : at + width;
	}
	return rows;
}
