#include "permit/explain.h"

#include "permit/supposed.h"
#include "permit/url.h"

json_t *explain_url(const json_t *input, struct error *err)
{
	static const char *const names[] = { "allow", "confirm", "block" };
	struct url_judgement j;

	if (!json_is_string(json_object_get(input, "url")))
		return error_set(err, ERROR_INVALID, "`url` must be a string"), NULL;
	url_judge(json_member_str(input, "url"), &j);
	return json_pack("{s:s, s:s}", "verdict", names[j.verdict], "why", j.why);
}

static bool read_question(const json_t *input, struct path_question *q, struct error *err)
{
	const char *op = json_member_string(input, "op");

	q->root = json_member_str(input, "root");
	q->cwd = json_object_get(input, "cwd") ? json_member_str(input, "cwd") : q->root;
	q->home = json_member_str(input, "home");
	q->path = json_member_str(input, "path");
	q->write = op && strcmp(op, "write") == 0;
	if (!json_is_string(json_object_get(input, "path")))
		return error_set(err, ERROR_INVALID, "`path` must be a string");
	if (json_object_get(input, "op") && !q->write && (!op || strcmp(op, "read") != 0))
		return error_set(err, ERROR_INVALID, "`op` must be \"read\" or \"write\"");
	return true;
}

json_t *explain_path(const json_t *input, struct error *err)
{
	static const char *const names[] = { "allow", "confirm", "deny" };
	struct path_question q = {0};
	struct path_judgement j;
	own_supposed *s = NULL;

	if (!read_question(input, &q, err) || !(s = supposed_read(json_object_get(input, "fs"), &q, err)))
		return NULL;
	q.links = supposed_links(s);
	if (!path_judge(&q, &j, err))
		return NULL;
	return json_pack("{s:s, s:s+}", "verdict", names[j.verdict],
		"why", j.linked ? "a link leads there: " : "", j.why);
}
