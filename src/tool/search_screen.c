/*
 * The query is read twice, with digits as they are and as the letters they may stand for, and the rules
 * are asked about both.
 */
#include "tool/search_screen.h"

#include <ctype.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/mem.h"

#define QUERY_MAX 4096
#define WORDS_MAX 256

struct words {
	struct str word[WORDS_MAX];
	size_t n;
};

/* Letters of other scripts that look like Latin ones, after folding. */
static const struct { uint32_t from; char to; } look_alikes[] = {
	{ 0x430, 'a' }, { 0x432, 'b' }, { 0x435, 'e' }, { 0x438, 'u' }, { 0x43a, 'k' }, { 0x43c, 'm' }, { 0x43d, 'h' },
	{ 0x43e, 'o' }, { 0x440, 'p' }, { 0x441, 'c' }, { 0x442, 't' }, { 0x443, 'y' }, { 0x445, 'x' }, { 0x455, 's' },
	{ 0x456, 'i' }, { 0x458, 'j' }, { 0x4bb, 'h' }, { 0x501, 'd' }, { 0x3b1, 'a' }, { 0x3b2, 'b' }, { 0x3b5, 'e' },
	{ 0x3b7, 'n' }, { 0x3b9, 'i' }, { 0x3ba, 'k' }, { 0x3bd, 'v' }, { 0x3bf, 'o' }, { 0x3c1, 'p' }, { 0x3c4, 't' },
	{ 0x3c5, 'u' }, { 0x3c7, 'x' }, { 0x131, 'i' }, { 0x251, 'a' }, { 0x261, 'g' }, { 0x26a, 'i' },
};

static char latin(uint32_t c)
{
	for (size_t i = 0; i < countof(look_alikes); i++)
		if (look_alikes[i].from == c)
			return look_alikes[i].to;
	return 0;
}

/* A digit or sign for the letter it may stand for. */
static char letter_for(char c)
{
	static const char signs[] = "0134578@$!", letters[] = "oieastbasi";
	const char *at = strchr(signs, c);

	return at ? letters[at - signs] : c;
}

static bool fold(struct str query, struct buf *out)
{
	utf8proc_uint8_t *raw = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)query.p, (utf8proc_ssize_t)query.n, &raw,
		UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD |
		UTF8PROC_IGNORE);
	bool ok = n >= 0;

	for (utf8proc_ssize_t i = 0, step; ok && i < n; i += step) {
		utf8proc_int32_t c;
		step = utf8proc_iterate(raw + i, n - i, &c);
		if (step < 1)
			break;
		char as = c < 0x80 ? (char)c : latin((uint32_t)c);
		ok = buf_add(out, as ? (const void *)&as : raw + i, as ? 1 : (size_t)step, &(struct error){0});
	}
	free(raw);
	return ok;
}

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Digits and signs within a word that has letters; "2024" stays a number. */
static void stand_for_letters(char *text, size_t n)
{
	for (size_t i = 0, end; i < n; i = end) {
		bool letters = false;
		for (end = i; end < n && (is_word_byte(text[end]) || strchr("@$!", text[end])); end++)
			letters |= isalpha((unsigned char)text[end]) != 0;
		for (size_t k = i; letters && k < end; k++)
			text[k] = letter_for(text[k]);
		end += end == i;
	}
}

/* "p o r n" is one word: letters that stand alone are joined where there are three or more. */
static void join_letters(struct buf *text)
{
	own_buf out = BUF_INIT(QUERY_MAX);
	size_t n = text->len;

	for (size_t i = 0; i < n;) {
		size_t run = 0;
		while (i + 2 * run < n && isalpha((unsigned char)text->data[i + 2 * run]) &&
		       (i + 2 * run + 1 == n || !is_word_byte(text->data[i + 2 * run + 1])))
			run++;
		bool begins = i == 0 || !is_word_byte(text->data[i - 1]);
		size_t take = begins && run >= 3 ? 2 * run - 1 : 1;
		for (size_t k = i; k < i + take && k < n; k += take > 1 ? 2 : 1)
			if (!buf_add(&out, text->data + k, 1, &(struct error){0}))
				return;
		i += take;
	}
	buf_clear(text);
	buf_putf(text, "%.*s", STR_ARGS(buf_str(&out)));
}

/* Words, each with the colon that follows it. */
static void split(struct str text, struct words *w)
{
	for (size_t i = 0; i < text.n && w->n < WORDS_MAX;) {
		size_t begin = i;
		while (i < text.n && is_word_byte(text.p[i]))
			i++;
		if (i == begin) {
			i++;
			continue;
		}
		i += i < text.n && text.p[i] == ':';
		w->word[w->n++] = (struct str){ text.p + begin, i - begin };
	}
}

/* `pattern` may end with '*'; a colon counts only where the pattern has one. */
static bool is_word(struct str word, struct str pattern)
{
	if (!str_ends(pattern, ":") && str_ends(word, ":"))
		word.n--;
	if (str_ends(pattern, "*"))
		return str_starts(word, (struct str){ pattern.p, pattern.n - 1 });
	return str_equal(word, pattern);
}

static bool has_phrase(const struct words *w, struct str phrase)
{
	for (size_t i = 0; i < w->n; i++) {
		struct str rest = phrase, pattern;
		size_t k = i;
		bool same = true;
		while (same && str_split(&rest, ' ', &pattern)) {
			same = k < w->n && is_word(w->word[k], pattern);
			k++;
		}
		if (same)
			return true;
	}
	return false;
}

static bool has_any(const struct words *w, const char *phrases)
{
	struct str rest = str_of(phrases), phrase;

	while (str_split(&rest, '|', &phrase))
		if (has_phrase(w, phrase))
			return true;
	return false;
}

static bool applies(const struct screen_rule *rule, const struct words *w)
{
	for (size_t i = 0; i < countof(rule->all) && rule->all[i]; i++)
		if (!has_any(w, rule->all[i]))
			return false;
	return !rule->unless || !has_any(w, rule->unless);
}

static const char *screen(struct str text)
{
	struct words w = {0};

	split(text, &w);
	for (const struct screen_rule *rule = screen_rules; rule->why; rule++)
		if (applies(rule, &w))
			return rule->why;
	return NULL;
}

const char *search_screen(struct str query)
{
	own_buf text = BUF_INIT(QUERY_MAX);

	if (query.n > QUERY_MAX / 4 || !fold(query, &text))
		return "a question that is too long, or no text";
	join_letters(&text);
	const char *why = screen(buf_str(&text));
	if (why)
		return why;
	stand_for_letters(text.data, text.len);
	return screen(buf_str(&text));
}
