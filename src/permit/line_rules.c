/* Deny and ask rules see a command in every form it may have; what one of them covers is covered. */
#include <stdio.h>

#include "permit/command_code.h"
#include "permit/command_never.h"
#include "permit/line.h"

void line_note(struct line *l, enum level level, const struct rule *rule, const char *why, struct str part)
{
	if (level <= l->level)
		return;
	l->level = level;
	l->rule = rule;
	part = str_trim(part);
	bool cut = part.n > 100;
	(void)snprintf(l->why, sizeof l->why, "%s%s%.*s%s", why, part.n ? ": " : "", cut ? 97 : (int)part.n,
		part.n ? part.p : "", cut ? "..." : "");
}

void line_match(struct line *l, struct str text, struct str part)
{
	const struct permissions *p = l->d->p;

	for (size_t i = 0; i < p->rule_count && p->rules[i].list != RULE_ALLOW; i++) {
		const struct rule *r = &p->rules[i];
		bool denies = r->list == RULE_DENY;
		if (r->kind == RULE_COMMAND && rule_names(r, l->d->call->tool) && rule_matches_command(r, text))
			line_note(l, denies ? LEVEL_DENIED : LEVEL_ASKED, r, denies ? "a deny rule covers it" :
				"an ask rule covers it", part);
	}
}

static void found_file(void *context, const struct arg *arg, const char *path, enum file_use use)
{
	line_file(context, arg, path, use);
}

static void visit_text(struct line *l, struct str text, int depth)
{
	struct shell_script script = {0};
	struct error err = {0};

	line_match(l, str_trim(text), text);
	if (depth >= LINE_DEPTH)
		return;
	/* What cannot be read is asked about anyway (the judge of commands says so). */
	(void)!shell_parse(&l->arena, text, &script, &err);
	for (const struct shell_command *c = script.first; c; c = c->next) {
		struct args a = args_of(&l->arena, c, l->known);
		if (c->word_count)
			line_match(l, line_source(l, c, 0, false), line_source(l, c, 0, false));
		line_visit(l, c, &a, depth + 1);
	}
}

/* Scripts in the words of shells, and what comes to them as a here-document. */
static void visit_shell(struct line *l, const struct shell_command *c, const struct args *a, int depth)
{
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if ((t[0] != '-' && t[0] != '+') || t[1] == '-' || !strchr(t, 'c'))
			continue;
		while (i + 1 < a->count && (a->at[i + 1].text[0] == '-' || a->at[i + 1].text[0] == '+'))
			i++;
		if (i + 1 < a->count)
			visit_text(l, words_unmark(&l->arena, a->at[i + 1].text), depth);
		break;
	}
	for (size_t i = 0; c && i < c->redirect_count; i++) {
		if (strcmp(c->redirects[i].op, "<<<") == 0)
			visit_text(l, str_of(c->redirects[i].target.text), depth);
		else if (c->redirects[i].body.n)
			visit_text(l, c->redirects[i].body, depth);
	}
}

/* What find runs, up to its ";" or "+". */
static void visit_find(struct line *l, const struct args *a, int depth)
{
	for (size_t i = 1; i + 1 < a->count; i++) {
		const char *t = a->at[i].text;
		size_t end = i + 1;
		if (strncmp(t, "-exec", 5) != 0 && strncmp(t, "-ok", 3) != 0)
			continue;
		while (end < a->count && strcmp(a->at[end].text, ";") != 0 && strcmp(a->at[end].text, "+") != 0)
			end++;
		struct args inner = { a->at + i + 1, end - i - 1, 1, true };
		line_visit(l, NULL, &inner, depth + 1);
	}
}

/* A visit that is handed on. */
struct visit {
	struct line *l;
	int depth;
};

static void found_script(void *context, struct str script)
{
	const struct visit *v = context;

	visit_text(v->l, script, v->depth);
}

/* What code in the words of other languages gives to a shell. */
static void visit_code(struct line *l, const struct args *a, int depth)
{
	struct visit v = { l, depth };

	for (size_t i = 1; i < a->count; i++)
		code_scripts(&l->arena, a->at[i].text, found_script, &v);
}

/* "alias x=COMMAND", "trap COMMAND", "git -c alias.x=!COMMAND". */
static void visit_carried(struct line *l, const struct args *a, int depth)
{
	const char *name = arg_name(&a->at[0]);

	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text, *equal = strchr(t, '=');
		if (strcmp(name, "git") == 0 && equal && equal[1] == '!')
			visit_text(l, words_unmark(&l->arena, equal + 2), depth);
		else if (strcmp(name, "alias") == 0 && equal)
			visit_text(l, words_unmark(&l->arena, equal + 1), depth);
		else if (strcmp(name, "trap") == 0 && i == 1)
			visit_text(l, words_unmark(&l->arena, t), depth);
	}
}

static void visit_inner(struct line *l, const struct shell_command *c, const struct args *a, int depth)
{
	const char *name = arg_name(&a->at[0]);
	bool joined = false;
	size_t at = wrapped_at(a, &joined);

	if (at && joined) {
		const char *text = args_join(&l->arena, a, at);
		visit_text(l, words_unmark(&l->arena, text ? text : ""), depth);
	} else if (at) {
		struct args inner = { a->at + at, a->count - at, 1, true };
		line_visit(l, c, &inner, depth + 1);
	}
	if (is_shell(name))
		visit_shell(l, c, a, depth);
	else if (is_interpreter(name))
		visit_code(l, a, depth);
	else
		visit_carried(l, a, depth);
	if (strcmp(name, "find") == 0 || strcmp(name, "fd") == 0)
		visit_find(l, a, depth);
}

void line_visit(struct line *l, const struct shell_command *c, const struct args *a, int depth)
{
	if (!a->count || depth > LINE_DEPTH)
		return;
	const char *text = args_join(&l->arena, a, 0), *name = arg_name(&a->at[0]);
	struct str part = text ? words_unmark(&l->arena, text) : (struct str){0};
	line_match(l, part, part);
	if (name != a->at[0].text && text)
		line_match(l, str_from(part, (size_t)(name - a->at[0].text)), part);
	command_files(a, found_file, l);
	if (line_critical(l, a))
		line_note(l, LEVEL_CRITICAL, NULL, "removes a folder that must stay", part);
	visit_inner(l, c, a, depth);
}
