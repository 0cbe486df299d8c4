/* One approval: made, and matched. */
#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/mem.h"
#include "base/random.h"
#include "permit/approvals_parts.h"
#include "permit/glob.h"

/* A regular expression may look at so much, then it matches nothing: no text can make it think for long. */
#define MATCH_LIMIT 50000u
#define DEPTH_LIMIT 1000u
#define HEAP_LIMIT  2000u              /* KiB */
#define NESTING     20

enum { FIELDS_MAX = 20, FIELD_NAME_MAX = 100 };

const char *const approval_kind_names[] = { "wildcard", "regex", "structured" };
const char *const approval_life_names[] = { "once", "session", "forever" };

/* --- making ------------------------------------------------------------------------------ */

static void *compile(const char *pattern, struct error *err)
{
	int code;
	size_t offset;
	PCRE2_UCHAR why[120];
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);

	pcre2_set_parens_nest_limit(context, NESTING);
	pcre2_set_max_pattern_length(context, APPROVAL_PATTERN_MAX);
	pcre2_code *r = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
		PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &code, &offset,
		context);
	pcre2_compile_context_free(context);
	if (!r) {
		pcre2_get_error_message(code, why, sizeof why);
		error_set(err, ERROR_INVALID, "the regular expression cannot be read: %s at byte %zu",
			(const char *)why, offset);
	}
	return r;
}

static bool is_tool_name(const char *tool)
{
	size_t n = tool ? strlen(tool) : 0;

	for (size_t i = 0; i < n; i++)
		if (tool[i] <= ' ' || strchr("*()\"\177", tool[i]))
			return false;
	return n && n <= FIELD_NAME_MAX;
}

static bool check_fields(const json_t *fields, struct error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)fields, name, value)
		if (!json_is_string(value) || json_string_length(value) > APPROVAL_PATTERN_MAX ||
			strlen(name) > FIELD_NAME_MAX)
			return error_set(err, ERROR_INVALID, "a structured approval's fields must be short strings");
	return (json_object_size(fields) && json_object_size(fields) <= FIELDS_MAX) ||
		error_set(err, ERROR_INVALID, "a structured approval needs 1 to %d fields", FIELDS_MAX);
}

static char *words_of(const struct approval *a)
{
	own_buf out = BUF_INIT(FIELDS_MAX * (2 * APPROVAL_PATTERN_MAX + FIELD_NAME_MAX));
	const char *name;
	json_t *value;

	if (a->kind != APPROVAL_STRUCTURED)
		return mem_printf(a->kind == APPROVAL_REGEX ? "%s(/%s/)" : "%s(%s)", a->tool, a->pattern);
	buf_putf(&out, "%s{", a->tool);
	json_object_foreach(a->fields, name, value)
		buf_putf(&out, "%s%s: %s", out.data[out.len - 1] == '{' ? "" : ", ", name, json_string_value(value));
	buf_put(&out, "}");
	return buf_detach(&out, NULL);
}

static bool check(struct approval *a, struct error *err)
{
	if (!is_tool_name(a->tool))
		return error_set(err, ERROR_INVALID, "an approval must name one tool");
	if (a->kind == APPROVAL_STRUCTURED)
		return check_fields(a->fields, err);
	if (!a->pattern || !a->pattern[0] || strlen(a->pattern) > APPROVAL_PATTERN_MAX)
		return error_set(err, ERROR_INVALID, "an approval's pattern must have 1 to %d bytes",
			APPROVAL_PATTERN_MAX);
	return a->kind != APPROVAL_REGEX || (a->code = compile(a->pattern, err));
}

static struct approval *finish(struct approval *a, struct error *err)
{
	if ((a->folder && a->folder[0] != '/') || !check(a, err)) {
		if (a->folder && a->folder[0] != '/')
			error_set(err, ERROR_INVALID, "an approval's folder must be an absolute path");
		approval_destroy(a);
		return NULL;
	}
	a->words = words_of(a);
	return a;
}

struct approval *approval_create(const struct approval_wish *wish, struct error *err)
{
	struct approval *a = mem_zeroed(1, sizeof *a);

	a->kind = wish->kind;
	a->life = wish->life;
	a->tool = mem_strdup(wish->tool);
	a->pattern = mem_strdup(wish->pattern);
	a->folder = mem_strdup(wish->folder);
	a->fields = json_deep_copy(wish->fields);
	if (!random_hex(a->id, APPROVAL_ID_MAX, err)) {
		approval_destroy(a);
		return NULL;
	}
	return finish(a, err);
}

static bool kind_named(const char *name, enum approval_kind *kind)
{
	for (size_t i = 0; name && i < APPROVAL_KINDS; i++)
		if (strcmp(name, approval_kind_names[i]) == 0) {
			*kind = (enum approval_kind)i;
			return true;
		}
	return false;
}

struct approval *approval_read(const json_t *stored, struct error *err)
{
	const char *id = json_member_string(stored, "id");
	const json_t *folder = json_object_get(stored, "folder");
	enum approval_kind kind;

	if (!id || !id[0] || strlen(id) > APPROVAL_ID_MAX)
		return error_set(err, ERROR_INVALID, "an approval has no `id`, or a long one"), NULL;
	if (!kind_named(json_member_string(stored, "kind"), &kind) || (folder && !json_is_string(folder)))
		return error_set(err, ERROR_INVALID, "the approval %s is of a kind that is not known", id), NULL;
	struct approval *a = mem_zeroed(1, sizeof *a);
	(void)snprintf(a->id, sizeof a->id, "%s", id);
	a->life = APPROVAL_FOREVER;
	a->kind = kind;
	a->tool = mem_strdup(json_member_string(stored, "tool"));
	a->pattern = mem_strdup(json_member_string(stored, "pattern"));
	a->folder = mem_strdup(json_string_value(folder));
	a->fields = json_deep_copy(json_object_get(stored, "fields"));
	a->stored = json_deep_copy(stored);
	a->kept = true;
	a = finish(a, err);
	if (!a)
		error_prefix(err, "the approval %s", id);
	return a;
}

void approval_destroy(struct approval *a)
{
	if (!a)
		return;
	pcre2_code_free(a->code);
	json_decref(a->fields);
	json_decref(a->stored);
	free(a->words);
	free(a->tool);
	free(a->pattern);
	free(a->folder);
	free(a);
}

/* --- matching --------------------------------------------------------------------------------- */

static bool matches_regex(pcre2_code *code, struct str text)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);

	pcre2_set_match_limit(context, MATCH_LIMIT);
	pcre2_set_depth_limit(context, DEPTH_LIMIT);
	pcre2_set_heap_limit(context, HEAP_LIMIT);
	int found = pcre2_match(code, (PCRE2_SPTR)text.p, text.n, 0, 0, data, context);
	size_t *span = pcre2_get_ovector_pointer(data);
	bool whole = found >= 0 && span[0] == 0 && span[1] == text.n;
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return whole;
}

/* "git" and "push origin" of "git push origin"; false: the call has no such field. */
static bool field_of(const struct approval *a, const char *name, struct str text, const json_t *input, struct str *out)
{
	const char *blank = memchr(text.p, ' ', text.n);
	size_t first = blank ? (size_t)(blank - text.p) : text.n;
	bool command = strcmp(a->tool, "Bash") == 0;

	if (command && strcmp(name, "command") == 0)
		*out = (struct str){ text.p, first };
	else if (command && strcmp(name, "args") == 0)
		*out = str_trim(str_from(text, first));
	else if (!command && text.n && strcmp(name, "path") == 0)
		*out = text;
	else if (json_is_string(json_object_get(input, name)))
		*out = json_member_str(input, name);
	else
		return false;
	return true;
}

static bool matches_fields(const struct approval *a, struct str text, const json_t *input)
{
	const char *name;
	json_t *pattern;
	struct str value;

	json_object_foreach(a->fields, name, pattern)
		if (!field_of(a, name, text, input, &value) || value.n > APPROVAL_TEXT_MAX ||
			!glob_match(str_of(json_string_value(pattern)), value))
			return false;
	return true;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n && folder[n - 1] == '/')
		n--;
	return path && strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

bool approval_covers(const struct approval *a, const char *root, struct str tool, struct str text, const json_t *input)
{
	if (!str_is(tool, a->tool) || text.n > APPROVAL_TEXT_MAX || (a->folder && !is_below(root, a->folder)))
		return false;
	switch (a->kind) {
	case APPROVAL_REGEX: return matches_regex(a->code, text);
	case APPROVAL_STRUCTURED: return matches_fields(a, text, input);
	default: return glob_match(str_of(a->pattern), text);
	}
}
