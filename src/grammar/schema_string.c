#include "grammar/format.h"
#include "grammar/pattern.h"
#include "grammar/schema_inside.h"

/* What matches a pattern besides what `have` does (may be NULL, and is consumed). */
static struct dfa *narrowed(struct compiler *c, struct dfa *have, struct str pattern)
{
	own_dfa *before = have, *with = paid_for(c, pattern_compile(pattern, c->err));

	if (!with || !before)
		return take(with);
	return paid_for(c, dfa_both(before, with, false, c->err));
}

/* *out is NULL when neither pattern nor format is stated. */
static bool read_patterns(struct compiler *c, const json_t *schema, struct dfa **out)
{
	const json_t *pattern = json_object_get(schema, "pattern");
	const char *format = json_member_string(schema, "format");
	own_dfa *d = NULL;

	if (pattern && !json_is_string(pattern))
		return refuse_keyword(c, "pattern", "must be a string"), false;
	if (pattern && !(d = narrowed(c, take(d), json_member_str(schema, "pattern"))))
		return blame_keyword(c, "pattern"), false;
	if (json_object_get(schema, "format")) {
		const char *meant = format ? format_pattern(format) : NULL;
		if (!meant)
			return refuse_keyword(c, "format", "is none of those supported"), false;
		if (!(d = narrowed(c, take(d), str_of(meant))))
			return blame_keyword(c, "format"), false;
	}
	*out = take(d);
	return true;
}

/* The pattern of a schema that says nothing else about strings; NULL: there is more, or less. */
static const char *lone_pattern(const json_t *schema)
{
	const char *pattern = json_member_string(schema, "pattern"), *format = json_member_string(schema, "format");

	if (json_object_get(schema, "minLength") || json_object_get(schema, "maxLength") ||
		(json_object_get(schema, "pattern") && json_object_get(schema, "format")))
		return NULL;
	return pattern ? pattern : format ? format_pattern(format) : NULL;
}

static const struct dfa *known(const struct compiler *c, const char *pattern)
{
	for (size_t i = 0; i < c->known_count; i++)
		if (strcmp(c->known[i].pattern, pattern) == 0)
			return c->known[i].dfa;
	return NULL;
}

bool string_contents(struct compiler *c, const json_t *schema, struct string_kind *kind)
{
	own_dfa *d = NULL;
	const char *lone = lone_pattern(schema);
	uint32_t least, most;

	*kind = (struct string_kind){ .dfa = lone ? known(c, lone) : NULL, .most = MACHINE_NO_LIMIT };
	if (kind->dfa)
		return true;
	if (!read_count(c, schema, "minLength", 0, &least) ||
		!read_count(c, schema, "maxLength", MACHINE_NO_LIMIT, &most) ||
		!read_patterns(c, schema, &d))
		return false;
	*kind = (struct string_kind){ .dfa = c->machine->automata[0], .least = least, .most = most };
	if (!d)
		return true;
	if (least || most != MACHINE_NO_LIMIT) {
		struct dfa *counted = paid_for(c, dfa_with_length(d, least, most, c->err));
		if (!counted)
			return blame_keyword(c, most != MACHINE_NO_LIMIT ? "maxLength" : "minLength"), false;
		dfa_destroy(d);
		d = counted;
	}
	*kind = (struct string_kind){ .dfa = machine_keep(c->machine, take(d)), .most = MACHINE_NO_LIMIT };
	if (lone && c->known_count < SCHEMA_KNOWN) {
		c->known[c->known_count].pattern = lone;
		c->known[c->known_count++].dfa = kind->dfa;
	}
	return true;
}

uint32_t compile_string(struct compiler *c, const json_t *schema)
{
	struct string_kind kind;

	return string_contents(c, schema, &kind) ? machine_string(c->machine, &kind) : MACHINE_NONE;
}
