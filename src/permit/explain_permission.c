#include "base/mem.h"
#include "permit/explain.h"
#include "permit/links.h"
#include "permit/permission_parts.h"
#include "permit/supposed.h"

/* --- a call ------------------------------------------------------------------------------ */

static json_t *null_or(const char *text)
{
	return text ? json_string(text) : json_null();
}

static bool read_call(const json_t *call, struct permission_call *out, struct error *err)
{
	const json_t *input = json_object_get(call, "input");

	out->tool = json_member_str(call, "tool");
	out->input = input;
	if (!out->tool.n || (input && !json_is_object(input)))
		return error_set(err, ERROR_INVALID, "`call` must be {\"tool\": NAME, \"input\": {...}}");
	return true;
}

/* Bytes that are no UTF-8 cannot be in JSON; a reason may quote them. */
static json_t *result_of(const struct permission *out)
{
	json_t *why = json_string(out->why);

	return json_pack("{s:s, s:o, s:o}", "decision", decision_names[out->decision],
		"rule", null_or(out->rule), "why", why ? why : json_string("what it names is no UTF-8"));
}

json_t *explain_call(const struct permissions *p, const json_t *call, const char *cwd, struct error *err)
{
	struct permission_call question = { .cwd = cwd, .links = &path_links_real };
	struct permission out;

	if (!read_call(call, &question, err))
		return NULL;
	permission_decide(p, &question, &out);
	json_t *result = result_of(&out);
	json_object_set_new(result, "file", null_or(out.file));
	return result;
}

/* "Bash(git push)" without its last parenthesis. */
static bool split_call(struct str text, struct str *tool, struct str *about)
{
	const char *open = text.n ? memchr(text.p, '(', text.n) : NULL;

	*tool = text;
	*about = (struct str){0};
	if (!open)
		return text.n > 0;
	tool->n = (size_t)(open - text.p);
	*about = (struct str){ open + 1, text.n - tool->n - 1 };
	if (!str_ends(*about, ")"))
		return false;
	about->n--;
	return tool->n > 0;
}

json_t *explain_read_call(struct str text, struct error *err)
{
	struct str tool, about;

	text = str_trim(text);
	if (str_starts(text, str_of("{")))
		return json_parse_object(text, "call", err);
	if (!split_call(text, &tool, &about))
		return error_set(err, ERROR_INVALID, "a call is written as Bash(git push), Read(FILE), WebFetch(URL), "
			"WebSearch, or {\"tool\": NAME, \"input\": {...}}"), NULL;
	const char *member = tool_group(tool)->member;
	own_json *input = json_object();
	if (about.n && !member)
		return error_set(err, ERROR_INVALID, "this tool's arguments must be given as {\"tool\": NAME, "
			"\"input\": {...}}"), NULL;
	json_t *value = about.n ? json_stringn(about.p, about.n) : NULL;
	if (about.n && !value)
		return error_set(err, ERROR_INVALID, "the call is not valid UTF-8 text"), NULL;
	if (value)
		json_object_set_new(input, member, value);
	return json_pack("{s:s%, s:O}", "tool", tool.p, tool.n, "input", input);
}

/* --- a call under settings to suppose ------------------------------------------------------ */

/* `permissions`, and v1's list where v1's own files had it: at the top. */
static void add_settings(struct permissions *p, const json_t *settings, const char *cwd)
{
	const json_t *old = json_object_get(settings, "allowedTools");

	permissions_add_scope(p, json_object_get(settings, "permissions"), "settings", cwd, NULL);
	if (old) {
		own_json *scope = json_pack("{s:O}", "allow", old);
		permissions_add_scope(p, scope, "settings", cwd, NULL);
	}
	permissions_add_sandbox(p, json_object_get(settings, "sandbox"));
}

json_t *explain_permission(const json_t *input, struct error *err)
{
	const json_t *settings = json_object_get(input, "settings");
	const char *cwd = json_member_string(input, "cwd"), *home = json_member_string(input, "home");
	struct permission_places places = { .root = cwd, .cwd = cwd, .home = home };
	struct permission_call call = {0};
	struct permission out;

	if (settings && !json_is_object(settings) && !json_is_null(settings))
		return error_set(err, ERROR_INVALID, "`settings` must be an object"), NULL;
	if (!read_call(json_object_get(input, "call"), &call, err))
		return NULL;
	own_permissions *p = permissions_create(&places, err);
	struct path_question q = { .root = str_of(cwd ? cwd : ""), .cwd = str_of(cwd ? cwd : ""),
		.home = str_of(home ? home : "") };
	own_supposed *links = p ? supposed_read(json_object_get(input, "fs"), &q, err) : NULL;
	if (!links)
		return NULL;
	add_settings(p, settings, cwd);
	call.links = supposed_links(links);
	call.confined = p->sandboxed;
	permission_decide(p, &call, &out);
	return result_of(&out);
}
