/* Every path is seen twice, as it is written and as links lead; deny and ask rules need one, allow rules both. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "permit/permission_parts.h"

/* --- where a path lies ------------------------------------------------------------------- */

/* Where a rule's folder leads; itself when that cannot be told. */
static const char *anchor_real(struct deciding *d, const char *anchor)
{
	char real[PATH_BYTES_MAX + 1];

	for (size_t i = 0; i < d->anchor_count; i++)
		if (strcmp(d->anchors[i].written, anchor) == 0)
			return d->anchors[i].real;
	if (!anchor[0] || d->anchor_count == ANCHORS_MAX || !path_walk(anchor, d->call->links, real))
		return anchor;
	d->anchors[d->anchor_count] = (struct anchor){ anchor, mem_strdup(real[1] ? real : "") };
	return d->anchors[d->anchor_count++].real;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n > 0 && folder[n - 1] == '/')
		n--;
	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool is_in_added(struct deciding *d, const struct path_judgement *j)
{
	for (size_t i = 0; i < d->p->directory_count; i++) {
		const char *folder = d->p->directories[i], *real = anchor_real(d, folder);
		if ((is_below(j->written, folder) || is_below(j->written, real)) &&
			(is_below(j->real, folder) || is_below(j->real, real)))
			return true;
	}
	return false;
}

void path_see(struct deciding *d, struct str path, const char *cwd, bool write, struct seen *seen)
{
	const struct permissions *p = d->p;
	struct error err = {0};
	struct path_question q = { str_of(p->root), str_of(cwd), str_of(p->home ? p->home : ""), path, write,
		d->call->links, str_of(p->ours ? p->ours : "") };

	/* When the folders are no paths, the judgement is "never". */
	(void)!path_judge(&q, &seen->judgement, &err);
	seen->inside = seen->judgement.place == PATH_INSIDE || seen->judgement.place == PATH_HARMLESS ||
		(seen->judgement.place == PATH_OUTSIDE && is_in_added(d, &seen->judgement));
}

/* --- rules of paths ----------------------------------------------------------------------------- */

static bool rule_covers(struct deciding *d, const struct rule *r, const char *path)
{
	if (r->kind != RULE_PATH)
		return r->kind == RULE_TOOL;
	return rule_matches_path(r, r->anchor, path) || rule_matches_path(r, anchor_real(d, r->anchor), path);
}

/* Whether a rule of that name is about this: Edit gives reading, and what may not be read may not be written. */
static bool is_about(const struct rule *r, bool write, struct str tool)
{
	bool reads = rule_names(r, (struct str)STR("Read")), edits = rule_names(r, (struct str)STR("Edit"));

	if (r->broken)
		return rule_names(r, tool);
	if (rule_names(r, tool))
		return true;
	if (write)
		return edits || (reads && r->list == RULE_DENY && !str_is(tool, "NotebookEdit"));
	return reads || (edits && r->list == RULE_ALLOW);
}

static const struct rule *rule_of(struct deciding *d, enum rule_list list, const char *path, bool write,
	struct str tool)
{
	for (size_t i = 0; i < d->p->rule_count; i++) {
		const struct rule *r = &d->p->rules[i];
		if (r->list == list && is_about(r, write, tool) && rule_covers(d, r, path))
			return r;
	}
	return NULL;
}

/* Where files are worked on without a rule. */
static bool needs_no_rule(struct deciding *d, const struct seen *seen, const char *path, bool write)
{
	const struct permissions *p = d->p;

	if ((write && p->mode != PERMISSION_ACCEPT_EDITS) || seen->judgement.place == PATH_WATCHED)
		return false;
	if (is_below(path, p->root) || is_below(path, anchor_real(d, p->root)))
		return true;
	for (size_t i = 0; i < p->directory_count; i++)
		if (is_below(path, p->directories[i]) || is_below(path, anchor_real(d, p->directories[i])))
			return true;
	return false;
}

const struct rule *path_rule(struct deciding *d, enum rule_list list, const struct seen *seen, bool write,
	struct str tool)
{
	const struct path_judgement *j = &seen->judgement;
	const struct rule *written = rule_of(d, list, j->written, write, tool);

	if (strcmp(j->written, j->real) == 0)
		return written;
	const struct rule *real = rule_of(d, list, j->real, write, tool);
	if (list != RULE_ALLOW)
		return written && (!real || written < real) ? written : real;
	/* Both ways to name it must be covered, by a rule at least one. */
	if (!written && !needs_no_rule(d, seen, j->written, write))
		return NULL;
	if (!real && !needs_no_rule(d, seen, j->real, write))
		return NULL;
	return real ? real : written;
}

/* --- suggestions -------------------------------------------------------------------------------------- */

void suggest_rule(struct permission *out, const char *rule)
{
	for (size_t i = 0; i < out->suggestion_count && i < PERMISSION_SUGGESTIONS; i++)
		if (strcmp(out->suggestions[i], rule) == 0)
			return;
	if (out->suggestion_count < PERMISSION_SUGGESTIONS)
		(void)snprintf(out->suggestions[out->suggestion_count], PERMISSION_RULE_MAX, "%s", rule);
	out->suggestion_count++;
}

void suggest_path(struct deciding *d, const char *tool, const char *path, const char *after)
{
	own_buf rule = BUF_INIT(PERMISSION_RULE_MAX - 1);
	struct error err = {0};
	bool below = is_below(path, d->p->cwd) && d->p->cwd[1];
	const char *rest = below ? path + strlen(d->p->cwd) : path;

	if ((below && !rest[0] && !after[0]) || !buf_addf(&rule, &err, "%s(%s", tool, below ? "" : "/") ||
		!rule_add_path(&rule, rest, &err) || !buf_addf(&rule, &err, "%s)", after))
		d->out->suggestion_count = PERMISSION_SUGGESTIONS + 1;
	else
		suggest_rule(d->out, rule.data);
}

/* --- the tools that take one ---------------------------------------------------------------------------- */

/* Glob's pattern as far as it names folders, after the path it begins in. */
static void add_literal(struct buf *path, struct str pattern)
{
	struct error err = {0};
	struct str segment;

	if (str_starts(pattern, str_of("/")) || str_starts(pattern, str_of("~/")))
		buf_clear(path);
	else
		(void)!buf_adds(path, "/", &err);
	for (bool first = true; str_split(&pattern, '/', &segment); first = false) {
		bool wild = false;
		for (size_t i = 0; i < segment.n; i++)
			wild |= strchr("*?[{", segment.p[i]) != NULL;
		if (wild && !str_is(segment, ".."))
			break;
		if ((!first && !buf_adds(path, "/", &err)) || !buf_add_str(path, segment, &err))
			break;
	}
}

/* "a / * / .. / ..": where it leads cannot be told. */
static bool climbs_behind_wildcard(struct str pattern)
{
	struct str segment;
	bool wild = false;

	while (str_split(&pattern, '/', &segment)) {
		if (wild && str_is(segment, ".."))
			return true;
		for (size_t i = 0; i < segment.n; i++)
			wild |= strchr("*?[{", segment.p[i]) != NULL;
	}
	return false;
}

/* The path a call names; searches begin in the working folder. */
static void call_path(const struct deciding *d, const struct tool_group_row *tool, struct buf *path)
{
	struct str given = json_member_str(d->call->input, tool->member);
	bool search = strcmp(tool->member, "path") == 0;
	struct error err = {0};

	if (!given.n && search)
		given = str_of(d->cwd);
	(void)!buf_add_str(path, given, &err);
	struct str pattern = json_member_str(d->call->input, "pattern");
	if (strcmp(tool->name, "Glob") == 0 && pattern.n)
		add_literal(path, pattern);
}

static void decide_seen(struct deciding *d, const struct seen *seen, bool write)
{
	const struct path_judgement *j = &seen->judgement;
	const char *linked = j->linked ? "a link leads there: " : "", *words;
	const struct rule *r;

	if ((r = path_rule(d, RULE_ALLOW, seen, write, d->call->tool)))
		decided(d, DECISION_ALLOW, r, "an allow rule covers it");
	else if ((words = approval(d, str_of(j->real))))
		decided_approved(d, words);
	else if (seen->inside && !write)
		decided(d, DECISION_ALLOW, NULL, "%sreading %s", linked, j->place == PATH_OUTSIDE ?
			"in an added folder" : j->why);
	else if (seen->inside && (d->p->mode == PERMISSION_ACCEPT_EDITS || j->place == PATH_HARMLESS))
		decided(d, DECISION_ALLOW, NULL, "the mode acceptEdits");
	else
		decided(d, DECISION_ASK, NULL, "%s%s", linked, seen->inside ? "a file would be changed" : j->why);
	if (d->out->decision != DECISION_ASK)
		return;
	bool folder = str_is(d->call->tool, "Grep") ||
		str_is(d->call->tool, "Glob");
	suggest_path(d, write ? "Edit" : "Read", j->written, folder ? "/**" : "");
}

void decide_file(struct deciding *d, const struct tool_group_row *tool)
{
	bool write = tool->group == GROUP_WRITE;
	struct seen seen;
	const struct rule *r;
	own_buf path = BUF_INIT(2 * PATH_BYTES_MAX);

	call_path(d, tool, &path);
	path_see(d, buf_str(&path), d->cwd, write, &seen);
	if (seen.judgement.verdict == VERDICT_NEVER) {
		decided_hard(d, seen.judgement.why);
		return;
	}
	memcpy(d->out->real, seen.judgement.real, sizeof d->out->real);
	if ((r = path_rule(d, RULE_DENY, &seen, write, d->call->tool)) || (r = tool_rule(d, RULE_DENY))) {
		decided(d, DECISION_DENY, r, "a deny rule covers it");
		return;
	}
	if (d->p->mode == PERMISSION_PLAN && write)
		decided(d, DECISION_DENY, NULL, "the mode plan changes nothing before its plan is approved");
	else if ((r = path_rule(d, RULE_ASK, &seen, write, d->call->tool)) || (r = tool_rule(d, RULE_ASK)))
		decided(d, DECISION_ASK, r, r->broken ? "a rule that cannot be read may mean this call" :
			"an ask rule covers it");
	else if (d->p->mode == PERMISSION_BYPASS)
		decided(d, DECISION_ALLOW, NULL, "the mode bypassPermissions");
	else if (seen.judgement.place == PATH_PROTECTED)
		decided(d, DECISION_ASK, NULL, "%s%s", seen.judgement.linked ? "a link leads there: " : "",
			seen.judgement.why);
	else if (climbs_behind_wildcard(json_member_str(d->call->input, "pattern")) && strcmp(tool->name, "Glob") == 0)
		decided(d, DECISION_ASK, NULL, "where \"..\" behind a wildcard leads cannot be told");
	else
		decide_seen(d, &seen, write);
}

bool permissions_deny_reading(const struct permissions *p)
{
	for (size_t i = 0; i < p->rule_count; i++)
		if (p->rules[i].list == RULE_DENY && is_about(&p->rules[i], false, (struct str)STR("Read")))
			return true;
	return false;
}

bool permission_may_read(const struct permissions *p, const char *real_path)
{
	struct permission_call call = { .tool = STR("Read") };
	struct deciding d = { .p = p, .call = &call, .cwd = p->cwd };
	struct seen seen;

	path_see(&d, str_of(real_path), p->cwd, false, &seen);
	bool may = seen.judgement.verdict != VERDICT_NEVER && !path_rule(&d, RULE_DENY, &seen, false, call.tool);
	for (size_t i = 0; i < d.anchor_count; i++)
		free(d.anchors[i].real);
	return may;
}
