/*
 * Each schema becomes a rule, made once and called from wherever the schema is
 * used, which is also how recursive schemas end.
 */
#include "grammar/schema.h"

#include <math.h>

#include "base/mem.h"
#include "grammar/number.h"
#include "grammar/schema_inside.h"

enum { PATH_MAX_BYTES = 1 << 16, VALUE_MAX_BYTES = 1 << 20 };

/* Of a long path the end says more than the beginning. */
static uint32_t name_place(struct compiler *c, const char *keyword)
{
	enum { SHOWN = 200 };
	size_t cut = c->path.len > SHOWN ? c->path.len - SHOWN : 0;

	while (cut && (c->path.data[cut] & 0xC0) == 0x80)
		cut++;
	error_prefix(c->err, "keyword \"%.60s\" at #%s%s", keyword, cut ? "…" : "", c->path.data + cut);
	return MACHINE_NONE;
}

uint32_t refuse_keyword(struct compiler *c, const char *keyword, const char *why)
{
	error_set(c->err, ERROR_INVALID, "%s", why);
	return name_place(c, keyword);
}

uint32_t blame_keyword(struct compiler *c, const char *keyword)
{
	c->err->kind = ERROR_INVALID;
	return name_place(c, keyword);
}

struct dfa *paid_for(struct compiler *c, struct dfa *d)
{
	if (!d)
		return NULL;
	c->rules->work += d->work;
	if (c->rules->work <= SCHEMA_WORK_MAX)
		return d;
	dfa_destroy(d);
	error_set(c->err, ERROR_TOO_LARGE, "needs too many and too large automata; write it more simply");
	return NULL;
}

bool read_count(struct compiler *c, const json_t *schema, const char *keyword, uint32_t otherwise, uint32_t *count)
{
	const json_t *v = json_object_get(schema, keyword);

	*count = otherwise;
	if (!v)
		return true;
	if (!json_is_number(v) || json_number_value(v) < 0 || floor(json_number_value(v)) != json_number_value(v))
		return refuse_keyword(c, keyword, "must be a whole number"), false;
	*count = json_number_value(v) < UINT32_MAX ? (uint32_t)json_number_value(v) : UINT32_MAX;
	return true;
}

/* ---- Rules already made ---- */

static struct compiled *place_of(struct compiler *c, const json_t *schema)
{
	size_t at = (uintptr_t)schema / 16 * 0x9E3779B1u & (c->compiled_slots - 1);

	while (c->compiled[at].schema && c->compiled[at].schema != schema)
		at = (at + 1) & (c->compiled_slots - 1);
	return &c->compiled[at];
}

/* One place for each schema that may be compiled, and as many again. */
static void make_places(struct compiler *c)
{
	c->compiled_slots = 4 * SCHEMA_COUNT_MAX;
	c->compiled = mem_zeroed(c->compiled_slots, sizeof *c->compiled);
}

/* ---- Values given one by one ---- */

/* A number as text: the shortest that is read as the same. */
static bool write_real(struct buf *out, double value, struct error *err)
{
	char text[64];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return buf_adds(out, text, err) && (strpbrk(text, ".e") || buf_adds(out, ".0", err));
}

static bool put_literal(struct compiler *c, uint32_t start, const json_t *value)
{
	own_buf text = BUF_INIT(VALUE_MAX_BYTES);

	if (!(json_is_real(value) ? write_real(&text, json_real_value(value), c->err) :
		json_write(&text, value, c->err)))
		return false;
	machine_return(c->machine, machine_text(c->machine, start, buf_str(&text)));
	return true;
}

/* Beside the values only a type may stand, and what says the same again. */
static bool only_values(struct compiler *c, const json_t *schema)
{
	static const char *const allowed[] = { "enum", "const", "type", "nullable" };
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)schema, name, value) {
		bool fits = is_annotation(name);
		for (size_t i = 0; i < countof(allowed); i++)
			fits |= strcmp(name, allowed[i]) == 0;
		if (!fits)
			return refuse_keyword(c, name, "is not supported beside enum or const"), false;
	}
	return true;
}

static uint32_t compile_values(struct compiler *c, const json_t *schema)
{
	json_t *list = json_object_get(schema, "enum"), *constant = json_object_get(schema, "const"), *value;
	unsigned types = json_object_get(schema, "type") ? schema_types(c, schema) : TYPE_ALL;
	own_json *single = constant ? json_pack("[O]", constant) : NULL;
	uint32_t start = machine_state(c->machine);
	size_t i;

	if (!types || !only_values(c, schema))
		return MACHINE_NONE;
	if ((list && !json_is_array(list)) || json_array_size(list) > SCHEMA_ENUM_MAX)
		return refuse_keyword(c, "enum", "must be a list of at most 10000 values");
	json_array_foreach(single ? single : list, i, value) {
		bool listed = !single || !list;
		for (size_t k = 0; !listed && k < json_array_size(list); k++)
			listed = json_equal(json_array_get(list, k), value);
		bool integral = json_is_real(value) && floor(json_real_value(value)) == json_real_value(value);
		bool typed = types & (value_type(value) | (integral ? TYPE_INTEGER : 0));
		if (listed && typed && !put_literal(c, start, value))
			return MACHINE_NONE;
	}
	return start;
}

/* ---- Numbers ---- */

/* The stricter of a limit and its exclusive form; draft 4 has a boolean there. */
static bool choose_limit(struct compiler *c, const json_t *schema, const char *keyword, const char *exclusive, int sign,
	const json_t **limit, bool *strict)
{
	const json_t *plain = json_object_get(schema, keyword), *apart = json_object_get(schema, exclusive);

	if (plain && !json_is_number(plain))
		return refuse_keyword(c, keyword, "must be a number"), false;
	if (apart && !json_is_number(apart) && !json_is_boolean(apart))
		return refuse_keyword(c, exclusive, "must be a number"), false;
	*limit = plain;
	*strict = plain && json_is_true(apart);
	if (json_is_number(apart) && (!plain || sign * json_number_value(apart) >= sign * json_number_value(plain))) {
		*limit = apart;
		*strict = true;
	}
	return true;
}

uint32_t compile_number(struct compiler *c, const json_t *schema, bool integer)
{
	struct number_limits l = { .integer = integer || json_object_get(schema, "multipleOf") };

	if (!choose_limit(c, schema, "minimum", "exclusiveMinimum", 1, &l.least, &l.above) ||
		!choose_limit(c, schema, "maximum", "exclusiveMaximum", -1, &l.most, &l.below))
		return MACHINE_NONE;
	if (!l.least && !l.most)
		return rule_start(c->rules, l.integer ? RULE_INTEGER : RULE_NUMBER);
	own_dfa *d = number_between(&l, c->err);
	return d ? machine_automaton(c->machine, d) : blame_keyword(c, l.least ? "minimum" : "maximum");
}

/* ---- By type ---- */

static uint32_t compile_type(struct compiler *c, const json_t *schema, unsigned type)
{
	switch (type) {
	case TYPE_NULL: return rule_start(c->rules, RULE_NULL);
	case TYPE_BOOLEAN: return rule_start(c->rules, RULE_BOOLEAN);
	case TYPE_INTEGER: return compile_number(c, schema, true);
	case TYPE_NUMBER: return compile_number(c, schema, false);
	case TYPE_STRING: return compile_string(c, schema);
	case TYPE_ARRAY: return compile_array(c, schema);
	default: return compile_object(c, schema);
	}
}

static uint32_t compile_types(struct compiler *c, const json_t *schema)
{
	uint32_t start = machine_state(c->machine);
	unsigned types = schema_types(c, schema);

	if (!types)
		return MACHINE_NONE;
	if (types & TYPE_NUMBER)
		types &= ~(unsigned)TYPE_INTEGER;
	for (unsigned type = 1; type <= TYPE_OBJECT; type *= 2) {
		uint32_t one = types & type ? compile_type(c, schema, type) : start;
		if (one == MACHINE_NONE)
			return MACHINE_NONE;
		if (one != start)
			machine_jump(c->machine, start, one);
	}
	return start;
}

/* ---- Combinations ---- */

static bool constrains(const json_t *schema)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)schema, name, value)
		if (!is_annotation(name))
			return true;
	return false;
}

/* The branches, each with what stands beside them; NULL (error set) on failure.  The caller owns the list. */
static json_t *merged_branches(struct compiler *c, const json_t *schema, const char *keyword)
{
	const json_t *branches = json_object_get(schema, keyword), *branch;
	json_t *beside = without_keyword(c, schema, keyword);
	own_json *out = json_array();
	size_t i;

	if (!json_is_array(branches) || !json_array_size(branches) || json_array_size(branches) > SCHEMA_CHOICE_MAX)
		return refuse_keyword(c, keyword, "must be a list of 1 to 256 schemas"), NULL;
	json_array_foreach((json_t *)branches, i, branch) {
		const json_t *merged = constrains(beside) ? merge_schemas(c, beside, branch) : branch;
		if (!merged)
			return NULL;
		json_array_append(out, (json_t *)merged);
	}
	return take(out);
}

static bool exclude_each_other(struct compiler *c, const json_t *branches)
{
	for (size_t i = 0; i < json_array_size(branches); i++)
		for (size_t k = 0; k < i; k++)
			if (!are_disjoint(c, json_array_get(branches, i), json_array_get(branches, k), 8))
				return false;
	return true;
}

static uint32_t compile_choice(struct compiler *c, const json_t *schema, const char *keyword)
{
	own_json *branches = merged_branches(c, schema, keyword);
	uint32_t start = machine_state(c->machine);
	char at[48];

	if (!branches)
		return MACHINE_NONE;
	if (strcmp(keyword, "oneOf") == 0 && !exclude_each_other(c, branches))
		return refuse_keyword(c, keyword,
			"its branches may overlap; use anyOf, or give each a required property "
			"with a const of its own");
	json_array_append(c->made, branches);
	for (size_t i = 0; i < json_array_size(branches); i++) {
		snprintf(at, sizeof at, "/%s/%zu", keyword, i);
		uint32_t one = compile_at(c, json_array_get(branches, i), at, NULL);
		if (one == MACHINE_NONE)
			return MACHINE_NONE;
		machine_jump(c->machine, start, one);
	}
	return start;
}

/* Keywords beside a reference or an allOf: merged into one schema. */
static uint32_t compile_merged(struct compiler *c, const json_t *schema)
{
	const json_t *nothing = without_keyword(c, schema, "");
	json_t *empty = json_object();

	json_array_append_new(c->made, empty);
	const json_t *merged = merge_schemas(c, nothing, empty);
	return merged ? compile_at(c, merged, "", NULL) : MACHINE_NONE;
}

static uint32_t compile_reference(struct compiler *c, const json_t *schema)
{
	const char *reference = json_member_string(schema, "$ref");
	const json_t *target = reference ? resolve_reference(c, reference) : NULL;

	if (!reference)
		return refuse_keyword(c, "$ref", "must be a string");
	return target ? compile_at(c, target, "", NULL) : MACHINE_NONE;
}

static uint32_t compile_fresh(struct compiler *c, const json_t *schema)
{
	if (!check_keywords(c, schema))
		return MACHINE_NONE;
	if (json_object_get(schema, "$ref") && !constrains(without_keyword(c, schema, "$ref")))
		return compile_reference(c, schema);
	if (json_object_get(schema, "$ref") || json_object_get(schema, "allOf"))
		return compile_merged(c, schema);
	if (json_object_get(schema, "anyOf"))
		return compile_choice(c, schema, "anyOf");
	if (json_object_get(schema, "oneOf"))
		return compile_choice(c, schema, "oneOf");
	if (json_object_get(schema, "enum") || json_object_get(schema, "const"))
		return compile_values(c, schema);
	return compile_types(c, schema);
}

static uint32_t compile_schema(struct compiler *c, const json_t *schema)
{
	if (json_is_boolean(schema))
		return json_is_true(schema) ? rule_start(c->rules, RULE_VALUE) : machine_state(c->machine);
	if (!json_is_object(schema))
		return refuse_keyword(c, "schema", "must be an object or a boolean");
	struct compiled *place = place_of(c, schema);
	if (place->schema)
		return place->start;
	if (++c->count > SCHEMA_COUNT_MAX)
		return refuse_keyword(c, "schema", "has over 4096 subschemas");
	*place = (struct compiled){ schema, machine_state(c->machine) };
	uint32_t start = place->start, made = compile_fresh(c, schema);
	if (made != MACHINE_NONE)
		machine_jump(c->machine, start, made);
	return made == MACHINE_NONE ? MACHINE_NONE : start;
}

/* Adds a step to the path; names are written as JSON pointers have them. */
static void enter(struct compiler *c, const char *at, const char *name)
{
	struct error full = {0};
	bool ok = buf_adds(&c->path, at, &full) && (!name || buf_adds(&c->path, "/", &full));

	for (; ok && name && *name; name++)
		ok = *name == '~' ? buf_adds(&c->path, "~0", &full) : *name == '/' ? buf_adds(&c->path, "~1", &full) :
			buf_add(&c->path, name, 1, &full);
}

uint32_t compile_at(struct compiler *c, const json_t *schema, const char *at, const char *name)
{
	size_t before = c->path.len;

	if (c->deep == SCHEMA_DEEP_MAX)
		return refuse_keyword(c, "schema", "is nested over 100 deep");
	c->deep++;
	enter(c, at, name);
	uint32_t start = compile_schema(c, schema);
	buf_truncate(&c->path, before);
	c->deep--;
	return start;
}

uint32_t schema_compile(struct rules *rules, const json_t *schema, struct error *err)
{
	struct compiler c = {
		.rules = rules, .machine = rules->machine, .root = schema, .err = err, .path = BUF_INIT(PATH_MAX_BYTES),
	};

	make_places(&c);
	c.made = json_array();
	uint32_t start = compile_at(&c, schema, "", NULL);
	json_decref(c.made);
	free(c.compiled);
	buf_done(&c.path);
	return start;
}
