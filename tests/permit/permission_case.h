/*
 * Rows of tables: a call under settings, and what must come of it.
 *
 * Settings are `permissions`, with ' for ".  A call is what its tool works on (a command, path or address), or,
 * when it begins with "{'", all of its arguments.  The project and the working folder are /home/me/p, the home is
 * /home/me.
 */
#pragma once

#include "base/mem.h"
#include "permit/permission.h"
#include "support/test.h"

struct permission_case {
	const char *settings, *tool, *call, *expected;
	const char *rule;          /* NULL: not looked at; "": built in */
};

static inline char *quoted(const char *text)
{
	char *out = mem_strndup(text, strlen(text));

	for (char *c = out; *c; c++)
		*c = (char)(*c == '\'' ? '"' : *c);
	return out;
}

static inline json_t *input_of(const char *tool, const char *call)
{
	static const char *const members[][2] = { { "Bash", "command" }, { "Read", "file_path" },
		{ "Edit", "file_path" }, { "Write", "file_path" }, { "MultiEdit", "file_path" },
		{ "NotebookEdit", "notebook_path" }, { "Grep", "path" }, { "Glob", "path" }, { "WebFetch", "url" } };
	struct error err = {0};

	if (call[0] == '{' && call[1] == '\'') {
		own_mem char *text = quoted(call);
		json_t *input = json_parse_object(str_of(text), "call", &err);
		assert_ok(input);
		return input;
	}
	for (size_t i = 0; i < countof(members); i++)
		if (strcmp(members[i][0], tool) == 0)
			return json_pack("{s:s}", members[i][1], call);
	return json_object();
}

static inline struct permissions *permissions_of(const char *settings, const struct permission_findings *findings)
{
	static const struct permission_places places = { "/home/me/p", "/home/me/p", "/home/me", NULL };
	struct error err = {0};
	struct permissions *p = permissions_create(&places, &err);
	own_mem char *text = quoted(settings);
	own_json *parsed = json_parse_object(str_of(text), "settings", &err);

	assert_ok(p && parsed);
	permissions_add_scope(p, parsed, "settings.json", places.cwd, findings);
	return p;
}

static inline void decide_case(const struct permission_case *c, const struct path_links *links, struct permission *out)
{
	own_permissions *p = permissions_of(c->settings, NULL);
	own_json *input = input_of(c->tool, c->call);
	struct permission_call call = { .tool = str_of(c->tool), .input = input, .links = links };

	permission_decide(p, &call, out);
	if (out->rule)         /* it dies with the permissions; the row's is the same text */
		out->rule = c->rule && strcmp(out->rule, c->rule) == 0 ? c->rule : "another";
}

static inline void check_cases(const struct permission_case *cases, size_t count, const struct path_links *links)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		const struct permission_case *c = &cases[i];
		struct permission out;
		decide_case(c, links, &out);
		bool right = strcmp(decision_names[out.decision], c->expected) == 0;
		bool rule = !c->rule || (c->rule[0] ? out.rule && strcmp(out.rule, c->rule) == 0 : !out.rule);
		if (right && rule && out.why[0])
			continue;
		print_error("%s %s(%s): %s (%s; rule %s), not %s\n", c->settings, c->tool, c->call,
			decision_names[out.decision], out.why, out.rule ? out.rule : "none", c->expected);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}
