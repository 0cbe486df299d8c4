/*
 * A limit becomes digits before and behind the point.  Numbers of one sign are
 * compared with it digit by digit: an automaton goes along the limit's digits as
 * long as they are equal, and is free or dead once they are not.
 *
 * Texts are compared, readers compare doubles.  Rounding keeps the order, so a
 * limit that belongs to the range is safe; one that does not is kept apart by
 * allowing at most 15 significant digits, which doubles tell from one another.
 */
#include "grammar/number.h"

#include <math.h>
#include <stdio.h>

enum { DIGITS_MAX = 15, INTEGER_DIGITS = 18, TEXT_MAX = 64 };

struct decimal {
	bool negative;
	char whole[TEXT_MAX], part[TEXT_MAX];  /* digits, without needless zeros; whole has one at least */
};

static bool is_zero(const struct decimal *d) { return strcmp(d->whole, "0") == 0 && !*d->part; }

/* ---- Reading a limit ---- */

/* The shortest digits that are this number: "d.ddde±xx". */
static void shortest(double value, char text[TEXT_MAX])
{
	for (int digits = 14; digits <= 16; digits++) {
		snprintf(text, TEXT_MAX, "%.*e", digits, value);
		if (strtod(text, NULL) == value)
			return;
	}
}

static bool from_real(double value, struct decimal *out)
{
	char text[TEXT_MAX], digits[TEXT_MAX] = "";
	size_t count = 0;

	shortest(fabs(value), text);
	char *e = strchr(text, 'e');
	long point = strtol(e + 1, NULL, 10) + 1;      /* digits before the point */
	for (const char *p = text; p < e; p++)
		if (*p >= '0' && *p <= '9')
			digits[count++] = *p;
	while (count && digits[count - 1] == '0')
		count--;
	if (point > DIGITS_MAX || (long)count - point > DIGITS_MAX)
		return false;
	*out = (struct decimal){ .negative = value < 0, .whole = "0" };
	for (long i = 0; i < point; i++)
		out->whole[i] = i < (long)count ? digits[i] : '0';
	size_t n = 0;
	for (long i = point; i < (long)count; i++)
		out->part[n++] = i < 0 ? '0' : digits[i];
	return true;
}

static bool read_limit(const json_t *v, struct decimal *out)
{
	if (json_is_real(v))
		return from_real(json_real_value(v), out);
	long long value = json_integer_value(v);
	*out = (struct decimal){ .negative = value < 0 };
	snprintf(out->whole, sizeof out->whole, "%llu",
		value < 0 ? -(unsigned long long)value : (unsigned long long)value);
	return true;
}

/* ---- Numbers without sign ---- */

struct shape {
	bool integer;
	size_t whole, part;            /* digits at most */
};

/* Any fraction, or none. */
static void free_part(struct nfa *n, uint32_t from, const struct shape *s)
{
	nfa_jump(n, from, n->accept);
	if (s->integer)
		return;
	uint32_t at = nfa_text(n, from, ".", 1);
	for (size_t i = 0; i < s->part; i++) {
		uint32_t next = nfa_state(n);
		nfa_edge(n, at, NFA_BYTES, '0', '9', next);
		nfa_jump(n, next, n->accept);
		at = next;
	}
}

static uint32_t free_digits(struct nfa *n, uint32_t from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t next = nfa_state(n);
		nfa_edge(n, from, NFA_BYTES, '0', '9', next);
		from = next;
	}
	return from;
}

/* All whole parts of least to most digits, with any fraction. */
static void free_whole(struct nfa *n, uint32_t from, size_t least, size_t most, const struct shape *s)
{
	for (size_t digits = least; digits <= most; digits++) {
		uint32_t first = nfa_state(n);
		nfa_edge(n, from, NFA_BYTES, digits == 1 ? '0' : '1', '9', first);
		free_part(n, free_digits(n, first, digits - 1), s);
	}
}

/* The digits that are farther than the limit's (upwards or downwards); false: there are none. */
static bool farther(char digit, bool up, char least, char *lo, char *hi)
{
	*lo = up ? (char)(digit + 1) : least;
	*hi = up ? '9' : (char)(digit - 1);
	return *lo <= *hi;
}

/* Behind a point and `at` digits equal to the limit's.  Upwards fewer digits are too small, downwards they will do. */
static void compare_part(struct nfa *n, uint32_t from, const char *limit, bool up, bool strict, const struct shape *s)
{
	size_t digits = strlen(limit);
	uint32_t state = from;

	for (size_t i = 0; i < s->part; i++) {
		char own = i < digits ? limit[i] : '0', lo, hi;
		uint32_t equal = nfa_state(n);
		if (farther(own, up, '0', &lo, &hi)) {
			uint32_t away = nfa_state(n);
			nfa_edge(n, state, NFA_BYTES, (uint8_t)lo, (uint8_t)hi, away);
			nfa_jump(n, away, n->accept);
			for (size_t k = i + 1; k < s->part; k++) {
				uint32_t next = nfa_state(n);
				nfa_edge(n, away, NFA_BYTES, '0', '9', next);
				nfa_jump(n, next, n->accept);
				away = next;
			}
		}
		nfa_edge(n, state, NFA_BYTES, (uint8_t)own, (uint8_t)own, equal);
		if (i + 1 >= digits ? !strict : !up)
			nfa_jump(n, equal, n->accept);
		state = equal;
	}
}

/* Whole parts with as many digits as the limit's. */
static void compare_whole(struct nfa *n, uint32_t from, const struct decimal *limit, bool up, bool strict,
	const struct shape *s)
{
	size_t digits = strlen(limit->whole);

	for (size_t i = 0; i < digits; i++) {
		char lo, hi;
		if (farther(limit->whole[i], up, i == 0 && digits > 1 ? '1' : '0', &lo, &hi)) {
			uint32_t away = nfa_state(n);
			nfa_edge(n, from, NFA_BYTES, (uint8_t)lo, (uint8_t)hi, away);
			free_part(n, free_digits(n, away, digits - i - 1), s);
		}
		from = nfa_text(n, from, limit->whole + i, 1);
	}
	bool equal = !*limit->part;
	if (equal ? !strict : !up)
		nfa_jump(n, from, n->accept);
	if (!s->integer)
		compare_part(n, nfa_text(n, from, ".", 1), limit->part, up, strict, s);
}

/* Numbers without sign from (up) or to (down) a limit. */
static struct dfa *beyond(const struct decimal *limit, bool up, bool strict, const struct shape *s, struct error *err)
{
	own_nfa n;
	size_t digits = strlen(limit->whole);

	nfa_init(&n);
	if (up)
		free_whole(&n, n.start, digits + 1, s->whole, s);
	else
		free_whole(&n, n.start, 1, digits - 1, s);
	compare_whole(&n, n.start, limit, up, strict, s);
	return dfa_build(&n, err);
}

struct side {
	const struct decimal *least, *most;    /* without sign; most NULL: none */
	bool above, below;
};

static struct dfa *unsigned_between(const struct side *side, const struct shape *s, struct error *err)
{
	own_dfa *from = beyond(side->least, true, side->above, s, err);
	own_dfa *to = from && side->most ? beyond(side->most, false, side->below, s, err) : NULL;

	if (!from || (side->most && !to))
		return NULL;
	return to ? dfa_both(from, to, false, err) : take(from);
}

/* ---- Both signs ---- */

/* Copies an automaton into an NFA, behind a state. */
static void put(struct nfa *n, uint32_t from, const struct dfa *d)
{
	uint32_t base = n->state_count;

	for (uint32_t s = 0; s < d->states; s++)
		(void)nfa_state(n);
	if (n->full)
		return;
	nfa_jump(n, from, base + DFA_START);
	for (uint32_t s = DFA_START; s < d->states; s++) {
		for (int b = 0; b < 256; b++)
			if (dfa_step(d, s, (uint8_t)b) != DFA_DEAD)
				nfa_edge(n, base + s, NFA_BYTES, (uint8_t)b, (uint8_t)b,
					base + dfa_step(d, s, (uint8_t)b));
		if (d->accepts[s])
			nfa_jump(n, base + s, n->accept);
	}
}

static const struct decimal zero = { .whole = "0" };

/* Zero itself belongs to the positive side. */
static struct dfa *both_sides(const struct number_limits *l, const struct decimal *least, const struct decimal *most,
	const struct shape *s, struct error *err)
{
	own_nfa n;
	struct side positive = { .least = &zero }, negative = { .least = &zero, .above = true };

	nfa_init(&n);
	if (!most || !most->negative) {
		if (least && !least->negative)
			positive = (struct side){ .least = least, .above = l->above };
		positive.most = most;
		positive.below = l->below;
		own_dfa *d = unsigned_between(&positive, s, err);
		if (!d)
			return NULL;
		put(&n, n.start, d);
	}
	if (!least || least->negative) {
		if (most && most->negative)
			negative = (struct side){ .least = most, .above = l->below };
		negative.most = least;
		negative.below = l->above;
		own_dfa *d = unsigned_between(&negative, s, err);
		if (!d)
			return NULL;
		put(&n, nfa_text(&n, n.start, "-", 1), d);
	}
	return dfa_build(&n, err);
}

/* How many digits there may be; false when the limits cannot be kept apart from their neighbours. */
static bool choose_shape(const struct number_limits *l, const struct decimal *least, const struct decimal *most,
	struct shape *s)
{
	size_t whole = 1, part = 0;
	bool apart = (l->above && least && !is_zero(least)) || (l->below && most && !is_zero(most));
	const struct decimal *both[] = { least, most };

	for (size_t i = 0; i < countof(both); i++) {
		if (both[i] && strlen(both[i]->whole) > whole)
			whole = strlen(both[i]->whole);
		if (both[i] && strlen(both[i]->part) > part)
			part = strlen(both[i]->part);
	}
	*s = (struct shape){ l->integer, l->integer ? INTEGER_DIGITS : DIGITS_MAX, DIGITS_MAX };
	if (apart && !l->integer) {
		s->whole = least && most ? whole : 9;
		s->part = s->whole < DIGITS_MAX ? DIGITS_MAX - s->whole : 0;
	}
	return whole <= s->whole && (l->integer || (s->part > 0 && part <= s->part));
}

/* Farther out than any number that we write, so that the limit says nothing or forbids all. */
static bool is_far(const struct number_limits *l, const json_t *limit)
{
	return limit && fabs(json_number_value(limit)) >= (l->integer ? 1e18 : 1e15);
}

struct dfa *number_between(const struct number_limits *limits, struct error *err)
{
	struct number_limits l = *limits;
	struct decimal least, most;
	struct shape shape;

	if (is_far(&l, l.least) && json_number_value(l.least) < 0)
		l.least = NULL;
	if (is_far(&l, l.most) && json_number_value(l.most) > 0)
		l.most = NULL;
	if (is_far(&l, l.least) || is_far(&l, l.most) || (l.least && !read_limit(l.least, &least)) ||
		(l.most && !read_limit(l.most, &most)) ||
		!choose_shape(&l, l.least ? &least : NULL, l.most ? &most : NULL, &shape))
		return error_set(err, ERROR_INVALID, "has more digits than can be kept exactly"), NULL;
	return both_sides(&l, l.least ? &least : NULL, l.most ? &most : NULL, &shape, err);
}
