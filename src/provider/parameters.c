#include "provider/parameters.h"

#include "base/mem.h"
#include "provider/schema_draft.h"

#define DEEP_MAX 16            /* alternatives within alternatives, and references */
#define NODES_MAX 1000         /* schemas opened: references may multiply */
#define NOTE_MAX ((size_t)16 << 10)

struct opening {
	const json_t *root;
	const char *const *refused;
	int deep;
	size_t nodes;
	bool widened;          /* more is allowed than was */
};

static json_t *open_schema(struct opening *x, const json_t *schema);

/* --- two schemas into one ------------------------------------------------------------------------ */

/* Where both must hold ("allOf"), or one of them ("anyOf"). */
static json_t *combine(const char *how, const json_t *a, const json_t *b)
{
	json_t *list = json_object_size(a) == 1 ? json_object_get(a, how) : NULL;

	if (json_equal(a, b))
		return json_incref((json_t *)a);
	list = list ? json_copy(list) : json_pack("[O]", a);
	json_array_append(list, (json_t *)b);
	return json_pack("{s:o}", how, list);
}

static void put_properties(json_t *out, const json_t *more, const char *how)
{
	json_t *there = json_object_get(out, "properties"), *value;
	const char *name;

	if (!json_is_object(more))
		return;
	if (!json_is_object(there)) {
		json_object_set(out, "properties", (json_t *)more);
		return;
	}
	own_json *both = json_copy(there);
	json_object_foreach((json_t *)more, name, value) {
		const json_t *old = json_object_get(both, name);
		json_object_set_new(both, name, old ? combine(how, old, value) : json_incref(value));
	}
	json_object_set(out, "properties", both);
}

static bool lists(const json_t *names, const json_t *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)names, i, item)
		if (json_equal(item, name))
			return true;
	return false;
}

/* Required is what both name (`each`), or what either does. */
static void put_required(json_t *out, const json_t *more, bool each)
{
	const json_t *there = json_object_get(out, "required"), *name;
	own_json *names = json_array();
	size_t i;

	json_array_foreach((json_t *)there, i, name)
		if (!each || lists(more, name))
			json_array_append(names, (json_t *)name);
	json_array_foreach((json_t *)more, i, name)
		if (!each && !lists(names, name))
			json_array_append(names, (json_t *)name);
	if (json_array_size(names))
		json_object_set(out, "required", names);
	else
		json_object_del(out, "required");
}

static bool is_word(const char *keyword)
{
	static const char *const words[] = {
		"title", "description", "$schema", "$id", "$comment", "$defs", "definitions", "examples", "default",
		NULL,
	};

	return str_is_among(str_of(keyword), words);
}

static bool names_all(const json_t *properties, const json_t *of)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)of, name, value)
		if (!json_object_get(properties, name))
			return false;
	return true;
}

/* What a schema says of all other properties stays true of the joined one only where that names no more. */
static void join_additional(struct opening *x, json_t *out, const json_t *part)
{
	bool stays = names_all(json_object_get(out, "properties"), json_object_get(part, "properties")) &&
		!json_object_get(part, "patternProperties");

	x->widened |= json_object_get(part, "additionalProperties") != NULL;
	if (json_object_get(out, "additionalProperties") && !stays) {
		x->widened = true;
		json_object_del(out, "additionalProperties");
	}
}

/* These mean something together only. */
static bool is_condition(const char *keyword)
{
	return str_is_among(str_of(keyword), (const char *const[]){ "if", "then", "else", NULL });
}

static bool has_condition(const json_t *schema)
{
	return json_object_get(schema, "if") || json_object_get(schema, "then") || json_object_get(schema, "else");
}

/* What must hold besides.  Where one keyword cannot say both, the first stays. */
static void join(struct opening *x, json_t *out, const json_t *part)
{
	static const char *const joined[] = { "properties", "required", "type", "additionalProperties", NULL };
	bool conditions = has_condition(out);
	const char *name;
	json_t *value;

	join_additional(x, out, part);
	put_properties(out, json_object_get(part, "properties"), "allOf");
	put_required(out, json_object_get(part, "required"), false);
	json_object_foreach((json_t *)part, name, value) {
		if (str_is_among(str_of(name), joined))
			continue;
		if (!json_object_get(out, name) && !(conditions && is_condition(name)))
			json_object_set(out, name, value);
		else if (!is_word(name) && !json_equal(value, json_object_get(out, name)))
			x->widened = true;
	}
}

/* --- what stands at the top ------------------------------------------------------------------------- */

static const json_t *follow(const struct opening *x, const json_t *schema)
{
	struct str reference = json_member_str(schema, "$ref");

	return reference.n && *reference.p == '#' ? json_pointer(x->root, str_from(reference, 1)) : NULL;
}

static void join_parts(struct opening *x, json_t *out, const json_t *parts)
{
	const json_t *part;
	size_t i;

	json_array_foreach((json_t *)parts, i, part) {
		own_json *open = open_schema(x, part);
		join(x, out, open);
	}
}

/* Of alternatives: all their properties, and as required what each of them requires. */
static void join_choices(struct opening *x, json_t *out, const json_t *choices)
{
	own_json *any = NULL;
	const json_t *choice;
	size_t i;

	json_array_foreach((json_t *)choices, i, choice) {
		own_json *open = open_schema(x, choice);
		if (!any) {
			any = json_pack("{s:O*, s:O*}", "properties", json_object_get(open, "properties"), "required",
				json_object_get(open, "required"));
			continue;
		}
		put_properties(any, json_object_get(open, "properties"), "anyOf");
		put_required(any, json_object_get(open, "required"), true);
	}
	x->widened = true;
	if (any)
		join(x, out, any);
}

/* Without what may not stand at the top. */
static json_t *open_schema(struct opening *x, const json_t *schema)
{
	static const char *const choices[] = { "anyOf", "oneOf" };
	bool read = json_is_object(schema) && x->deep < DEEP_MAX && x->nodes++ < NODES_MAX;
	json_t *out = read ? json_copy((json_t *)schema) : json_object();

	if (!read) {
		x->widened |= !json_is_true(schema);
		return out;
	}
	x->deep++;
	if (json_object_get(out, "$ref")) {
		own_json *open = open_schema(x, follow(x, out));
		json_object_del(out, "$ref");
		join(x, out, open);
	}
	own_json *parts = json_incref(json_object_get(out, "allOf"));
	json_object_del(out, "allOf");
	join_parts(x, out, parts);
	for (size_t i = 0; i < countof(choices); i++) {
		own_json *list = json_incref(json_object_get(out, choices[i]));
		json_object_del(out, choices[i]);
		if (list)
			join_choices(x, out, list);
	}
	for (const char *const *name = x->refused; *name; name++)
		x->widened |= json_object_del(out, *name) == 0;
	x->deep--;
	return out;
}

/* --- said in words -------------------------------------------------------------------------------------- */

/* What of the original is no longer there. */
static json_t *lost_of(const json_t *schema, const json_t *open)
{
	static const char *const kept[] = { "properties", "required", "type", NULL };
	json_t *lost = json_object(), *value;
	const char *name;

	json_object_foreach((json_t *)schema, name, value)
		if (!is_word(name) && !str_is_among(str_of(name), kept) &&
			!json_equal(value, json_object_get(open, name)))
			json_object_set(lost, name, value);
	return lost;
}

static void add_note(const json_t *schema, json_t *open)
{
	struct str said = json_member_str(schema, "description");
	own_json *lost = lost_of(schema, open);
	own_buf text = BUF_INIT(said.n + NOTE_MAX + 200), original = BUF_INIT(NOTE_MAX);
	struct error full;

	bool whole = json_write(&original, lost, &full);
	buf_putf(&text, "%.*s%sThe arguments must also satisfy ", STR_ARGS(said), said.n ? " " : "");
	if (whole)
		buf_putf(&text, "this JSON Schema: %s", original.data);
	else
		buf_putf(&text, "more than this schema says, which is too long to be shown here");
	json_object_set_new(open, "description", json_stringn(text.data, text.len));
}

/* --- from outside ----------------------------------------------------------------------------------------- */

static bool is_plain(const json_t *schema, const char *const *refused)
{
	const char *type = json_member_string(schema, "type");

	for (const char *const *name = refused; *name; name++)
		if (json_object_get(schema, *name))
			return false;
	return type && strcmp(type, "object") == 0 && !json_object_get(schema, "$ref");
}

json_t *parameters_open(const json_t *schema, const char *const *refused)
{
	struct opening x = { .root = schema, .refused = refused };

	if (!refused || is_plain(schema, refused))
		return NULL;
	json_t *open = open_schema(&x, schema);
	json_object_set_new(open, "type", json_string("object"));
	if (!json_object_get(open, "properties"))
		json_object_set_new(open, "properties", json_object());
	if (x.widened)
		add_note(schema, open);
	return open;
}

void parameters_put(struct writer *w, struct str schema, const char *otherwise, const char *const *refused)
{
	bool any = w->ok && str_trim(schema).n;
	own_json *parsed = any ? json_parse_object(schema, "the schema of a tool", w->err) : NULL;
	own_json *renewed = parsed && refused ? schema_renew(parsed) : NULL;
	own_json *open = parsed ? parameters_open(renewed ? renewed : parsed, refused) : NULL;

	if (!any)
		writer_put(w, otherwise);
	else if (open || renewed)
		w->ok = json_write(w->out, open ? open : renewed, w->err);
	else
		w->ok = parsed && buf_add_str(w->out, schema, w->err);
}
