/*
 * One pass over the code points.  `open` is the word being written; a mark that
 * may begin a word waits in `mark` until a letter follows.
 */
#include "route/words.h"

#include <utf8proc.h>

#include "base/utf8.h"

#define FOLD (UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE)
#define PARTS_MAX 32               /* one character's decomposition has at most 18 */

struct reader {
	struct words *words;
	struct word *open;
	char mark[2];
	size_t mark_length;
	uint32_t last;                 /* code point before this one; a space at the start */
};

static void append(struct word *w, const char *bytes, size_t n)
{
	if (w->n + n <= WORD_BYTES_MAX) {
		memcpy(w->text + w->n, bytes, n);
		w->n = (uint8_t)(w->n + n);
	}
}

static void open_word(struct reader *r)
{
	r->open = &r->words->at[r->words->count++];
	r->open->n = 0;
	append(r->open, r->mark, r->mark_length);
}

static bool is_ascii_letter(uint32_t c) { return c >= 'a' && c <= 'z'; }

static bool is_word_part(uint32_t c)
{
	if (c < 0x80)
		return is_ascii_letter(c) || (c >= '0' && c <= '9') || c == '_';
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
	return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

static bool begins_piece(uint32_t before) { return before <= ' ' || strchr("\"'`([{,:;=|", (int)(before & 0x7F)); }

/* "/clear", "-p", "--model", "~/.shammah": whether c may belong to the word that follows. */
static bool take_mark(struct reader *r, uint32_t c)
{
	bool fresh = r->last < 0x80 && begins_piece(r->last);

	if (r->mark_length == 1 && c == '-' && r->mark[0] == '-') {
		r->mark[r->mark_length++] = '-';
		return true;
	}
	r->mark_length = 0;
	if ((fresh && (c == '/' || c == '-')) || (c == '.' && (fresh || r->last == '/')))
		r->mark[r->mark_length++] = (char)c;
	return r->mark_length > 0;
}

/* "c++", "c#" */
static bool ends_language(const struct reader *r, uint32_t c)
{
	return r->open && (c == '+' || c == '#') && is_ascii_letter((unsigned char)r->open->text[0]) &&
		(r->open->n == 1 || r->last == '+');
}

static bool feed(struct reader *r, uint32_t c)
{
	char bytes[4];

	if (c == 0x2019 || c == 0x02BC)
		c = '\'';
	if (is_word_part(c) || ends_language(r, c)) {
		if (!r->open) {
			if (r->words->count == QUESTION_WORDS_MAX)
				return false;
			if (!is_word_part(c) || (c >= '0' && c <= '9'))
				r->mark_length = 0;
			open_word(r);
		}
		append(r->open, bytes, utf8_encode(c, bytes));
		r->mark_length = 0;
	} else if (c != '\'' || !r->open) {
		r->open = NULL;
		take_mark(r, c);
	}
	r->last = c;
	return true;
}

static bool feed_folded(struct reader *r, uint32_t c)
{
	utf8proc_int32_t parts[PARTS_MAX];
	int boundary = 0;

	if (c < 0x80)
		return feed(r, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	if (c == 0x2019)
		return feed(r, c);
	utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, parts, PARTS_MAX, FOLD, &boundary);
	for (utf8proc_ssize_t i = 0; i < n && i < PARTS_MAX; i++)
		if (!feed(r, (uint32_t)parts[i]))
			return false;
	return true;
}

bool words_read(struct str text, struct words *words)
{
	struct reader r = { .words = words, .last = ' ' };

	words->count = 0;
	text = str_trim(text);
	if (text.n > QUESTION_BYTES_MAX)
		return false;
	for (size_t i = 0; i < text.n; ) {
		uint32_t c;
		i += utf8_decode(text.p + i, text.n - i, &c);
		if (!feed_folded(&r, c))
			return false;
	}
	return true;
}
