/* A relative path is judged in every folder it may be meant in; the worst counts. */
#include <stdio.h>

#include "permit/line.h"
#include "permit/places.h"

/* --- one file ------------------------------------------------------------------------ */

/* A word of the shell as a path: the home as "~"; NULL: an expansion decides. */
static const char *path_of(struct line *l, const char *text)
{
	const char *close = text[0] == SHELL_OPEN ? strchr(text, SHELL_CLOSE) : NULL;
	struct str name = close ? (struct str){ text + 1, (size_t)(close - text) - 1 } : (struct str){0};
	const char *base = str_is(name, "HOME") ? "~" : str_is(name, "PWD") ? "." : NULL;
	char *out;

	if (!close && (text[0] != '~' || strchr(text, SHELL_OPEN)))
		return strchr(text, SHELL_OPEN) ? NULL : text;
	if (close && (!base || strchr(close + 1, SHELL_OPEN) || (close[1] && close[1] != '/')))
		return NULL;
	size_t n = strlen(text) + 3;
	out = arena_alloc(&l->arena, n);
	if (out)
		(void)snprintf(out, n, "%s%s", close ? base : "./", close ? close + 1 : text);
	return out;
}

static bool is_anywhere(const char *path)
{
	return path[0] == '/' || strcmp(path, "~") == 0 || strncmp(path, "~/", 2) == 0;
}

static void note_outside(struct line *l, const struct path_judgement *j, bool write)
{
	if (!l->outside) {
		memcpy(l->outside_path, j->written, sizeof l->outside_path);
		l->outside_written = write;
	}
	l->outside = true;
}

static void judge_file(struct line *l, struct str part, const char *path, const char *cwd, enum file_use use)
{
	struct deciding *d = l->d;
	bool write = use == FILE_WRITTEN || use == FILE_FROM_EXAMPLE;
	struct seen seen;
	const struct rule *r;

	path_see(d, str_of(path), cwd, write, &seen);
	if (seen.judgement.verdict == VERDICT_NEVER) {
		if (use != FILE_LISTED && (use != FILE_FROM_EXAMPLE || seen.judgement.place != PATH_SECRET))
			line_note(l, LEVEL_HARD, NULL, seen.judgement.why, part);
		note_outside(l, &seen.judgement, write);
		if (use != FILE_FROM_EXAMPLE)
			return;
	}
	if (use != FILE_LISTED && (r = path_rule(d, RULE_DENY, &seen, write, (struct str)STR(""))))
		line_note(l, LEVEL_DENIED, r, "a deny rule covers the file", part);
	if (use != FILE_LISTED && (r = path_rule(d, RULE_ASK, &seen, write, (struct str)STR(""))))
		line_note(l, LEVEL_ASKED, r, "an ask rule covers the file", part);
	if (seen.judgement.place == PATH_PROTECTED)
		line_note(l, LEVEL_PROTECTED, NULL, seen.judgement.why, part);
	else if (!seen.inside && !path_rule(d, RULE_ALLOW, &seen, write, (struct str)STR("")))
		note_outside(l, &seen.judgement, write);
}

void line_file(struct line *l, const struct arg *arg, const char *text, enum file_use use)
{
	const char *path = path_of(l, text), *slash = path ? strrchr(path, '/') : NULL;

	if (!path) {
		l->unclear = true;
		return;
	}
	l->unclear |= arg->glob && slash && strcspn(path, "*?[") < (size_t)(slash - path);
	if (use == FILE_READ && arg->glob && place_is_secret(path))
		line_note(l, LEVEL_HARD, NULL, "a wildcard may name a secret", arg->source);
	/* Devices that keep nothing, but for the terminals of others. */
	if (use != FILE_WRITTEN && strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm", 8) != 0 &&
		!strstr(path, "..") && !place_is_device(path))
		return;
	if (is_anywhere(path)) {
		judge_file(l, arg->source, path, l->d->cwd, use);
		return;
	}
	for (size_t i = 0; i < l->now.count; i++)
		judge_file(l, arg->source, path, l->now.at[i], use);
	if (l->now.unknown)
		l->unclear = l->outside = true;
}

/* --- redirects ----------------------------------------------------------------------------- */

static bool is_harmless(const struct shell_redirect *r, const char *text)
{
	static const char *const harmless[] = { "/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", NULL };

	return str_is_among(str_of(text), harmless) || (r->op[1] == '&' && strspn(text, "0123456789-") == strlen(text));
}

/* Where the output goes: as a file that is written. */
static void judge_target(struct line *l, const struct arg *arg)
{
	const struct deciding *d = l->d;
	const char *path = path_of(l, arg->text);
	bool plain = path && !arg->glob && !strchr(arg->text, SHELL_OPEN);
	size_t covered = 0, all = 0;

	line_file(l, arg, arg->text, FILE_WRITTEN);
	if (tool_rule(d, RULE_ALLOW) && d->p->mode != PERMISSION_PLAN)
		return;
	for (size_t i = 0; plain && !l->now.unknown && i < l->now.count; i++) {
		struct seen seen;
		const struct rule *r;
		path_see(l->d, str_of(path), is_anywhere(path) ? d->cwd : l->now.at[i], true, &seen);
		r = path_rule(l->d, RULE_ALLOW, &seen, true, (struct str)STR("Write"));
		if (r && !l->allowed)
			l->allowed = r;
		covered += r || (seen.inside && d->p->mode == PERMISSION_ACCEPT_EDITS);
		all++;
		if (!covered)
			suggest_path(l->d, "Edit", seen.judgement.written, "");
	}
	if (d->p->mode == PERMISSION_PLAN || !all || covered < all)
		line_note(l, plain ? LEVEL_NEED : LEVEL_ALONE, NULL, plain ? "writes to a file" :
			"where it writes cannot be told", arg->source);
}

/* Where the input comes from: as a file that is read. */
static void judge_source(struct line *l, const struct arg *arg)
{
	const struct deciding *d = l->d;

	l->outside = l->unclear = false;
	line_file(l, arg, arg->text, FILE_READ);
	if ((!l->outside && !l->unclear) || (tool_rule(d, RULE_ALLOW) && d->p->mode != PERMISSION_PLAN))
		return;
	line_note(l, l->unclear ? LEVEL_ALONE : LEVEL_NEED, NULL, l->unclear ? "what it reads cannot be told" :
		"reads outside the project", arg->source);
	if (!l->unclear)
		suggest_path(l->d, "Read", l->outside_path, "");
}

void line_redirects(struct line *l, const struct shell_command *c)
{
	for (size_t i = 0; i < c->redirect_count; i++) {
		const struct shell_redirect *r = &c->redirects[i];
		struct shell_command pseudo = { .words = (struct shell_word *)&r->target, .word_count = 1 };
		if (strncmp(r->op, "<<", 2) == 0)
			continue;
		struct args a = args_of(&l->arena, &pseudo, l->known);
		if (!a.count || !a.ok)
			line_note(l, LEVEL_ALONE, NULL, "where it writes cannot be told", r->target.source);
		for (size_t k = 0; k < a.count; k++) {
			if (is_harmless(r, a.at[k].text))
				continue;
			if (strchr(r->op, '<'))
				judge_source(l, &a.at[k]);
			if (strchr(r->op, '>'))
				judge_target(l, &a.at[k]);
		}
	}
}

/* --- folders ---------------------------------------------------------------------------------- */

static void add_folder(struct folders *f, const char *path, bool outside)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->at[i], path) == 0)
			return;
	if (f->count == LINE_FOLDERS) {
		f->unknown = true;
		return;
	}
	f->at[f->count] = path;
	f->outside[f->count++] = outside;
}

/* What stands between a command and the next one, without blanks. */
static struct str text_after(const struct shell_command *c)
{
	const char *end = NULL, *next = NULL;
	const struct shell_command *n = c->next;

	for (size_t i = 0; i < c->word_count; i++)
		end = c->words[i].source.p + c->words[i].source.n;
	for (size_t i = 0; i < c->redirect_count; i++) {
		const char *p = c->redirects[i].target.source.p + c->redirects[i].target.source.n;
		end = !end || p > end ? p : end;
	}
	if (n && n->assign_count)
		next = n->assigns[0].name.p;
	else if (n && n->word_count)
		next = n->words[0].source.p;
	if (!end || !next || next < end)
		return (struct str){0};
	return str_trim((struct str){ end, (size_t)(next - end) });
}

void line_moves(struct line *l, const struct shell_command *c, const struct args *a)
{
	static const char *const movers[] = { "cd", "pushd", "popd", NULL };
	struct folders to = {0};

	if (a->count && str_is_among(str_of(a->at[0].text), movers)) {
		const char *text = a->count > 1 ? a->at[a->count - 1].text : "~";
		const char *path = a->count > 1 ? path_of(l, text) : text;
		to.unknown = l->now.unknown || !path || strcmp(text, "-") == 0 || a->at[a->count - 1].glob ||
			a->count > 2 || strcmp(a->at[0].text, "popd") == 0;
		for (size_t i = 0; !to.unknown && i < l->now.count; i++) {
			struct seen seen;
			path_see(l->d, str_of(path), l->now.at[i], false, &seen);
			char *kept = arena_copy(&l->arena, str_of(seen.judgement.written));
			bool rule = path_rule(l->d, RULE_ALLOW, &seen, false, (struct str)STR("")) != NULL;
			if (kept && kept[0])
				add_folder(&to, kept, !seen.inside && !rule);
			else
				to.unknown = true;
		}
		for (size_t i = 0; i < to.count; i++)
			add_folder(&l->all, to.at[i], to.outside[i]);
		l->all.unknown |= to.unknown;
		l->now = to;
	}
	if (!str_is(text_after(c), "&&"))
		l->now = l->all;
}

void line_here(struct line *l)
{
	l->outside |= l->now.unknown;
	for (size_t i = 0; i < l->now.count; i++) {
		if (l->now.outside[i] && !l->outside)
			(void)snprintf(l->outside_path, sizeof l->outside_path, "%s", l->now.at[i]);
		l->outside |= l->now.outside[i];
	}
}

bool line_moved(const struct line *l)
{
	return l->all.unknown || l->all.count > 1;
}

/* --- removals ----------------------------------------------------------------------------------- */

/* "/", "/x", the home, a working folder, or what one of these lies in. */
static bool must_stay(const struct line *l, const char *path, bool globbed)
{
	const struct permissions *p = l->d->p;
	const char *folders[] = { p->home ? p->home : "/", p->root, p->cwd, l->d->cwd };
	size_t n = strlen(path);

	if (!n)
		return false;
	if (!strchr(path + 1, '/'))
		return true;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (strncmp(folders[i], path, n) == 0 && (folders[i][n] == '/' || !folders[i][n]))
			return true;
	for (size_t i = 0; globbed && i < p->directory_count; i++)
		if (strncmp(p->directories[i], path, n) == 0 &&
			(p->directories[i][n] == '/' || !p->directories[i][n]))
			return true;
	return false;
}

bool line_critical(struct line *l, const struct args *a)
{
	static const char *const removers[] = { "rm", "rmdir", NULL };

	if (!str_is_among(str_of(arg_name(&a->at[0])), removers))
		return false;
	for (size_t i = 1; i < a->count; i++) {
		const char *text = a->at[i].text, *path = path_of(l, text);
		if (text[0] == '-')
			continue;
		if (!path && place_is_critical(text))
			return true;
		if (!path)
			continue;
		char *plain = arena_copy(&l->arena, str_of(path));
		size_t n = plain ? strlen(plain) : 0, cut = n;
		while (a->at[i].glob && cut > 0 && strchr("*?.[]!^", plain[cut - 1]))
			cut--;
		bool globbed = cut < n && (cut == 0 || plain[cut - 1] == '/');
		if (globbed)
			plain[cut] = '\0';
		for (size_t k = 0; plain && k < l->now.count; k++) {
			struct seen seen;
			path_see(l->d, str_of(plain[0] ? plain : "."), l->now.at[k], false, &seen);
			if (must_stay(l, seen.judgement.written, globbed) ||
				must_stay(l, seen.judgement.real, globbed))
				return true;
		}
	}
	return false;
}
