/*
 * Places in an array are counted by states, one behind the other, as far as
 * prefixItems, minItems and maxItems ask for; behind them one state goes round.
 */
#include "grammar/schema_inside.h"

struct items {
	const json_t *first;           /* prefixItems */
	const json_t *others;          /* NULL: anything */
	const char *others_keyword;
	uint32_t least, most;
};

/* Draft 7 and before write prefixItems as a list in items, and items as additionalItems. */
static bool read_items(struct compiler *c, const json_t *schema, struct items *out)
{
	const json_t *items = json_object_get(schema, "items");

	*out = (struct items){
		.first = json_object_get(schema, "prefixItems"), .others = items, .others_keyword = "/items",
	};
	if (json_is_array(items) && !out->first) {
		out->first = items;
		out->others = json_object_get(schema, "additionalItems");
		out->others_keyword = "/additionalItems";
	}
	if (out->first && !json_is_array(out->first))
		return refuse_keyword(c, "prefixItems", "must be a list of schemas"), false;
	if (!read_count(c, schema, "minItems", 0, &out->least) ||
		!read_count(c, schema, "maxItems", MACHINE_NO_LIMIT, &out->most))
		return false;
	if (out->least > SCHEMA_ITEMS_MAX)
		return refuse_keyword(c, "minItems", "is over 10000"), false;
	if (out->most != MACHINE_NO_LIMIT && out->most > SCHEMA_ITEMS_MAX)
		return refuse_keyword(c, "maxItems", "is over 10000"), false;
	return true;
}

/* The rule of the item at a place. */
static uint32_t compile_item(struct compiler *c, const struct items *items, size_t place, uint32_t *others)
{
	char at[40];

	if (place < json_array_size(items->first)) {
		snprintf(at, sizeof at, "/prefixItems/%zu", place);
		return compile_at(c, json_array_get(items->first, place), at, NULL);
	}
	if (*others == MACHINE_NONE)
		*others = items->others ? compile_at(c, items->others, items->others_keyword, NULL) :
			rule_start(c->rules, RULE_VALUE);
	return *others;
}

/* Behind the bracket or a comma, at a state: white space, then one more item. */
static void add_item(struct compiler *c, uint32_t from, uint32_t item, uint32_t behind)
{
	uint32_t ready = machine_state(c->machine);

	machine_call(c->machine, from, rule_start(c->rules, RULE_GAP), ready);
	machine_call(c->machine, ready, item, behind);
}

static void add_close(struct compiler *c, uint32_t from, uint32_t end)
{
	uint32_t last = machine_state(c->machine);

	machine_call(c->machine, from, rule_start(c->rules, RULE_GAP), last);
	machine_byte(c->machine, last, ']', end);
}

uint32_t compile_array(struct compiler *c, const json_t *schema)
{
	struct machine *g = c->machine;
	struct items items;
	uint32_t others = MACHINE_NONE, start = machine_state(g), at = machine_state(g), end = machine_state(g);

	if (!read_items(c, schema, &items))
		return MACHINE_NONE;
	machine_byte(g, start, '[', at);
	machine_return(g, end);
	size_t counted = items.least > json_array_size(items.first) ? items.least : json_array_size(items.first);
	bool endless = items.most == MACHINE_NO_LIMIT;
	if (!endless)
		counted = items.most;
	if (items.least == 0)
		add_close(c, at, end);
	for (size_t place = 0; place < counted + endless; place++) {
		uint32_t item = compile_item(c, &items, place, &others);
		uint32_t behind = machine_state(g), comma = machine_state(g);
		if (item == MACHINE_NONE)
			return MACHINE_NONE;
		add_item(c, at, item, behind);
		if (place + 1 >= items.least)
			add_close(c, behind, end);
		machine_byte(g, behind, ',', comma);
		if (place == counted)
			add_item(c, comma, item, behind);      /* and round */
		at = comma;
	}
	return start;
}
