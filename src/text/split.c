/*
 * Known patterns are recognised by their exact text.  All are one shape: a
 * contraction, letters with something before them, digits, the rest with line
 * ends after it, and three rules for white space.  The functions below follow the
 * alternatives in the pattern's own order.
 */
#include "text/split.h"

#include "text/unicode.h"

#define CONTRACTIONS "'s|'t|'re|'ve|'m|'ll|'d"
#define TAIL "|\\s+(?!\\S)|\\s+"
#define GPT2 CONTRACTIONS "| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+" TAIL
#define MODERN(numbers) "(?i:" CONTRACTIONS ")|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" numbers \
	"| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+" TAIL

const struct str split_gpt2 = STR(GPT2);

static const uint8_t ascii_class[128] = {
	['\t'] = CHAR_SPACE, ['\n'] = CHAR_SPACE, ['\v'] = CHAR_SPACE, ['\f'] = CHAR_SPACE, ['\r'] = CHAR_SPACE,
	[' '] = CHAR_SPACE, ['0' ... '9'] = CHAR_NUMBER, ['A' ... 'Z'] = CHAR_LETTER, ['a' ... 'z'] = CHAR_LETTER,
};

/* The class of the character at p, and its length. */
static inline enum char_class class_at(const char *p, size_t *len)
{
	unsigned char first = (unsigned char)*p;
	uint32_t c;

	if (first < 0x80) {
		*len = 1;
		return (enum char_class)ascii_class[first];
	}
	*len = unicode_next(p, &c);
	return unicode_class(c);
}

/* Behind the run of at most `most` characters of a class. */
static inline const char *skip(const char *p, const char *end, enum char_class class, size_t most)
{
	size_t len;

	while (p < end && most-- && class_at(p, &len) == class)
		p += len;
	return p;
}

static bool is_line_end(char c) { return c == '\r' || c == '\n'; }

/* The length of 's 't 're 've 'm 'll 'd at the apostrophe p, or 0. */
static size_t contraction(const char *p, const char *end)
{
	if (end - p < 2)
		return 0;
	switch (p[1]) {
	case 's': case 't': case 'm': case 'd': return 2;
	case 'r': case 'v': return end - p > 2 && p[2] == 'e' ? 3 : 0;
	case 'l': return end - p > 2 && p[2] == 'l' ? 3 : 0;
	default: return 0;
	}
}

/* The same in any case.  Long s (U+017F) is an s there. */
static size_t contraction_any_case(const char *p, const char *end)
{
	char lower[3];
	size_t n = 0;

	if (end - p >= 3 && memcmp(p + 1, "\xC5\xBF", 2) == 0)
		return 3;
	for (; n < sizeof lower && p + n < end; n++)
		lower[n] = p[n] >= 'A' && p[n] <= 'Z' ? (char)(p[n] | 0x20) : p[n];
	return contraction(lower, lower + n);
}

/* \s+(?!\S) | \s+ : leaves the last space to the word after it. */
static size_t white_space(const char *p, const char *end)
{
	const char *at = p, *last = p;
	size_t len;

	while (at < end && class_at(at, &len) == CHAR_SPACE) {
		last = at;
		at += len;
	}
	return (size_t)((at < end && last > p ? last : at) - p);
}

/* \s*[\r\n]+ before the two above. */
static size_t white_space_and_lines(const char *p, const char *end)
{
	const char *at = p, *behind_line = NULL;
	size_t len;

	while (at < end && class_at(at, &len) == CHAR_SPACE) {
		if (is_line_end(*at))
			behind_line = at + 1;
		at += len;
	}
	return behind_line ? (size_t)(behind_line - p) : white_space(p, end);
}

static size_t gpt2_word(const char *p, const char *end)
{
	size_t len = *p == '\'' ? contraction(p, end) : 0;

	if (len)
		return len;
	const char *start = *p == ' ' && p + 1 < end ? p + 1 : p;
	enum char_class class = class_at(start, &len);
	if (class == CHAR_SPACE)
		return white_space(p, end);
	return (size_t)(skip(start + len, end, class, SIZE_MAX) - p);
}

/* Letters, with one character of another kind before them unless it ends a line; 0 when there are none. */
static inline size_t letters(const char *p, const char *end, enum char_class class, size_t len)
{
	size_t next;

	if (class == CHAR_LETTER)
		return (size_t)(skip(p + len, end, CHAR_LETTER, SIZE_MAX) - p);
	if (class == CHAR_NUMBER || is_line_end(*p) || p + len == end || class_at(p + len, &next) != CHAR_LETTER)
		return 0;
	return (size_t)(skip(p + len + next, end, CHAR_LETTER, SIZE_MAX) - p);
}

static inline size_t modern_word(const char *p, const char *end, size_t digits)
{
	size_t len, word = *p == '\'' ? contraction_any_case(p, end) : 0;

	if (word)
		return word;
	enum char_class class = class_at(p, &len);
	if ((word = letters(p, end, class, len)))
		return word;
	if (class == CHAR_NUMBER)
		return (size_t)(skip(p + len, end, CHAR_NUMBER, digits - 1) - p);
	if (*p == ' ' && p + 1 < end)
		class = class_at(p + 1, &len), len++;
	if (class != CHAR_OTHER)
		return white_space_and_lines(p, end);
	const char *at = skip(p + len, end, CHAR_OTHER, SIZE_MAX);
	while (at < end && is_line_end(*at))
		at++;
	return (size_t)(at - p);
}

static size_t one_digit_word(const char *p, const char *end) { return modern_word(p, end, 1); }
static size_t three_digit_word(const char *p, const char *end) { return modern_word(p, end, 3); }

static const struct {
	struct str pattern;
	size_t (*word)(const char *p, const char *end);
} known[] = {
	{ STR(GPT2), gpt2_word },
	{ STR(MODERN("\\p{N}")), one_digit_word },           /* Qwen2, 2.5, 3 */
	{ STR(MODERN("\\p{N}{1,3}")), three_digit_word },    /* Llama 3 */
};

bool split_init_regex(struct split *s, struct str pattern, enum split_gaps gaps, struct error *err)
{
	*s = (struct split){ .gaps = gaps, .regex = regex_create(pattern, err) };
	return s->regex != NULL;
}

bool split_init(struct split *s, struct str pattern, enum split_gaps gaps, struct error *err)
{
	for (size_t i = 0; i < countof(known); i++) {
		if (str_equal(pattern, known[i].pattern)) {
			*s = (struct split){ .gaps = gaps, .by_hand = known[i].word };
			return true;
		}
	}
	return split_init_regex(s, pattern, gaps, err);
}

void split_done(struct split *s)
{
	regex_destroy(s->regex);
	*s = (struct split){0};
}

/* Known patterns match everywhere, so there are no gaps. */
static bool run_by_hand(const struct split *s, struct str text, split_word_fn *on_word, void *user, struct error *err)
{
	const char *p = text.p, *end = text.p + text.n;

	while (p < end) {
		size_t n = s->by_hand(p, end);
		if (!on_word(user, (struct str){ p, n }, err))
			return false;
		p += n;
	}
	return true;
}

/* Empty matches cut the text where they stand; the search goes on one character later. */
static bool run_regex(const struct split *s, struct regex_scratch *scratch, struct str text, split_word_fn *on_word,
	void *user, struct error *err)
{
	size_t done = 0, from = 0, start, end;
	uint32_t c;

	while (done < text.n) {
		if (from > text.n)
			start = end = from;
		else if (!regex_find(s->regex, scratch, text, from, &start, &end, err))
			return false;
		struct str gap = { text.p + done, (start < text.n ? start : text.n) - done };
		if (gap.n && s->gaps == GAPS_KEPT && !on_word(user, gap, err))
			return false;
		if (start >= text.n)
			break;
		if (end > start && !on_word(user, (struct str){ text.p + start, end - start }, err))
			return false;
		done = end;
		from = end > start ? end : end + unicode_next(text.p + end, &c);
	}
	return true;
}

bool split_run(const struct split *s, struct regex_scratch *scratch, struct str text, split_word_fn *on_word,
	void *user, struct error *err)
{
	return s->by_hand ? run_by_hand(s, text, on_word, user, err) : run_regex(s, scratch, text, on_word, user, err);
}
