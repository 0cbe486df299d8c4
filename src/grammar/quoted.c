#include "grammar/quoted.h"

#include <ctype.h>

/* How far an escape is, in one word. */
enum stage {
	NO_ESCAPE,
	BEHIND_BACKSLASH,
	IN_HEX,
	BEHIND_HIGH,           /* the first of a pair is complete; \ must follow, */
	BEHIND_HIGH_BACKSLASH, /* then u */
	IN_LOW_HEX,
};

struct escape {
	enum stage stage;
	uint32_t digits;       /* read */
	uint32_t value;        /* of them */
	uint32_t high;         /* ten bits */
};

static uint32_t pack(struct escape e)
{
	return (uint32_t)e.stage | e.digits << 3 | e.value << 5 | e.high << 21;
}

static struct escape unpack(uint32_t word)
{
	return (struct escape){ (enum stage)(word & 7), word >> 3 & 3, word >> 5 & 0xFFFF, word >> 21 };
}

/* ---- One character ---- */

static bool begin_character(struct quoted *q)
{
	if (q->left == 0)
		return false;
	q->left -= q->left != MACHINE_NO_LIMIT;
	q->need -= q->need > 0;
	return true;
}

static enum quoted_verdict end_escape(const struct string_kind *k, struct quoted *q, uint32_t code_point)
{
	q->escape = NO_ESCAPE;
	q->at = dfa_character(k->dfa, q->at, code_point);
	return q->at == DFA_DEAD ? QUOTED_DEAD : QUOTED_ON;
}

/* Whether a character from lo to hi may stand here.  What may be anything needs no search. */
static bool possible(const struct string_kind *k, const struct quoted *q, uint32_t lo, uint32_t hi)
{
	lo = lo ? lo : 1;
	if (lo > hi)
		return false;
	if (k->any)
		return lo < 0xD800 || hi > 0xDFFF;
	return dfa_any_character(k->dfa, q->at, lo, hi);
}

/* ---- Escapes ---- */

static enum quoted_verdict short_escape(const struct string_kind *k, struct quoted *q, uint8_t byte)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *name = byte ? strchr(names, byte) : NULL;

	if (byte == 'u') {
		q->escape = pack((struct escape){ .stage = IN_HEX });
		return QUOTED_ON;
	}
	return name ? end_escape(k, q, (uint8_t)values[name - names]) : QUOTED_DEAD;
}

#define PLANE_1 0x10000u

static bool can_be_high(const struct string_kind *k, const struct quoted *q, uint32_t lo, uint32_t hi)
{
	lo = lo > 0xD800 ? lo : 0xD800;
	hi = hi < 0xDBFF ? hi : 0xDBFF;
	return lo <= hi && possible(k, q, PLANE_1 + ((lo - 0xD800) << 10), PLANE_1 + ((hi - 0xD800) << 10) + 0x3FF);
}

static bool can_be_low(const struct string_kind *k, const struct quoted *q, uint32_t high, uint32_t lo, uint32_t hi)
{
	lo = lo > 0xDC00 ? lo : 0xDC00;
	hi = hi < 0xDFFF ? hi : 0xDFFF;
	return lo <= hi && possible(k, q, PLANE_1 + (high << 10) + (lo - 0xDC00),
		PLANE_1 + (high << 10) + (hi - 0xDC00));
}

static enum quoted_verdict hex_digit(const struct string_kind *k, struct quoted *q, struct escape e, uint8_t byte)
{
	if (!isxdigit(byte))
		return QUOTED_DEAD;
	e.value = e.value << 4 | (uint32_t)(isdigit(byte) ? byte - '0' : (byte | 32) - 'a' + 10);
	e.digits++;
	uint32_t open = 4 * (4 - e.digits), lo = e.value << open, hi = lo + (1u << open) - 1;
	bool low = e.stage == IN_LOW_HEX;
	if (!(low ? can_be_low(k, q, e.high, lo, hi) : possible(k, q, lo, hi) || can_be_high(k, q, lo, hi)))
		return QUOTED_DEAD;
	if (e.digits < 4) {
		q->escape = pack(e);
		return QUOTED_ON;
	}
	if (low)
		return end_escape(k, q, PLANE_1 + (e.high << 10) + (e.value - 0xDC00));
	if (e.value < 0xD800 || e.value > 0xDFFF)
		return end_escape(k, q, e.value);
	q->escape = pack((struct escape){ .stage = BEHIND_HIGH, .high = e.value - 0xD800 });
	return QUOTED_ON;
}

static enum quoted_verdict go_on_escape(const struct string_kind *k, struct quoted *q, uint8_t byte)
{
	struct escape e = unpack(q->escape);

	switch (e.stage) {
	case NO_ESCAPE: break;
	case BEHIND_BACKSLASH: return short_escape(k, q, byte);
	case IN_HEX:
	case IN_LOW_HEX: return hex_digit(k, q, e, byte);
	case BEHIND_HIGH:
	case BEHIND_HIGH_BACKSLASH:
		if (byte != (e.stage == BEHIND_HIGH ? '\\' : 'u'))
			return QUOTED_DEAD;
		e.stage++;
		q->escape = pack(e);
		return QUOTED_ON;
	}
	return QUOTED_DEAD;
}

enum quoted_verdict quoted_step(const struct string_kind *k, struct quoted *q, uint8_t byte)
{
	if (q->escape)
		return go_on_escape(k, q, byte);
	if (byte == '"')
		return k->dfa->accepts[q->at] && q->need == 0 ? QUOTED_CLOSED : QUOTED_DEAD;
	if (byte == '\\') {
		if (k->any ? !k->dfa->accepts[q->at] : !possible(k, q, 1, 0x10FFFF))
			return QUOTED_DEAD;
		q->escape = BEHIND_BACKSLASH;
		return begin_character(q) ? QUOTED_ON : QUOTED_DEAD;
	}
	if (byte < 0x20)
		return QUOTED_DEAD;
	q->at = dfa_step(k->dfa, q->at, byte);
	if (q->at == DFA_DEAD || ((byte & 0xC0) != 0x80 && !begin_character(q)))
		return QUOTED_DEAD;
	return QUOTED_ON;
}
