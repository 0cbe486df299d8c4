/*
 * One pass, straight into an NFA: each function reads a piece of the pattern and
 * hangs it behind a state, giving back the state at its end.  A quantifier that
 * needs more copies of its atom reads the atom again.
 */
#include "grammar/pattern.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/utf8.h"

enum {
	GROUPS_DEEP = 64, CLASS_RANGES = 512, REPEATS_MAX = 10000, ENDLESS = -1,
};

#define LAST_CHARACTER 0x10FFFFu
#define FIRST_SURROGATE 0xD800u

struct range { uint32_t lo, hi; };

struct class {
	struct range ranges[CLASS_RANGES];
	size_t count;
};

struct reader {
	struct str text;
	size_t at;
	int depth;
	struct nfa *nfa;
	struct error *err;
	bool failed;
};

static uint32_t read_alternatives(struct reader *r, uint32_t from);

/* ---- Failing: everything behind goes on without effect ---- */

static void refuse(struct reader *r, const char *what)
{
	if (!r->failed)
		error_set(r->err, ERROR_INVALID, "%s (at byte %zu of the pattern)", what, r->at);
	r->failed = true;
	r->at = r->text.n;
}

static bool more(const struct reader *r) { return r->at < r->text.n && !r->nfa->full; }

static bool next_is(const struct reader *r, const char *what)
{
	return str_starts(str_from(r->text, r->at), str_of(what));
}

static bool skip_over(struct reader *r, const char *what)
{
	bool there = next_is(r, what);

	r->at += there ? strlen(what) : 0;
	return there;
}

static uint32_t read_character(struct reader *r)
{
	uint32_t c = 0xFFFD;

	r->at += utf8_decode(r->text.p + r->at, r->text.n - r->at, &c);
	return c;
}

/* ---- Classes of characters ---- */

static void add_range(struct reader *r, struct class *c, uint32_t lo, uint32_t hi)
{
	if (c->count == CLASS_RANGES)
		refuse(r, "a class with too many ranges");
	else if (lo > hi)
		refuse(r, "a range whose end comes before its beginning");
	else
		c->ranges[c->count++] = (struct range){ lo, hi };
}

static int by_start(const void *a, const void *b)
{
	const struct range *l = a, *r = b;

	return (l->lo > r->lo) - (l->lo < r->lo);
}

/* Sorts, and joins what touches. */
static void tidy(struct class *c)
{
	size_t kept = 0;

	qsort(c->ranges, c->count, sizeof *c->ranges, by_start);
	for (size_t i = 0; i < c->count; i++) {
		if (kept && c->ranges[i].lo <= c->ranges[kept - 1].hi + 1) {
			if (c->ranges[i].hi > c->ranges[kept - 1].hi)
				c->ranges[kept - 1].hi = c->ranges[i].hi;
		} else {
			c->ranges[kept++] = c->ranges[i];
		}
	}
	c->count = kept;
}

/* Adds all characters that are not in `without`. */
static void add_others(struct reader *r, struct class *c, struct class *without)
{
	uint32_t from = 0;

	tidy(without);
	for (size_t i = 0; i < without->count; i++) {
		if (without->ranges[i].lo > from)
			add_range(r, c, from, without->ranges[i].lo - 1);
		from = without->ranges[i].hi + 1;
	}
	if (from <= LAST_CHARACTER)
		add_range(r, c, from, LAST_CHARACTER);
}

static const struct range digits[] = { { '0', '9' } };
static const struct range word[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } };
static const struct range space[] = {
	{ '\t', '\r' }, { ' ', ' ' }, { 0xA0, 0xA0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200A }, { 0x2028, 0x2029 },
	{ 0x202F, 0x202F }, { 0x205F, 0x205F }, { 0x3000, 0x3000 }, { 0xFEFF, 0xFEFF },
};
static const struct range line_ends[] = { { '\n', '\n' }, { '\r', '\r' }, { 0x2028, 0x2029 } };

static const struct shorthand {
	char letter;                   /* capital: all others */
	const struct range *ranges;
	size_t count;
} shorthands[] = { { 'd', digits, countof(digits) }, { 'w', word, countof(word) }, { 's', space, countof(space) } };

static void add_ranges(struct reader *r, struct class *c, const struct range *ranges, size_t count, bool others)
{
	struct class without = {0};

	for (size_t i = 0; i < count; i++)
		add_range(r, others ? &without : c, ranges[i].lo, ranges[i].hi);
	if (others)
		add_others(r, c, &without);
}

/* \d and its like, behind the backslash. */
static bool read_shorthand(struct reader *r, struct class *c)
{
	for (size_t i = 0; i < countof(shorthands); i++) {
		const struct shorthand *s = &shorthands[i];
		char letter = more(r) ? r->text.p[r->at] : '\0';
		if (letter != s->letter && letter != toupper(s->letter))
			continue;
		r->at++;
		add_ranges(r, c, s->ranges, s->count, letter != s->letter);
		return true;
	}
	return false;
}

/* ---- One character, perhaps escaped ---- */

static uint32_t read_hex(struct reader *r, size_t count)
{
	uint32_t value = 0;

	for (size_t i = 0; i < count; i++) {
		char c = more(r) ? r->text.p[r->at] : '\0';
		if (!isxdigit((unsigned char)c)) {
			refuse(r, "an escape that lacks hexadecimal digits");
			return 0;
		}
		value = value * 16 + (uint32_t)(isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10);
		r->at++;
	}
	return value;
}

/* Behind \u: four digits, a pair of surrogates, or {…}. */
static uint32_t read_unicode(struct reader *r)
{
	uint32_t c = 0;

	if (skip_over(r, "{")) {
		while (more(r) && !next_is(r, "}") && c <= LAST_CHARACTER)
			c = c * 16 + read_hex(r, 1);
		if (!skip_over(r, "}") || c > LAST_CHARACTER)
			refuse(r, "a code point that is none");
		return c;
	}
	c = read_hex(r, 4);
	if (c >= FIRST_SURROGATE && c < 0xDC00 && skip_over(r, "\\u"))
		c = 0x10000 + ((c - FIRST_SURROGATE) << 10) + ((read_hex(r, 4) - 0xDC00) & 0x3FF);
	return c;
}

/* Behind the backslash. */
static uint32_t read_escape(struct reader *r)
{
	static const char names[] = "tnrfv0", values[] = "\t\n\r\f\v";
	char c = more(r) ? r->text.p[r->at] : '\0';
	const char *name = c ? strchr(names, c) : NULL;

	if (name && !(c == '0' && r->at + 1 < r->text.n && isdigit((unsigned char)r->text.p[r->at + 1]))) {
		r->at++;
		return (unsigned char)values[name - names];
	}
	if (skip_over(r, "x"))
		return read_hex(r, 2);
	if (skip_over(r, "u"))
		return read_unicode(r);
	if (skip_over(r, "c") && more(r) && isalpha((unsigned char)r->text.p[r->at]))
		return (uint32_t)r->text.p[r->at++] & 31;
	if (isalnum((unsigned char)c) || !c) {
		refuse(r, c == 'b' || c == 'B' ? "word boundaries (\\b) are not supported" :
			c == 'p' || c == 'P' ? "Unicode properties (\\p) are not supported" :
			c == 'k' || isdigit((unsigned char)c) ? "back-references are not supported" :
				"an escape that is none");
		return 0;
	}
	return read_character(r);
}

/* One end of a range in a class. */
static uint32_t read_member(struct reader *r, struct class *c, bool *single)
{
	*single = true;
	if (!skip_over(r, "\\"))
		return read_character(r);
	if (skip_over(r, "b"))
		return '\b';
	*single = !read_shorthand(r, c);
	return *single ? read_escape(r) : 0;
}

static void read_members(struct reader *r, struct class *c)
{
	while (more(r) && !next_is(r, "]")) {
		bool single, second = true;
		uint32_t lo = read_member(r, c, &single), hi = lo;
		bool ranged = next_is(r, "-") && r->at + 1 < r->text.n && r->text.p[r->at + 1] != ']';
		if (single && ranged) {
			r->at++;
			hi = read_member(r, c, &second);
			if (!second)
				refuse(r, "a range that ends in a class");
		}
		if (single && !r->failed)
			add_range(r, c, lo, hi);
	}
	if (!skip_over(r, "]"))
		refuse(r, "a class without its ]");
}

/* ---- Atoms ---- */

static uint32_t add_class(struct reader *r, uint32_t from, struct class *c)
{
	uint32_t to = nfa_state(r->nfa);

	tidy(c);
	for (size_t i = 0; i < c->count; i++)
		nfa_characters(r->nfa, from, c->ranges[i].lo ? c->ranges[i].lo : 1, c->ranges[i].hi, to);
	return to;
}

static uint32_t read_class(struct reader *r, uint32_t from)
{
	struct class c = {0}, others = {0};
	bool without = skip_over(r, "^");

	read_members(r, &c);
	if (without)
		add_others(r, &others, &c);
	return add_class(r, from, without ? &others : &c);
}

static uint32_t read_group(struct reader *r, uint32_t from)
{
	if (skip_over(r, "?") && !skip_over(r, ":")) {
		if (next_is(r, "=") || next_is(r, "!") || next_is(r, "<=") || next_is(r, "<!"))
			refuse(r, "look-arounds are not supported");
		else if (!skip_over(r, "<"))
			refuse(r, "a group of an unknown kind");
		while (more(r) && !skip_over(r, ">"))
			r->at++;
	}
	if (++r->depth > GROUPS_DEEP)
		refuse(r, "groups are nested too deeply");
	uint32_t to = read_alternatives(r, from);
	r->depth--;
	if (!r->failed && !r->nfa->full && !skip_over(r, ")"))
		refuse(r, "a group without its )");
	return to;
}

static uint32_t read_atom(struct reader *r, uint32_t from)
{
	struct class c = {0};

	if (skip_over(r, "("))
		return read_group(r, from);
	if (skip_over(r, "["))
		return read_class(r, from);
	if (skip_over(r, ".")) {
		add_ranges(r, &c, line_ends, countof(line_ends), true);
		return add_class(r, from, &c);
	}
	if (strchr("*+?{}])", r->text.p[r->at]) && r->text.p[r->at]) {
		refuse(r, "a sign that needs a backslash before it, or has nothing to act on");
		return from;
	}
	if (skip_over(r, "\\")) {
		if (read_shorthand(r, &c))
			return add_class(r, from, &c);
		uint32_t escaped = read_escape(r);
		add_range(r, &c, escaped, escaped);
		return add_class(r, from, &c);
	}
	uint32_t plain = read_character(r);
	add_range(r, &c, plain, plain);
	return add_class(r, from, &c);
}

/* ---- Quantifiers ---- */

static int read_count(struct reader *r)
{
	int value = 0;

	if (!more(r) || !isdigit((unsigned char)r->text.p[r->at]))
		refuse(r, "a quantifier without a number");
	while (more(r) && isdigit((unsigned char)r->text.p[r->at])) {
		value = value * 10 + (r->text.p[r->at++] - '0');
		if (value > REPEATS_MAX)
			refuse(r, "a quantifier over 10000");
	}
	return value;
}

/* False when there is none. */
static bool read_quantifier(struct reader *r, int *least, int *most)
{
	*least = *most = 1;
	if (skip_over(r, "*")) {
		*least = 0;
		*most = ENDLESS;
	} else if (skip_over(r, "+")) {
		*most = ENDLESS;
	} else if (skip_over(r, "?")) {
		*least = 0;
	} else if (skip_over(r, "{")) {
		*least = *most = read_count(r);
		if (skip_over(r, ","))
			*most = next_is(r, "}") ? ENDLESS : read_count(r);
		if (!skip_over(r, "}"))
			refuse(r, "a quantifier without its }");
		if (*most != ENDLESS && *most < *least)
			refuse(r, "a quantifier whose numbers are the wrong way round");
	} else {
		return false;
	}
	(void)skip_over(r, "?");       /* lazy: the same strings */
	return true;
}

/* An atom with its quantifier.  `entry` belongs to this copy alone, so that a loop touches nothing else. */
static uint32_t read_term(struct reader *r, uint32_t from)
{
	uint32_t entry = nfa_state(r->nfa);
	size_t begin = r->at;
	int least, most;

	nfa_jump(r->nfa, from, entry);
	uint32_t end = read_atom(r, entry);
	if (!read_quantifier(r, &least, &most))
		return end;
	size_t behind = r->at;
	uint32_t leave = nfa_state(r->nfa);
	if (least == 0)
		nfa_jump(r->nfa, entry, leave);
	for (int copies = 1; copies < (most == ENDLESS ? least : most) && !r->nfa->full && !r->failed; copies++) {
		if (copies >= least)
			nfa_jump(r->nfa, end, leave);
		entry = nfa_state(r->nfa);
		nfa_jump(r->nfa, end, entry);
		r->at = begin;
		end = read_atom(r, entry);
	}
	if (most == ENDLESS)
		nfa_jump(r->nfa, end, entry);
	if (most != 0)
		nfa_jump(r->nfa, end, leave);
	if (!r->failed)
		r->at = behind;
	return leave;
}

static uint32_t read_anchor(struct reader *r, uint32_t from, enum nfa_kind kind)
{
	uint32_t to = nfa_state(r->nfa);

	nfa_edge(r->nfa, from, kind, 0, 0, to);
	return to;
}

static uint32_t read_sequence(struct reader *r, uint32_t from)
{
	while (more(r) && !next_is(r, "|") && !next_is(r, ")")) {
		if (skip_over(r, "^"))
			from = read_anchor(r, from, NFA_IF_START);
		else if (skip_over(r, "$"))
			from = read_anchor(r, from, NFA_IF_END);
		else
			from = read_term(r, from);
	}
	return from;
}

static uint32_t read_alternatives(struct reader *r, uint32_t from)
{
	uint32_t to = nfa_state(r->nfa);

	do {
		uint32_t entry = nfa_state(r->nfa);
		nfa_jump(r->nfa, from, entry);
		nfa_jump(r->nfa, read_sequence(r, entry), to);
	} while (skip_over(r, "|") && !r->nfa->full);
	return to;
}

struct dfa *pattern_compile(struct str pattern, struct error *err)
{
	own_nfa nfa;
	struct reader r = { .text = pattern, .nfa = &nfa, .err = err };

	nfa_init(&nfa);
	if (pattern.n > PATTERN_MAX)
		return error_set(err, ERROR_TOO_LARGE, "a pattern of over %u bytes", PATTERN_MAX), NULL;
	nfa_characters(&nfa, nfa.start, 1, LAST_CHARACTER, nfa.start);
	nfa_characters(&nfa, nfa.accept, 1, LAST_CHARACTER, nfa.accept);
	nfa_jump(&nfa, read_alternatives(&r, nfa.start), nfa.accept);
	if (!r.failed && !nfa.full && r.at < pattern.n)
		refuse(&r, "a ) without its group");
	return r.failed ? NULL : dfa_build(&nfa, err);
}
