#include "grammar/format.h"
#include "grammar/pattern.h"
#include "grammar/schema_inside.h"

/* What matches a pattern besides what `have` does (may be NULL, and is consumed). */
static struct dfa *narrowed(struct dfa *have, struct str pattern, struct error *err)
{
	own_dfa *before = have, *with = pattern_compile(pattern, err);

	if (!with || !before)
		return take(with);
	return dfa_both(before, with, false, err);
}

/* *out is NULL when neither pattern nor format is stated. */
static bool read_patterns(struct compiler *c, const json_t *schema, struct dfa **out)
{
	const json_t *pattern = json_object_get(schema, "pattern");
	const char *format = json_member_string(schema, "format");
	own_dfa *d = NULL;

	if (pattern && !json_is_string(pattern))
		return refuse_keyword(c, "pattern", "must be a string"), false;
	if (pattern && !(d = narrowed(take(d), json_member_str(schema, "pattern"), c->err)))
		return blame_keyword(c, "pattern"), false;
	if (json_object_get(schema, "format")) {
		const char *meant = format ? format_pattern(format) : NULL;
		if (!meant)
			return refuse_keyword(c, "format", "is none of those supported"), false;
		if (!(d = narrowed(take(d), str_of(meant), c->err)))
			return blame_keyword(c, "format"), false;
	}
	*out = take(d);
	return true;
}

bool string_contents(struct compiler *c, const json_t *schema, struct string_kind *kind)
{
	own_dfa *d = NULL;
	uint32_t least, most;

	if (!read_count(c, schema, "minLength", 0, &least) || !read_count(c, schema, "maxLength", MACHINE_NO_LIMIT, &most) ||
		!read_patterns(c, schema, &d))
		return false;
	*kind = (struct string_kind){ .dfa = c->machine->automata[0], .least = least, .most = most };
	if (!d)
		return true;
	if (least || most != MACHINE_NO_LIMIT) {
		struct dfa *counted = dfa_with_length(d, least, most, c->err);
		if (!counted)
			return blame_keyword(c, most != MACHINE_NO_LIMIT ? "maxLength" : "minLength"), false;
		dfa_destroy(d);
		d = counted;
	}
	*kind = (struct string_kind){ .dfa = machine_keep(c->machine, take(d)), .most = MACHINE_NO_LIMIT };
	return true;
}

uint32_t compile_string(struct compiler *c, const json_t *schema)
{
	struct string_kind kind;

	return string_contents(c, schema, &kind) ? machine_string(c->machine, &kind) : MACHINE_NONE;
}
