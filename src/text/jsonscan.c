/* A function a state; the table at the end has them all. */
#include "text/jsonscan.h"

#include <stddef.h>
#include <string.h>

enum state {
	VALUE, FIRST_VALUE, FIRST_KEY, KEY, COLON, NEXT, CLOSED,
	STRING, ESCAPE, HEX, LITERAL,
	MINUS, ZERO, DIGITS, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS,
};

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_hex(char c)
{
	char lower = (char)(c | 0x20);

	return is_digit(c) || (lower >= 'a' && lower <= 'f');
}

static bool in_object(const struct jsonscan *s)
{
	unsigned at = s->depth - 1;

	return s->objects[at / 64] >> at % 64 & 1;
}

static enum scan_event go(struct jsonscan *s, enum state state, enum scan_event event)
{
	s->state = (unsigned char)state;
	return event;
}

static enum scan_event open(struct jsonscan *s, bool object)
{
	unsigned at = s->depth;
	uint64_t bit = (uint64_t)1 << at % 64;

	if (at == JSONSCAN_DEPTH)
		return SCAN_BAD;
	s->depth++;
	s->objects[at / 64] = object ? s->objects[at / 64] | bit : s->objects[at / 64] & ~bit;
	return go(s, object ? FIRST_KEY : FIRST_VALUE, SCAN_VALUE_BEGINS);
}

static enum scan_event close_bracket(struct jsonscan *s)
{
	return go(s, --s->depth ? NEXT : CLOSED, SCAN_VALUE_ENDS);
}

static enum scan_event string(struct jsonscan *s, bool key)
{
	s->key = key;
	return go(s, STRING, key ? SCAN_KEY_BEGINS : SCAN_VALUE_BEGINS);
}

static enum scan_event on_value(struct jsonscan *s, char c)
{
	static const char *const literals[] = { "true", "false", "null" };

	if (is_space(c))
		return SCAN_MORE;
	if (c == '{' || c == '[')
		return open(s, c == '{');
	if (c == '"')
		return string(s, false);
	if (c == '-' || is_digit(c))
		return go(s, c == '-' ? MINUS : c == '0' ? ZERO : DIGITS, SCAN_VALUE_BEGINS);
	for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
		if (c == literals[i][0]) {
			s->literal = literals[i] + 1;
			return go(s, LITERAL, SCAN_VALUE_BEGINS);
		}
	}
	return SCAN_BAD;
}

static enum scan_event on_first_value(struct jsonscan *s, char c)
{
	return c == ']' ? close_bracket(s) : on_value(s, c);
}

static enum scan_event on_key(struct jsonscan *s, char c)
{
	if (c == '"')
		return string(s, true);
	return is_space(c) ? SCAN_MORE : SCAN_BAD;
}

static enum scan_event on_first_key(struct jsonscan *s, char c)
{
	return c == '}' ? close_bracket(s) : on_key(s, c);
}

static enum scan_event on_colon(struct jsonscan *s, char c)
{
	if (c == ':')
		return go(s, VALUE, SCAN_MORE);
	return is_space(c) ? SCAN_MORE : SCAN_BAD;
}

static enum scan_event on_next(struct jsonscan *s, char c)
{
	if (is_space(c))
		return SCAN_MORE;
	if (!s->depth)
		return SCAN_BAD;
	if (c == ',')
		return go(s, in_object(s) ? KEY : VALUE, SCAN_MORE);
	return c == (in_object(s) ? '}' : ']') ? close_bracket(s) : SCAN_BAD;
}

static enum scan_event on_closed(struct jsonscan *s, char c)
{
	(void)s;
	return is_space(c) ? SCAN_MORE : SCAN_BAD;
}

static enum scan_event on_string(struct jsonscan *s, char c)
{
	if (c == '\\')
		return go(s, ESCAPE, SCAN_MORE);
	if (c == '"')
		return s->key ? go(s, COLON, SCAN_KEY_ENDS) : go(s, s->depth ? NEXT : CLOSED, SCAN_VALUE_ENDS);
	return (unsigned char)c < ' ' ? SCAN_BAD : SCAN_MORE;
}

static enum scan_event on_escape(struct jsonscan *s, char c)
{
	s->digits = 4;
	if (c == 'u')
		return go(s, HEX, SCAN_MORE);
	return c && strchr("\"\\/bfnrt", c) ? go(s, STRING, SCAN_MORE) : SCAN_BAD;
}

static enum scan_event on_hex(struct jsonscan *s, char c)
{
	if (!is_hex(c))
		return SCAN_BAD;
	return --s->digits ? SCAN_MORE : go(s, STRING, SCAN_MORE);
}

static enum scan_event on_literal(struct jsonscan *s, char c)
{
	if (c != *s->literal)
		return SCAN_BAD;
	return *++s->literal ? SCAN_MORE : go(s, NEXT, SCAN_MORE);
}

/* A digit leads to `then`; for what cannot do without one. */
static enum scan_event need_digit(struct jsonscan *s, char c, enum state then)
{
	return is_digit(c) ? go(s, then, SCAN_MORE) : SCAN_BAD;
}

static enum scan_event on_minus(struct jsonscan *s, char c) { return need_digit(s, c, c == '0' ? ZERO : DIGITS); }
static enum scan_event on_point(struct jsonscan *s, char c) { return need_digit(s, c, FRACTION); }
static enum scan_event on_exponent_sign(struct jsonscan *s, char c) { return need_digit(s, c, EXPONENT_DIGITS); }

static enum scan_event on_exponent(struct jsonscan *s, char c)
{
	return c == '+' || c == '-' ? go(s, EXPONENT_SIGN, SCAN_MORE) : need_digit(s, c, EXPONENT_DIGITS);
}

/* Behind a digit: more of the number, or its end. */
static enum scan_event on_digit(struct jsonscan *s, char c)
{
	bool whole = s->state == ZERO || s->state == DIGITS;

	if (is_digit(c) && s->state != ZERO)
		return SCAN_MORE;
	if (c == '.' && whole)
		return go(s, POINT, SCAN_MORE);
	if ((c == 'e' || c == 'E') && s->state != EXPONENT_DIGITS)
		return go(s, EXPONENT, SCAN_MORE);
	unsigned char number = s->state;
	s->state = NEXT;
	enum scan_event event = on_next(s, c);
	if (event == SCAN_BAD)
		s->state = number;
	return event;
}

enum scan_event jsonscan_byte(struct jsonscan *s, char c)
{
	static enum scan_event (*const states[])(struct jsonscan *, char) = {
		[VALUE] = on_value, [FIRST_VALUE] = on_first_value, [FIRST_KEY] = on_first_key, [KEY] = on_key,
		[COLON] = on_colon, [NEXT] = on_next, [CLOSED] = on_closed,
		[STRING] = on_string, [ESCAPE] = on_escape, [HEX] = on_hex, [LITERAL] = on_literal,
		[MINUS] = on_minus, [ZERO] = on_digit, [DIGITS] = on_digit, [POINT] = on_point, [FRACTION] = on_digit,
		[EXPONENT] = on_exponent, [EXPONENT_SIGN] = on_exponent_sign, [EXPONENT_DIGITS] = on_digit,
	};

	return states[s->state](s, c);
}

bool jsonscan_closed(const struct jsonscan *s)
{
	return s->state == CLOSED;
}
