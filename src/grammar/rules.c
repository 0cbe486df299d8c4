#include "grammar/rules.h"

#include <assert.h>

#include "grammar/pattern.h"

enum { BLANKS_MAX = 64, TABS_MAX = 16 };

void rules_init(struct rules *r, struct graph *g)
{
	*r = (struct rules){ .graph = g };
	(void)graph_state(g);
}

static void literal(struct graph *g, uint32_t start, const char *text)
{
	graph_return(g, graph_text(g, start, str_of(text)));
}

/* A line break may be followed by blanks or by tabs. */
static void make_indentation(struct graph *g, uint32_t line, char sign, int most)
{
	for (int i = 0; i < most; i++) {
		uint32_t next = graph_state(g);
		graph_byte(g, line, sign, next);
		graph_return(g, next);
		line = next;
	}
}

static void make_gap(struct rules *r, uint32_t start)
{
	struct graph *g = r->graph;
	uint32_t blank = graph_state(g), line = graph_state(g);

	graph_return(g, start);
	graph_byte(g, start, ' ', blank);
	graph_return(g, blank);
	graph_byte(g, start, '\n', line);
	graph_return(g, line);
	make_indentation(g, line, ' ', BLANKS_MAX);
	make_indentation(g, line, '\t', TABS_MAX);
}

static void make_colon(struct rules *r, uint32_t start)
{
	struct graph *g = r->graph;
	uint32_t colon = graph_state(g), blank = graph_state(g);

	graph_byte(g, start, ':', colon);
	graph_return(g, colon);
	graph_byte(g, colon, ' ', blank);
	graph_return(g, blank);
}

static void make_value(struct rules *r, uint32_t start)
{
	static const enum rule kinds[] = { RULE_OBJECT, RULE_ARRAY, RULE_STRING, RULE_NUMBER, RULE_BOOLEAN, RULE_NULL };

	for (size_t i = 0; i < countof(kinds); i++)
		graph_jump(r->graph, start, rule_start(r, kinds[i]));
}

/* What brackets hold: items with commas between them, or nothing. */
static void make_list(struct rules *r, uint32_t start, char open, char close, uint32_t item)
{
	struct graph *g = r->graph;
	uint32_t opened = graph_state(g), begin = graph_state(g), behind = graph_state(g), comma = graph_state(g),
		 next = graph_state(g), last = graph_state(g), end = graph_state(g);

	graph_byte(g, start, open, opened);
	graph_call(g, opened, rule_start(r, RULE_GAP), begin);
	graph_byte(g, begin, close, end);
	graph_call(g, begin, item, behind);
	graph_byte(g, behind, ',', comma);
	graph_call(g, comma, rule_start(r, RULE_GAP), next);
	graph_call(g, next, item, behind);
	graph_call(g, behind, rule_start(r, RULE_GAP), last);
	graph_byte(g, last, close, end);
	graph_return(g, end);
}

static void make_object(struct rules *r, uint32_t start)
{
	struct graph *g = r->graph;
	uint32_t member = graph_state(g), key = graph_state(g), colon = graph_state(g), value = graph_state(g);

	graph_call(g, member, rule_start(r, RULE_STRING), key);
	graph_call(g, key, rule_start(r, RULE_COLON), colon);
	graph_call(g, colon, rule_start(r, RULE_VALUE), value);
	graph_return(g, value);
	make_list(r, start, '{', '}', member);
}

static void make_array(struct rules *r, uint32_t start)
{
	make_list(r, start, '[', ']', rule_start(r, RULE_VALUE));
}

static void make_string(struct rules *r, uint32_t start)
{
	struct string_kind kind = { .dfa = r->graph->automata[0], .most = GRAPH_NO_LIMIT };

	graph_jump(r->graph, start, graph_string(r->graph, &kind));
}

static void make_pattern(struct rules *r, uint32_t start, const char *pattern)
{
	struct error err = {0};
	own_dfa *d = pattern_compile(str_of(pattern), &err);

	assert(d);
	graph_jump(r->graph, start, graph_automaton(r->graph, d));
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
	literal(r->graph, start, "true");
	literal(r->graph, start, "false");
}

static void make_null(struct rules *r, uint32_t start)
{
	literal(r->graph, start, "null");
}

uint32_t rule_start(struct rules *r, enum rule which)
{
	static void (*const makers[RULE_COUNT])(struct rules *, uint32_t) = {
		[RULE_GAP] = make_gap, [RULE_COLON] = make_colon, [RULE_VALUE] = make_value, [RULE_OBJECT] = make_object,
		[RULE_ARRAY] = make_array, [RULE_STRING] = make_string, [RULE_NUMBER] = make_number,
		[RULE_INTEGER] = make_integer, [RULE_BOOLEAN] = make_boolean, [RULE_NULL] = make_null,
	};

	if (!r->made[which]) {
		r->made[which] = graph_state(r->graph);
		makers[which](r, r->made[which]);
	}
	return r->made[which];
}
