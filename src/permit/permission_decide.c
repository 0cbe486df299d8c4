/* The order in which things are asked, for every tool but files and commands. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "permit/links.h"
#include "permit/permission_parts.h"
#include "permit/url.h"

enum { TRUSTED_URL_MAX = 200 };        /* bytes */

const char *const decision_names[] = { "allow", "ask", "deny" };

static const struct tool_group_row groups[] = {
	{ "Read", GROUP_READ, "file_path" }, { "Grep", GROUP_READ, "path" }, { "Glob", GROUP_READ, "path" },
	{ "LS", GROUP_READ, "path" }, { "NotebookRead", GROUP_READ, "notebook_path" },
	{ "Edit", GROUP_WRITE, "file_path" }, { "Write", GROUP_WRITE, "file_path" },
	{ "MultiEdit", GROUP_WRITE, "file_path" }, { "NotebookEdit", GROUP_WRITE, "notebook_path" },
	{ "Bash", GROUP_COMMAND, "command" }, { "WebFetch", GROUP_FETCH, "url" },
	{ "TodoWrite", GROUP_FREE, NULL }, { "AskUserQuestion", GROUP_QUESTION, NULL },
	{ "ExitPlanMode", GROUP_QUESTION, NULL },
	{ "BashOutput", GROUP_FREE, NULL }, { "KillShell", GROUP_FREE, NULL },
	{ "TaskOutput", GROUP_FREE, NULL }, { "TaskStop", GROUP_FREE, NULL },
	{ "RunCode", GROUP_CONFINED, "code" }, { "Restart", GROUP_ALWAYS, NULL },
	{ "WebSearch", GROUP_OTHER, "query" }, { "Agent", GROUP_OTHER, "subagent_type" },
	{ "Task", GROUP_OTHER, "subagent_type" }, { "Skill", GROUP_OTHER, "skill" },
};

const struct tool_group_row *tool_group(struct str tool)
{
	static const struct tool_group_row other = { "", GROUP_OTHER, NULL };

	for (size_t i = 0; i < countof(groups); i++)
		if (str_is(tool, groups[i].name))
			return &groups[i];
	return &other;
}

/* --- what was decided ------------------------------------------------------------------ */

bool decided(struct deciding *d, enum permission_verdict decision, const struct rule *rule, const char *why, ...)
{
	va_list args;

	d->out->decision = decision;
	d->out->rule = rule ? rule->text : NULL;
	d->out->file = rule ? rule->file : NULL;
	va_start(args, why);
	int n = vsnprintf(d->out->why, sizeof d->out->why, why, args);
	va_end(args);
	if (rule && rule->odd && n >= 0 && n < (int)sizeof d->out->why)
		n += snprintf(d->out->why + n, sizeof d->out->why - (size_t)n, " (the rule %s)", rule->odd);
	if (n >= (int)sizeof d->out->why) {
		size_t cut = sizeof d->out->why - 1;
		d->out->why[cut - utf8_incomplete_tail(d->out->why, cut)] = '\0';
	}
	return true;
}

bool decided_approved(struct deciding *d, const char *approval_words)
{
	decided(d, DECISION_ALLOW, NULL, "approved before");
	d->out->rule = approval_words;
	d->out->approved = true;
	return true;
}

bool decided_hard(struct deciding *d, const char *why)
{
	d->out->hard = true;
	return decided(d, DECISION_DENY, NULL, "%s", why);
}

const struct rule *tool_rule(const struct deciding *d, enum rule_list list)
{
	for (size_t i = 0; i < d->p->rule_count; i++) {
		const struct rule *r = &d->p->rules[i];
		if (r->list == list && rule_names(r, d->call->tool) &&
			(r->kind == RULE_TOOL || rule_matches_input(r, d->call->input)))
			return r;
	}
	return NULL;
}

const char *approval(const struct deciding *d, struct str text)
{
	const struct permission_approvals *a = &d->p->approvals;

	return a->find ? a->find(a->user, d->call->tool, text, d->call->input) : NULL;
}

static bool denied_by(struct deciding *d, const struct rule *r)
{
	return r && decided(d, DECISION_DENY, r, "a deny rule covers it");
}

static bool asked_by(struct deciding *d, const struct rule *r)
{
	return r && decided(d, DECISION_ASK, r, r->broken ? "a rule that cannot be read may mean this call" :
		"an ask rule covers it");
}

static bool allowed_by(struct deciding *d, const struct rule *r)
{
	return r && decided(d, DECISION_ALLOW, r, "an allow rule covers it");
}

static bool bypassed(struct deciding *d)
{
	return d->p->mode == PERMISSION_BYPASS && decided(d, DECISION_ALLOW, NULL, "the mode bypassPermissions");
}

/* --- pages of the web --------------------------------------------------------------------- */

static const struct rule *address_rule(const struct deciding *d, enum rule_list list, struct str url,
	const struct url_judgement *j)
{
	const struct rule *r = tool_rule(d, list);

	for (size_t i = 0; !r && i < d->p->rule_count; i++)
		if (d->p->rules[i].list == list && rule_names(&d->p->rules[i], d->call->tool) &&
			rule_matches_url(&d->p->rules[i], url, j->host, j->port))
			r = &d->p->rules[i];
	return r;
}

/*
 * Sites may be trusted, and addresses still carry what a model has read to whoever keeps the site: docs.* may
 * be anybody's.  What is longer than addresses of pages are is not fetched unasked.
 */
static bool carries_more(struct str url, const struct url_judgement *j)
{
	bool anybody = strncmp(j->host, "docs.", 5) == 0;

	return url.n > TRUSTED_URL_MAX || (anybody && memchr(url.p, '?', url.n));
}

static void decide_fetch(struct deciding *d)
{
	struct str url = json_member_str(d->call->input, "url");
	struct url_judgement j;

	url_judge(url, &j);
	if (j.verdict == VERDICT_NEVER) {
		decided_hard(d, j.why);
		return;
	}
	if (denied_by(d, address_rule(d, RULE_DENY, url, &j)) || asked_by(d, address_rule(d, RULE_ASK, url, &j)) ||
		bypassed(d) || allowed_by(d, address_rule(d, RULE_ALLOW, url, &j)))
		return;
	const char *words = approval(d, url);
	if (words) {
		decided_approved(d, words);
		return;
	}
	bool more = j.verdict == VERDICT_ALLOW && carries_more(url, &j), ask = more || j.verdict != VERDICT_ALLOW;
	decided(d, ask ? DECISION_ASK : DECISION_ALLOW, NULL, "%s",
		more ? "the address may carry data to the site" : j.why);
	if (ask)
		(void)snprintf(d->out->suggestions[d->out->suggestion_count++], PERMISSION_RULE_MAX,
			"WebFetch(domain:%.253s)", j.host);
}

/* --- the rest ------------------------------------------------------------------------------- */

static void decide_built_in(struct deciding *d, enum tool_group group)
{
	if (group == GROUP_FREE)
		decided(d, DECISION_ALLOW, NULL, "it needs no question");
	else if (group == GROUP_CONFINED && d->call->confined)
		decided(d, DECISION_ALLOW, NULL, "it runs confined");
	else
		decided(d, DECISION_ASK, NULL, group == GROUP_CONFINED ? "nothing confines it" :
			"the tool needs the user's consent");
	if (d->out->decision == DECISION_ASK && group != GROUP_FREE && d->call->tool.n < PERMISSION_RULE_MAX &&
		!memchr(d->call->tool.p, '*', d->call->tool.n))
		(void)snprintf(d->out->suggestions[d->out->suggestion_count++], PERMISSION_RULE_MAX, "%.*s",
			STR_ARGS(d->call->tool));
}

static void decide_other(struct deciding *d, enum tool_group group)
{
	const char *words;

	if (denied_by(d, tool_rule(d, RULE_DENY)) || asked_by(d, tool_rule(d, RULE_ASK)))
		return;
	if (group == GROUP_ALWAYS) {
		decided(d, DECISION_ASK, NULL, "the tool is asked about each time");
		return;
	}
	if (group == GROUP_QUESTION) {
		decided(d, DECISION_ASK, NULL, "it asks the user itself");
		d->out->asks_itself = true;
		return;
	}
	if (bypassed(d) || allowed_by(d, tool_rule(d, RULE_ALLOW)))
		return;
	words = approval(d, (struct str)STR(""));
	if (words)
		decided_approved(d, words);
	else
		decide_built_in(d, group);
}

/* In the mode dontAsk nobody is asked; what no rule could cover is not suggested. */
static void settle(struct deciding *d)
{
	if (d->out->decision == DECISION_ASK && d->p->mode == PERMISSION_DONT_ASK) {
		char why[PERMISSION_WHY_MAX];
		memcpy(why, d->out->why, sizeof why);
		(void)snprintf(d->out->why, sizeof d->out->why, "the mode dontAsk asks nobody: %.360s", why);
		d->out->decision = DECISION_DENY;
	}
	if (d->out->decision != DECISION_ASK || d->out->rule || d->out->suggestion_count > PERMISSION_SUGGESTIONS)
		d->out->suggestion_count = 0;
}

void permission_decide(const struct permissions *p, const struct permission_call *call, struct permission *out)
{
	struct permission_call question = *call;
	struct deciding d = { .p = p, .call = &question, .out = out, .cwd = call->cwd ? call->cwd : p->cwd };
	const struct tool_group_row *tool = tool_group(call->tool);
	struct link_memory memory;

	link_memory_init(&memory, call->links);
	if (call->links)
		question.links = &memory.links;

	*out = (struct permission){ .decision = DECISION_ASK };
	switch (tool->group) {
	case GROUP_READ:
	case GROUP_WRITE: decide_file(&d, tool); break;
	case GROUP_COMMAND: decide_command(&d); break;
	case GROUP_FETCH: decide_fetch(&d); break;
	default: decide_other(&d, tool->group); break;
	}
	settle(&d);
	for (size_t i = 0; i < d.anchor_count; i++)
		free(d.anchors[i].real);
	link_memory_done(&memory);
}
