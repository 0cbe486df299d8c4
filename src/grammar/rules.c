#include "grammar/rules.h"

#include <assert.h>

#include "grammar/pattern.h"

enum { BLANKS_MAX = 64, TABS_MAX = 16 };

void rules_init(struct rules *r, struct machine *g)
{
	*r = (struct rules){ .machine = g };
	(void)machine_state(g);
}

static void literal(struct machine *g, uint32_t start, const char *text)
{
	machine_return(g, machine_text(g, start, str_of(text)));
}

/* A line break may be followed by blanks or by tabs. */
static void make_indentation(struct machine *g, uint32_t line, char sign, int most)
{
	for (int i = 0; i < most; i++) {
		uint32_t next = machine_state(g);
		machine_byte(g, line, sign, next);
		machine_return(g, next);
		line = next;
	}
}

static void make_gap(struct rules *r, uint32_t start)
{
	struct machine *g = r->machine;
	uint32_t blank = machine_state(g), line = machine_state(g);

	machine_return(g, start);
	machine_byte(g, start, ' ', blank);
	machine_return(g, blank);
	machine_byte(g, start, '\n', line);
	machine_return(g, line);
	make_indentation(g, line, ' ', BLANKS_MAX);
	make_indentation(g, line, '\t', TABS_MAX);
}

static void make_colon(struct rules *r, uint32_t start)
{
	struct machine *g = r->machine;
	uint32_t colon = machine_state(g), blank = machine_state(g);

	machine_byte(g, start, ':', colon);
	machine_return(g, colon);
	machine_byte(g, colon, ' ', blank);
	machine_return(g, blank);
}

static void make_value(struct rules *r, uint32_t start)
{
	static const enum rule kinds[] = { RULE_OBJECT, RULE_ARRAY, RULE_STRING, RULE_NUMBER, RULE_BOOLEAN, RULE_NULL };

	for (size_t i = 0; i < countof(kinds); i++)
		machine_jump(r->machine, start, rule_start(r, kinds[i]));
}

/* What brackets hold: items with commas between them, or nothing. */
static void make_list(struct rules *r, uint32_t start, char open, char close, uint32_t item)
{
	struct machine *g = r->machine;
	uint32_t opened = machine_state(g), begin = machine_state(g), behind = machine_state(g),
		comma = machine_state(g), next = machine_state(g), last = machine_state(g), end = machine_state(g);

	machine_byte(g, start, open, opened);
	machine_call(g, opened, rule_start(r, RULE_GAP), begin);
	machine_byte(g, begin, close, end);
	machine_call(g, begin, item, behind);
	machine_byte(g, behind, ',', comma);
	machine_call(g, comma, rule_start(r, RULE_GAP), next);
	machine_call(g, next, item, behind);
	machine_call(g, behind, rule_start(r, RULE_GAP), last);
	machine_byte(g, last, close, end);
	machine_return(g, end);
}

static void make_object(struct rules *r, uint32_t start)
{
	struct machine *g = r->machine;
	uint32_t member = machine_state(g), key = machine_state(g), colon = machine_state(g), value = machine_state(g);

	machine_call(g, member, rule_start(r, RULE_STRING), key);
	machine_call(g, key, rule_start(r, RULE_COLON), colon);
	machine_call(g, colon, rule_start(r, RULE_VALUE), value);
	machine_return(g, value);
	make_list(r, start, '{', '}', member);
}

static void make_array(struct rules *r, uint32_t start)
{
	make_list(r, start, '[', ']', rule_start(r, RULE_VALUE));
}

static void make_string(struct rules *r, uint32_t start)
{
	struct string_kind kind = { .dfa = r->machine->automata[0], .most = MACHINE_NO_LIMIT };

	machine_jump(r->machine, start, machine_string(r->machine, &kind));
}

static void make_pattern(struct rules *r, uint32_t start, const char *pattern)
{
	struct error err = {0};
	own_dfa *d = pattern_compile(str_of(pattern), &err);

	assert(d);
	machine_jump(r->machine, start, machine_automaton(r->machine, d));
}

static void make_number(struct rules *r, uint32_t start)
{
	make_pattern(r, start, "^-?(?:0|[1-9][0-9]{0,17})(?:\\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?$");
}

static void make_integer(struct rules *r, uint32_t start)
{
	make_pattern(r, start, "^(?:0|-?[1-9][0-9]{0,17})$");
}

static void make_boolean(struct rules *r, uint32_t start)
{
	literal(r->machine, start, "true");
	literal(r->machine, start, "false");
}

static void make_null(struct rules *r, uint32_t start)
{
	literal(r->machine, start, "null");
}

uint32_t rule_start(struct rules *r, enum rule which)
{
	static void (*const makers[RULE_COUNT])(struct rules *, uint32_t) = {
		[RULE_GAP] = make_gap, [RULE_COLON] = make_colon, [RULE_VALUE] = make_value,
		[RULE_OBJECT] = make_object,
		[RULE_ARRAY] = make_array, [RULE_STRING] = make_string, [RULE_NUMBER] = make_number,
		[RULE_INTEGER] = make_integer, [RULE_BOOLEAN] = make_boolean, [RULE_NULL] = make_null,
	};

	if (!r->made[which]) {
		r->made[which] = machine_state(r->machine);
		makers[which](r, r->made[which]);
	}
	return r->made[which];
}
