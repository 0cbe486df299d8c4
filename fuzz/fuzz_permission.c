/*
 * First line: a tool.  Then rules, a line each: 'a', 'q' or 'd' for the list, then the rule; the last of them is
 * the one to add; an empty line ends them.  The rest is what the tool works on.
 *
 * One more deny or ask rule never lets more happen, one more allow rule never forbids more, and a line of shell
 * is not allowed unless every command that parsing finds in it is.
 */
#include <assert.h>
#include <stdint.h>

#include "base/mem.h"
#include "permit/explain.h"
#include "permit/permission.h"
#include "permit/shell.h"

enum { RULES = 16 };

static const char *const lists[] = { "allow", "ask", "deny" };

struct given {
	struct str tool, about;
	struct str rules[RULES];
	size_t count;
};

static void split(struct str rest, struct given *g)
{
	struct str line;

	str_split(&rest, '\n', &g->tool);
	while (str_split(&rest, '\n', &line) && line.n)
		if (g->count < RULES)
			g->rules[g->count++] = line;
	g->about = rest;
}

static json_t *rules_of(const struct given *g, size_t count, const char *list)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < count; i++) {
		struct str rule = str_from(g->rules[i], 1);
		const char *of = g->rules[i].p[0] == 'a' ? lists[0] : g->rules[i].p[0] == 'q' ? lists[1] : lists[2];
		if (strcmp(of, list) == 0)
			json_array_append_new(rules, json_stringn(rule.p, rule.n));
	}
	return rules;
}

/* Under the first `count` rules, and one more in a list (NULL: none). */
static enum permission_verdict decide(const struct given *g, size_t count, const char *more, struct str about)
{
	static const struct permission_places places = { "/home/me/p", "/home/me/p", "/home/me", NULL, NULL };
	struct error err = {0};
	struct permission out;
	own_permissions *p = permissions_create(&places, &err);
	own_json *scope = json_object();

	for (size_t i = 0; i < countof(lists); i++)
		json_object_set_new(scope, lists[i], rules_of(g, count, lists[i]));
	if (more) {
		struct str rule = str_from(g->rules[g->count - 1], 1);
		json_array_append_new(json_object_get(scope, more), json_stringn(rule.p, rule.n));
	}
	permissions_add_scope(p, scope, "test", "/home/me/p", NULL);
	own_json *input = json_object();
	static const char *const members[] = { "command", "file_path", "url", "path", "notebook_path" };
	for (size_t i = 0; i < countof(members); i++)
		json_object_set_new(input, members[i], json_stringn(about.p, about.n));
	struct permission_call call = { .tool = g->tool, .input = input };
	permission_decide(p, &call, &out);
	assert(out.why[0] && memchr(out.why, '\0', sizeof out.why));
	assert(!out.hard || out.decision == DECISION_DENY);
	return out.decision;
}

/* A command's words as written; {0}: it has none, or its folder or variables are set by another. */
static struct str alone(struct arena *arena, const struct shell_command *c)
{
	size_t n = 0;
	char *out = arena_alloc(arena, SHELL_BYTES_MAX);

	/* Behind an assignment, words of the grammar are plain ones. */
	for (size_t i = 0; out && !c->assign_count && i < c->word_count; i++) {
		struct str word = c->words[i].source;
		if (n + word.n + 2 > SHELL_BYTES_MAX || memchr(word.p, '$', word.n) || memchr(word.p, '`', word.n))
			return (struct str){0};
		out[n] = ' ';
		memcpy(out + n + 1, word.p, word.n);
		n += word.n + 1;
	}
	return (struct str){ out, out ? n : 0 };
}

static void check_parts(const struct given *g)
{
	own_arena arena = ARENA_INIT(2 * SHELL_ARENA_BYTES);
	struct shell_script script = {0};
	struct error err = {0};

	assert(shell_parse(&arena, g->about, &script, &err));
	if (memmem(g->about.p, g->about.n, "cd", 2) || memmem(g->about.p, g->about.n, "pushd", 5) || script.count > 20)
		return;
	for (const struct shell_command *c = script.first; c; c = c->next) {
		struct str text = alone(&arena, c);
		if (text.n)
			assert(decide(g, g->count - 1, NULL, text) == DECISION_ALLOW);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct given g = {0};
	struct error err = {0};

	split((struct str){ (const char *)data, size }, &g);
	json_decref(explain_read_call((struct str){ (const char *)data, size }, &err));
	if (!g.count)
		return 0;
	enum permission_verdict before = decide(&g, g.count - 1, NULL, g.about);
	assert(decide(&g, g.count - 1, "deny", g.about) >= before);
	assert(decide(&g, g.count - 1, "ask", g.about) >= before);
	assert(decide(&g, g.count - 1, "allow", g.about) <= before);
	if (before == DECISION_ALLOW && str_is(g.tool, "Bash"))
		check_parts(&g);
	return 0;
}
