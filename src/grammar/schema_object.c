/*
 * Properties come in the order of the schema; those not required may be left out.
 * A chain of states stands for "the next property is this one or a later one".
 * Behind the named ones come those that only patterns or nothing at all name.
 */
#include "grammar/pattern.h"
#include "grammar/schema_inside.h"

/* Keys of one kind with one schema for their values. */
struct extra {
	uint32_t key, value;           /* rules */
};

enum { EXTRAS_MAX = 64 };

struct object {
	const json_t *schema, *properties, *required;
	size_t count;                  /* properties */
	uint32_t least;                /* minProperties */
	struct extra extras[EXTRAS_MAX];
	size_t extra_count;
	uint32_t end;
};

static bool is_required(const struct object *o, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)o->required, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), name) == 0)
			return true;
	return false;
}

/* ---- Keys that are not named ---- */

/* All strings but the names of properties. */
static struct dfa *other_names(struct compiler *c, const struct object *o)
{
	struct nfa n;
	const char *name;
	json_t *schema;

	nfa_init(&n);
	json_object_foreach((json_t *)o->properties, name, schema)
		nfa_jump(&n, nfa_text(&n, n.start, name, strlen(name)), n.accept);
	own_dfa *named = paid_for(c, dfa_build(&n, c->err));
	struct dfa *others = named ? paid_for(c, dfa_both(c->machine->automata[0], named, true, c->err)) : NULL;
	if (!others)
		blame_keyword(c, "additionalProperties");
	nfa_done(&n);
	return others;
}

static void add_extra(struct compiler *c, struct object *o, struct dfa *keys, uint32_t value)
{
	struct string_kind kind = { .dfa = machine_keep(c->machine, keys), .most = MACHINE_NO_LIMIT };

	o->extras[o->extra_count++] = (struct extra){ machine_string(c->machine, &kind), value };
}

/* Each pattern must leave the others' keys alone, or their values would have to satisfy both. */
static bool check_patterns(struct compiler *c, const struct object *o, struct dfa *const *patterns, size_t count)
{
	const char *name;
	json_t *schema;

	for (size_t i = 0; i < count; i++) {
		json_object_foreach((json_t *)o->properties, name, schema)
			if (dfa_matches(patterns[i], str_of(name)))
				return refuse_keyword(c, "patternProperties", "a pattern matches a name in properties"),
					false;
		for (size_t k = 0; k < i; k++) {
			own_dfa *both = paid_for(c, dfa_both(patterns[i], patterns[k], false, c->err));
			if (!both)
				return blame_keyword(c, "patternProperties"), false;
			if (!dfa_is_empty(both))
				return refuse_keyword(c, "patternProperties", "two patterns match the same names"),
					false;
		}
	}
	return true;
}

struct patterns {
	struct dfa *list[EXTRAS_MAX];
	size_t count;
};

static void patterns_done(struct patterns *p)
{
	for (size_t i = 0; i < p->count; i++)
		dfa_destroy(p->list[i]);
}

static bool read_patterns(struct compiler *c, struct object *o, struct patterns *p, uint32_t values[EXTRAS_MAX])
{
	const json_t *given = json_object_get(o->schema, "patternProperties");
	const char *pattern;
	json_t *schema;

	if (json_object_size(given) > EXTRAS_MAX - 1)
		return refuse_keyword(c, "patternProperties", "has over 63 patterns"), false;
	json_object_foreach((json_t *)given, pattern, schema) {
		p->list[p->count] = paid_for(c, pattern_compile(str_of(pattern), c->err));
		if (!p->list[p->count])
			return blame_keyword(c, "patternProperties"), false;
		values[p->count] = compile_at(c, schema, "/patternProperties", pattern);
		if (values[p->count++] == MACHINE_NONE)
			return false;
	}
	return check_patterns(c, o, p->list, p->count);
}

/* All keys but those in properties and patterns; NULL (error set) on failure. */
static struct dfa *keys_left(struct compiler *c, const struct object *o, const struct patterns *p)
{
	own_dfa *left = other_names(c, o);

	for (size_t i = 0; left && i < p->count; i++) {
		struct dfa *fewer = paid_for(c, dfa_both(left, p->list[i], true, c->err));
		dfa_destroy(left);
		left = fewer;
		if (!left)
			blame_keyword(c, "additionalProperties");
	}
	return take(left);
}

/* Names are strings anyway: {"type": "string"}, as generators of schemas write it, says nothing. */
static const json_t *said_of_names(const struct object *o)
{
	const json_t *names = json_object_get(o->schema, "propertyNames");
	const char *type = json_member_string(names, "type");
	bool idle = json_is_true(names) || (json_is_object(names) && json_object_size(names) == 0) ||
		(type && strcmp(type, "string") == 0 && json_object_size(names) == 1);

	return idle ? NULL : names;
}

/* What propertyNames leaves of a kind of keys; consumes it. */
static struct dfa *with_names(struct compiler *c, const struct object *o, struct dfa *keys)
{
	own_dfa *before = keys;
	const json_t *names = said_of_names(o);
	struct string_kind kind;

	if (!names)
		return take(before);
	if (!json_is_object(names) || json_object_get(names, "enum") || json_object_get(names, "$ref") ||
		!check_keywords(c, names) || !string_contents(c, names, &kind))
		return refuse_keyword(c, "propertyNames", "only pattern, format and lengths are supported"), NULL;
	own_dfa *counted = paid_for(c, dfa_with_length(kind.dfa, kind.least, kind.most, c->err));
	struct dfa *fewer = counted ? paid_for(c, dfa_both(before, counted, false, c->err)) : NULL;
	if (!fewer)
		blame_keyword(c, "propertyNames");
	return fewer;
}

/* Whether any key will do, so that the automaton of all strings serves. */
static bool takes_any_name(const struct object *o)
{
	return !o->count && !json_object_get(o->schema, "patternProperties") && !said_of_names(o);
}

static bool add_others(struct compiler *c, struct object *o, const struct patterns *p)
{
	const json_t *others = json_object_get(o->schema, "additionalProperties");
	bool open = others || (!json_object_get(o->schema, "properties") &&
		!json_object_get(o->schema, "patternProperties"));

	if (!open || json_is_false(others))
		return true;
	uint32_t value = others ? compile_at(c, others, "/additionalProperties", NULL) :
		rule_start(c->rules, RULE_VALUE);
	if (value == MACHINE_NONE)
		return false;
	if (takes_any_name(o)) {
		o->extras[o->extra_count++] = (struct extra){ rule_start(c->rules, RULE_STRING), value };
		return true;
	}
	struct dfa *left = keys_left(c, o, p);
	struct dfa *keys = left ? with_names(c, o, left) : NULL;
	if (keys)
		add_extra(c, o, keys, value);
	return keys != NULL;
}

static bool read_extras(struct compiler *c, struct object *o)
{
	struct patterns p owns(patterns_done) = {0};
	uint32_t values[EXTRAS_MAX];

	if (!read_patterns(c, o, &p, values) || !add_others(c, o, &p))
		return false;
	for (size_t i = 0; i < p.count; i++) {
		struct dfa *keys = with_names(c, o, take(p.list[i]));
		if (!keys)
			return false;
		add_extra(c, o, keys, values[i]);
	}
	return true;
}

/* ---- Named properties ---- */

/* Names that are required but not in properties get what is said of others. */
static const json_t *all_properties(struct compiler *c, const json_t *schema)
{
	json_t *given = json_object_get(schema, "properties"), *item;
	json_t *others = json_object_get(schema, "additionalProperties");
	json_t *all = given ? json_copy(given) : json_object();
	size_t i;

	json_array_append_new(c->made, all);
	json_array_foreach(json_object_get(schema, "required"), i, item) {
		if (!json_is_string(item)) {
			refuse_keyword(c, "required", "must be a list of names");
			return NULL;
		}
		if (!json_object_get(all, json_string_value(item)))
			json_object_set_new(all, json_string_value(item), others ? json_incref(others) : json_true());
	}
	return all;
}

/* A name, the colon and the value, from one state to another. */
static bool add_member(struct compiler *c, uint32_t from, const char *name, const json_t *schema, uint32_t to)
{
	struct machine *g = c->machine;
	own_buf key = BUF_INIT(1 << 16);
	uint32_t value = compile_at(c, schema, "/properties", name), ready = machine_state(g);

	if (value == MACHINE_NONE || !json_write_string(&key, str_of(name), c->err))
		return false;
	machine_call(g, machine_text(g, from, buf_str(&key)), rule_start(c->rules, RULE_COLON), ready);
	machine_call(g, ready, value, to);
	return true;
}

static void add_extra_members(struct compiler *c, const struct object *o, uint32_t from, uint32_t to)
{
	struct machine *g = c->machine;

	for (size_t i = 0; i < o->extra_count; i++) {
		uint32_t key = machine_state(g), ready = machine_state(g);
		machine_call(g, from, o->extras[i].key, key);
		machine_call(g, key, rule_start(c->rules, RULE_COLON), ready);
		machine_call(g, ready, o->extras[i].value, to);
	}
}

/* Behind a member: a comma and a later one, or the end where none is missing. */
static void add_behind(struct compiler *c, const struct object *o, uint32_t behind, uint32_t next, bool may_end)
{
	struct machine *g = c->machine;
	uint32_t comma = machine_state(g), last = machine_state(g);

	if (next != MACHINE_NONE) {
		machine_byte(g, behind, ',', comma);
		machine_call(g, comma, rule_start(c->rules, RULE_GAP), next);
	}
	if (may_end) {
		machine_call(g, behind, rule_start(c->rules, RULE_GAP), last);
		machine_byte(g, last, '}', o->end);
	}
}

/* The members from `next` on; returns false on failure. */
static bool add_named(struct compiler *c, const struct object *o, uint32_t *next)
{
	size_t left = json_array_size(o->required);
	const char *name;
	json_t *schema;

	json_object_foreach((json_t *)o->properties, name, schema) {
		uint32_t behind = machine_state(c->machine), later = machine_state(c->machine);
		bool needed = is_required(o, name);
		if (!add_member(c, *next, name, schema, behind))
			return false;
		if (!needed)
			machine_jump(c->machine, *next, later);
		left -= needed;
		add_behind(c, o, behind, later, left == 0);
		*next = later;
	}
	return true;
}

/* Unnamed members, as many as one likes or at most `most`. */
static void add_unnamed(struct compiler *c, const struct object *o, uint32_t next, uint32_t most)
{
	bool endless = most == MACHINE_NO_LIMIT;

	for (uint32_t i = 0; o->extra_count && i < (endless ? 1 : most); i++) {
		uint32_t behind = machine_state(c->machine), later = endless ? next : MACHINE_NONE;
		if (!endless && i + 1 < most)
			later = machine_state(c->machine);
		add_extra_members(c, o, next, behind);
		add_behind(c, o, behind, later, true);
		next = later;
	}
}

/* ---- The whole ---- */

/* Counting members is done where nothing but the count decides. */
static bool check_counts(struct compiler *c, const struct object *o, uint32_t most)
{
	size_t needed = json_array_size(o->required);

	if (o->least > needed && !(o->least == 1 && needed == 0))
		return refuse_keyword(c, "minProperties", "only what required asks for anyway, or 1, is supported"),
			false;
	if (most != MACHINE_NO_LIMIT && o->count && (o->extra_count || most < o->count))
		return refuse_keyword(c, "maxProperties", "is not supported beside properties"), false;
	if (most != MACHINE_NO_LIMIT && most > SCHEMA_ITEMS_MAX)
		return refuse_keyword(c, "maxProperties", "is over 10000"), false;
	return true;
}

/* Names listed twice would never all be found. */
static json_t *unique(const json_t *names)
{
	json_t *list = json_array(), *item;
	size_t i;

	json_array_foreach((json_t *)names, i, item) {
		bool there = false;
		for (size_t k = 0; k < json_array_size(list); k++)
			there |= json_equal(json_array_get(list, k), item);
		if (!there)
			json_array_append(list, item);
	}
	return list;
}

static bool read_object(struct compiler *c, const json_t *schema, struct object *o, uint32_t *most)
{
	const json_t *properties = json_object_get(schema, "properties"),
		*required = json_object_get(schema, "required");

	*o = (struct object){ .schema = schema };
	if (properties && !json_is_object(properties))
		return refuse_keyword(c, "properties", "must be an object"), false;
	if (required && !json_is_array(required))
		return refuse_keyword(c, "required", "must be a list of names"), false;
	if (json_object_size(properties) > SCHEMA_COUNT_MAX || json_array_size(required) > SCHEMA_COUNT_MAX)
		return refuse_keyword(c, "properties", "are over 4096"), false;
	json_t *needed = unique(required);
	json_array_append_new(c->made, needed);
	o->required = needed;
	o->properties = all_properties(c, schema);
	o->count = json_object_size(o->properties);
	return o->properties && read_count(c, schema, "minProperties", 0, &o->least) &&
		read_count(c, schema, "maxProperties", MACHINE_NO_LIMIT, most) && read_extras(c, o) &&
		check_counts(c, o, *most);
}

uint32_t compile_object(struct compiler *c, const json_t *schema)
{
	struct machine *g = c->machine;
	struct object o;
	uint32_t start = machine_state(g), opened = machine_state(g), begin = machine_state(g), next = machine_state(g);
	uint32_t most;

	if (!read_object(c, schema, &o, &most))
		return MACHINE_NONE;
	o.end = machine_state(g);
	machine_return(g, o.end);
	machine_byte(g, start, '{', opened);
	machine_call(g, opened, rule_start(c->rules, RULE_GAP), begin);
	machine_jump(g, begin, next);
	if (!json_array_size(o.required) && !o.least)
		machine_byte(g, begin, '}', o.end);
	if (!add_named(c, &o, &next))
		return MACHINE_NONE;
	add_unnamed(c, &o, next, o.count ? MACHINE_NO_LIMIT : most);
	return start;
}
