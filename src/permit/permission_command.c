/*
 * A line of shell: its commands one by one.  What is worst decides; that nothing is bad makes it allowed.
 */
#include <stdio.h>

#include "permit/command.h"
#include "permit/line.h"

/* Reads the commands; false when the line cannot be read to its end. */
static bool open_line(struct line *l, struct deciding *d, struct str text, struct error *err)
{
	*l = (struct line){ .d = d, .arena = ARENA_INIT(2 * SHELL_ARENA_BYTES), .text = str_trim(text) };
	bool ok = shell_parse(&l->arena, text, &l->script, err);
	l->known = variables_of(&l->arena, &l->script, NULL);
	l->now.at[l->now.count++] = d->cwd;
	l->all = l->now;
	return ok;
}

static bool is_excluded(struct line *l)
{
	const struct permissions *p = l->d->p;

	for (const struct shell_command *c = l->script.first; c; c = c->next)
		for (size_t i = 0; i < p->excluded_count; i++)
			if (p->excluded[i].kind == RULE_TOOL || (c->word_count &&
				rule_matches_command(&p->excluded[i], line_source(l, c, line_unwrapped(c), false))))
				return true;
	return false;
}

static void settle_sandbox(struct line *l)
{
	const struct permissions *p = l->d->p;
	const json_t *input = l->d->call->input;

	l->open = json_is_true(json_object_get(input, "dangerouslyDisableSandbox"));
	l->sandboxed = p->sandboxed && p->sandbox_allows && l->d->call->confined && !l->open &&
		p->mode != PERMISSION_PLAN && !is_excluded(l);
}

/* Rules of the whole tool, and of its parameters. */
static void match_tool(struct line *l)
{
	const struct rule *r = tool_rule(l->d, RULE_DENY);

	if (r)
		line_note(l, LEVEL_DENIED, r, "a deny rule covers it", (struct str){0});
	r = tool_rule(l->d, RULE_ASK);
	/* Confinement is what such a rule asks for. */
	if (r && !(l->sandboxed && r->kind == RULE_TOOL && !r->broken))
		line_note(l, LEVEL_ASKED, r, r->broken ? "a rule that cannot be read may mean this call" :
			"an ask rule covers it", (struct str){0});
}

/* "cat list | xargs cat": which files comes from a text, not from a search in the project. */
static bool takes_any_file(const struct line *l, const struct shell_command *c)
{
	static const char *const searchers[] = { "find", "fd", "git", "grep", "rg", "ls", NULL };
	static const char *const filters[] = { "sort", "uniq", "head", "tail", "grep", NULL };

	if (!c->word_count || strcmp(c->words[0].text, "xargs") != 0)
		return false;
	for (size_t i = 0; i < c->redirect_count; i++)
		if (c->redirects[i].op[0] == '<')
			return true;
	for (const struct shell_command *e = l->script.first; e; e = e->next)
		if (c->pipe && e->pipe == c->pipe && e->stage < c->stage &&
			!(e->word_count && str_is_among(str_of(e->words[0].text), e->stage ? filters : searchers)))
			return true;
	return false;
}

static void look_at(struct line *l, const struct shell_command *c)
{
	struct args a = args_of(&l->arena, c, l->known);
	struct str source = c->word_count ? line_source(l, c, 0, false) : (struct str){0};

	l->outside = l->unclear = l->outside_written = false;
	if (source.n)
		line_match(l, source, source);
	if (c->assign_count && c->word_count)
		line_match(l, line_source(l, c, 0, true), source);
	for (size_t i = 0; i < a.heads && i < a.count; i++) {
		struct args one = { a.at + i, a.count - i, 1, true };
		line_visit(l, c, &one, 0);
	}
	l->outside |= takes_any_file(l, c);
	if (c->word_count)
		line_here(l);
	line_cover(l, c);
	line_redirects(l, c);
	if (line_moved(l) && c->word_count && strcmp(c->words[line_unwrapped(c)].text, "git") == 0 &&
		!tool_rule(l->d, RULE_ALLOW))
		line_note(l, LEVEL_ALONE, NULL, "runs git where \"cd\" leads, whose settings may run programs", source);
	line_moves(l, c, &a);
}

/* What root runs with nothing around it is asked about in every mode. */
static bool is_bypassed(const struct line *l)
{
	const struct permission_call *call = l->d->call;

	return l->level <= LEVEL_PROTECTED && l->d->p->mode == PERMISSION_BYPASS && !(call->root && call->loose);
}

static void conclude(struct line *l)
{
	static const enum permission_verdict decisions[] = {
		[LEVEL_FREE] = DECISION_ALLOW, [LEVEL_NEED] = DECISION_ASK, [LEVEL_ALONE] = DECISION_ASK,
		[LEVEL_PROTECTED] = DECISION_ASK, [LEVEL_UNREAD] = DECISION_ASK, [LEVEL_ASKED] = DECISION_ASK,
		[LEVEL_CRITICAL] = DECISION_ASK, [LEVEL_DENIED] = DECISION_DENY, [LEVEL_HARD] = DECISION_DENY,
	};
	struct deciding *d = l->d;

	if (d->out->suggestion_count > PERMISSION_SUGGESTIONS || l->level != LEVEL_NEED)
		d->out->suggestion_count = 0;
	if (l->level == LEVEL_HARD)
		decided_hard(d, l->why);
	else if (is_bypassed(l))
		decided(d, DECISION_ALLOW, NULL, "the mode bypassPermissions");
	else if (l->level <= LEVEL_ALONE && l->sandboxed)
		decided(d, DECISION_ALLOW, NULL, "it runs confined");
	else if (l->level != LEVEL_FREE)
		decided(d, decisions[l->level], l->rule, "%s", l->why);
	else if (l->allowed)
		decided(d, DECISION_ALLOW, l->allowed, "an allow rule covers it");
	else if (l->approved)
		decided_approved(d, l->approved);
	else
		decided(d, DECISION_ALLOW, NULL, d->p->mode == PERMISSION_ACCEPT_EDITS && !l->safe ?
			"the mode acceptEdits" : "it only reads");
}

void decide_command(struct deciding *d)
{
	struct str text = json_member_str(d->call->input, "command");
	struct command_judgement j;
	struct error err = {0};
	struct line l;

	command_judge(text, &j);
	bool ok = open_line(&l, d, text, &err);
	l.safe = j.verdict == COMMAND_SAFE;
	settle_sandbox(&l);
	if (j.verdict == COMMAND_NEVER)
		line_note(&l, LEVEL_HARD, NULL, j.why, (struct str){0});
	match_tool(&l);
	line_match(&l, l.text, l.text);
	if (!ok)
		line_note(&l, LEVEL_UNREAD, NULL, err.text, (struct str){0});
	if (text.n > COMMAND_LONG)
		line_note(&l, LEVEL_ALONE, NULL, "longer than 10000 bytes", (struct str){0});
	for (const struct shell_command *c = l.script.first; c && l.level < LEVEL_HARD; c = c->next)
		look_at(&l, c);
	if (l.script.count > LINE_COMMANDS)
		line_note(&l, LEVEL_ALONE, NULL, "holds more than 50 commands", (struct str){0});
	if (!l.script.count && ok && !text.n)
		line_note(&l, LEVEL_ALONE, NULL, "there is no command", (struct str){0});
	conclude(&l);
	arena_done(&l.arena);
}
