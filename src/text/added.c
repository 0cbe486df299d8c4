/*
 * The sorted list serves as a trie: reading text byte by byte narrows a range of
 * entries that begin like it, and an entry as long as what was read is a match.
 */
#include "text/added.h"

#include "text/unicode.h"

static bool wanted(const struct added_finder *f, const struct vocab_added *a)
{
	return f->control || !(a->flags & TOKEN_CONTROL);
}

void added_finder_init(struct added_finder *f, const struct vocab *v, bool normalized, bool control)
{
	bool spaces = normalized && (v->head->flags & VOCAB_CHARACTERS) && !(v->head->flags & VOCAB_LATE_SPACES);

	*f = (struct added_finder){ .vocab = v, .control = control, .spaces = spaces };
	for (uint32_t i = 0; i < v->head->added_count; i++) {
		const struct vocab_added *a = &v->added[i];
		if (normalized != !!(a->flags & TOKEN_NORMALIZED))
			continue;
		if (f->count++ == 0)
			f->first = i;
		if (wanted(f, a))
			f->begins[(unsigned char)v->text[a->start]] = true;
	}
}

/* The byte at `depth` of an entry, -1 behind its end. */
static int byte_at(const struct vocab *v, uint32_t entry, size_t depth)
{
	const struct vocab_added *a = &v->added[entry];

	return depth < a->len ? (unsigned char)v->text[a->start + depth] : -1;
}

/* The first entry in [low, high) whose byte at `depth` is at least `byte`. */
static uint32_t lower_bound(const struct vocab *v, uint32_t low, uint32_t high, size_t depth, int byte)
{
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (byte_at(v, middle, depth) < byte)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct vocab_added *longest(const struct added_finder *f, struct str text)
{
	const struct vocab *v = f->vocab;
	const struct vocab_added *found = NULL;
	uint32_t low = f->first, high = f->first + f->count;

	for (size_t depth = 0; depth < text.n; depth++) {
		int byte = (unsigned char)text.p[depth];
		low = lower_bound(v, low, high, depth, byte);
		high = lower_bound(v, low, high, depth, byte + 1);
		if (low == high)
			break;
		if (v->added[low].len == depth + 1 && wanted(f, &v->added[low]))
			found = &v->added[low];
	}
	return found;
}

static bool is_word(struct str text, size_t at)
{
	uint32_t c;

	unicode_next(text.p + at, &c);
	return unicode_flags(c) & UNICODE_WORD;
}

static bool touches_a_word(struct str text, size_t start, size_t end)
{
	return (start && is_word(text, unicode_previous(text, start))) || (end < text.n && is_word(text, end));
}

/* Where the white space before `start` begins, not before `floor`. */
static size_t white_before(const struct added_finder *f, struct str text, size_t floor, size_t start)
{
	if (start <= floor)
		return floor;
	for (size_t at = start; f->spaces && at > floor; at--)
		if (text.p[at - 1] == ' ')
			floor = at;
	return floor + unicode_strip_end((struct str){ text.p + floor, start - floor }).n;
}

/* Where the white space behind `end` ends. */
static size_t white_behind(const struct added_finder *f, struct str text, size_t end)
{
	const char *space = f->spaces && end < text.n ? memchr(text.p + end, ' ', text.n - end) : NULL;

	text.n = space ? (size_t)(space - text.p) : text.n;
	return text.n - unicode_strip_start(str_from(text, end)).n;
}

bool added_find(const struct added_finder *f, struct str text, size_t floor, size_t *at, struct added_match *match)
{
	while (*at < text.n) {
		size_t start = *at;
		const struct vocab_added *a =
			f->begins[(unsigned char)text.p[start]] ? longest(f, str_from(text, start)) : NULL;
		size_t end = *at = start + (a ? a->len : 1);
		if (!a || ((a->flags & TOKEN_SINGLE_WORD) && touches_a_word(text, start, end)))
			continue;
		if (a->flags & TOKEN_LSTRIP)
			start = white_before(f, text, floor, start);
		if (a->flags & TOKEN_RSTRIP)
			end = white_behind(f, text, end);
		*match = (struct added_match){ start, end, a->id };
		if (start < end)   /* not if it is white space, and swallowed */
			return true;
	}
	return false;
}
