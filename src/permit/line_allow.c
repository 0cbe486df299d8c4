/* Allow rules see a command as it is written, behind the few wrappers and variables that change nothing. */
#include <stdio.h>

#include "base/mem.h"
#include "permit/command.h"
#include "permit/command_never.h"
#include "permit/line.h"

/* --- a command's text --------------------------------------------------------------------- */

static void add(char *out, size_t *n, struct str text)
{
	if (text.n)
		memcpy(out + *n, text.p, text.n);
	*n += text.n;
}

/* "A=b" before the program's name; behind it ("export A=b") it is a word. */
static bool is_prefix(const struct shell_command *c, const struct shell_assign *a)
{
	return !c->word_count || a->name.p < c->words[0].source.p;
}

static void add_assign(char *out, size_t *n, const struct shell_assign *a)
{
	add(out, n, *n ? (struct str)STR(" ") : (struct str){0});
	add(out, n, a->name);
	add(out, n, (struct str)STR("="));
	add(out, n, a->value.source);
}

struct str line_source(struct line *l, const struct shell_command *c, size_t first, bool assigns)
{
	size_t n = 1;

	for (size_t i = 0; i < c->assign_count; i++)
		n += c->assigns[i].name.n + c->assigns[i].value.source.n + 2;
	for (size_t i = first; i < c->word_count; i++)
		n += c->words[i].source.n + 1;
	char *out = arena_alloc(&l->arena, n);
	if (!out)
		return (struct str){0};
	n = 0;
	for (size_t i = 0; assigns && i < c->assign_count; i++)
		if (is_prefix(c, &c->assigns[i]))
			add_assign(out, &n, &c->assigns[i]);
	for (size_t i = first; i < c->word_count; i++) {
		add(out, &n, n ? (struct str)STR(" ") : (struct str){0});
		add(out, &n, c->words[i].source);
	}
	for (size_t i = 0; i < c->assign_count; i++)
		if (!is_prefix(c, &c->assigns[i]))
			add_assign(out, &n, &c->assigns[i]);
	return (struct str){ out, n };
}

/* --- wrappers --------------------------------------------------------------------------------- */

/* What rules see through: "timeout -s KILL 30 make" is "make". */
static const struct wrapper {
	const char *name;
	const char *with_value;    /* flags that take the next word; NULL: no flag may be there */
	size_t operands;
} wrappers[] = {
	{ "timeout", " -s -k --signal --kill-after ", 1 }, { "time", NULL, 0 },
	{ "nice", " -n --adjustment ", 0 }, { "nohup", "", 0 }, { "stdbuf", " -i -o -e --input --output --error ", 0 },
	{ "command", NULL, 0 }, { "builtin", NULL, 0 }, { "noglob", NULL, 0 }, { "xargs", NULL, 0 },
};

static const struct wrapper *find_wrapper(const struct shell_word *w)
{
	for (size_t i = 0; !w->unknown && i < countof(wrappers); i++)
		if (strcmp(w->text, wrappers[i].name) == 0)
			return &wrappers[i];
	return NULL;
}

static bool takes_value(const struct wrapper *w, const char *flag)
{
	size_t n = strlen(flag);

	for (const char *p = strstr(w->with_value, flag); p; p = strstr(p + 1, flag))
		if (p > w->with_value && p[-1] == ' ' && p[n] == ' ')
			return true;
	return false;
}

/* Where the command behind one wrapper at `at` begins; 0: there is none, or it cannot be told. */
static size_t behind(const struct shell_command *c, size_t at)
{
	const struct wrapper *w = at < c->word_count ? find_wrapper(&c->words[at]) : NULL;
	size_t operands = w ? w->operands : 0;
	bool flags = true;

	if (!w)
		return 0;
	for (size_t i = at + 1; i < c->word_count; i++) {
		const struct shell_word *word = &c->words[i];
		bool flag = flags && word->text[0] == '-' && word->text[1];
		if ((flag || operands) && (word->unknown || word->glob || word->brace))
			return 0;
		if (flag && !w->with_value)
			return 0;
		if (flag && strcmp(word->text, "--") == 0)
			flags = false;
		else if (flag)
			i += takes_value(w, word->text);
		else if (operands)
			operands--;
		else
			return i;
	}
	return 0;
}

size_t line_unwrapped(const struct shell_command *c)
{
	size_t at = 0;

	for (size_t next; (next = behind(c, at)); at = next)
		;
	return at;
}

/* --- rules ------------------------------------------------------------------------------------------ */

/* What no wildcard covers: it runs whatever comes behind it. */
static bool needs_exact(const struct shell_command *c, size_t at)
{
	static const char *const runners[] = { "watch", "setsid", "ionice", "flock", NULL };
	static const char *const actions[] = { "-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0",
		"-fprintf", "-fls", NULL };

	for (size_t i = 0; i <= at; i++)
		if (str_is_among(str_of(c->words[i].text), runners))
			return true;
	for (size_t i = at + 1; strcmp(c->words[at].text, "find") == 0 && i < c->word_count; i++)
		if (c->words[i].unknown || c->words[i].glob || str_is_among(str_of(c->words[i].text), actions))
			return true;
	return false;
}

/* Variables that change nothing but words and colours, and whose values run nothing. */
static bool is_safe_assign(const struct shell_assign *a)
{
	return is_safe_variable(a->name) && !strpbrk(a->value.text, "\1$`[(");
}

static bool assigns_safely(const struct shell_command *c)
{
	for (size_t i = 0; i < c->assign_count; i++)
		if (is_prefix(c, &c->assigns[i]) && !is_safe_assign(&c->assigns[i]))
			return false;
	return true;
}

static bool rule_covers(const struct rule *r, struct line *l, const struct shell_command *c, size_t at, bool exact)
{
	bool is_exact = rule_is_exact(r), safe = assigns_safely(c);

	if (r->kind == RULE_TOOL)
		return true;
	if (exact && !is_exact)
		return false;
	/* As written: variables too, and wrappers where they were written down. */
	if ((is_exact || !at) && rule_matches_command(r, line_source(l, c, 0, true)))
		return true;
	if (is_exact && safe && rule_matches_command(r, line_source(l, c, 0, false)))
		return true;
	return safe && rule_matches_command(r, line_source(l, c, at, false));
}

static const struct rule *allow_rule(struct line *l, const struct shell_command *c)
{
	const struct permissions *p = l->d->p;
	size_t at = c->word_count ? line_unwrapped(c) : 0;
	bool exact = c->word_count && needs_exact(c, at);

	for (size_t i = 0; i < p->rule_count; i++) {
		const struct rule *r = &p->rules[i];
		if (r->list != RULE_ALLOW || !rule_names(r, l->d->call->tool))
			continue;
		if (c->word_count ? rule_covers(r, l, c, at, exact) : r->kind == RULE_TOOL)
			return r;
	}
	return NULL;
}

/* --- what needs no rule ------------------------------------------------------------------------------- */

/* "s/a/b/g", "10,20p", "/x/d": nothing that runs, reads or writes other files. */
static bool is_plain_script(const char *t)
{
	t += strspn(t, "0123456789,$");
	if (t[0] && strchr("pdq", t[0]) && !t[1])
		return true;
	if (t[0] != 's' || !t[1] || strchr("\\\n", t[1]) || strpbrk(t, "\n"))
		return false;
	char mark = t[1];
	int marks = 0;
	for (t++; *t && marks < 3; t++) {
		if (*t == '\\' && t[1])
			t++;
		else if (*t == mark)
			marks++;
	}
	return marks == 3 && strspn(t, "gIip0123456789") == strlen(t);
}

static bool edits_plainly(const struct args *a)
{
	bool script = false;

	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if (strcmp(t, "-e") == 0 && i + 1 < a->count) {
			if (!is_plain_script(a->at[++i].text))
				return false;
			script = true;
		} else if (t[0] == '-' && t[1]) {
			if (strspn(t + 1, "niEr") != strlen(t + 1) && strncmp(t, "-i.", 3) != 0)
				return false;
		} else if (!script) {
			if (!is_plain_script(t))
				return false;
			script = true;
		}
	}
	return script;
}

/* In the mode acceptEdits, some commands are edits. */
static bool is_edit(struct line *l, const struct shell_command *c, const struct args *a)
{
	static const char *const names[] = { "mkdir", "touch", "rm", "rmdir", "mv", "cp", "sed", NULL };
	size_t at = line_unwrapped(c);

	if (l->d->p->mode != PERMISSION_ACCEPT_EDITS || l->outside || l->unclear || !assigns_safely(c))
		return false;
	if (at >= a->count || a->count != c->word_count || strcmp(c->words[0].text, "xargs") == 0)
		return false;
	struct args inner = { a->at + at, a->count - at, 1, true };
	const char *name = inner.at[0].text;
	return str_is_among(str_of(name), names) && (strcmp(name, "sed") != 0 || edits_plainly(&inner));
}

/* Alone, for what stands beside it may be more. */
static bool only_reads_alone(struct line *l, const struct shell_command *c)
{
	struct command_judgement j;

	if (l->safe)
		return true;
	command_judge(line_source(l, c, 0, true), &j);
	return j.verdict == COMMAND_SAFE;
}

static bool sets_only(const struct shell_command *c)
{
	for (size_t i = 0; i < c->assign_count; i++)
		if (!is_harmless_variable(c->assigns[i].name))
			return false;
	return true;
}

/* What "reads", but only where it was asked for. */
static void need(struct line *l, const struct shell_command *c, const char *why)
{
	line_note(l, LEVEL_NEED, NULL, why, line_source(l, c, 0, true));
	line_suggest(l, c);
}

/* "git" as a word of its own, or of a script. */
static bool names_git(const char *text)
{
	size_t n = strlen(text);

	for (const char *p = text; (p = strstr(p, "git")); p++)
		if ((p == text || strchr("/ \t\n;&|(", p[-1])) && (p + 3 == text + n || strchr(" \t\n;&|)", p[3])))
			return true;
	return false;
}

/* Whether it reads files that no word of it names. */
static bool finds_files(const struct args *a)
{
	static const char *const finders[] = { "rg", "xargs", NULL };
	static const char *const searchers[] = { "grep", "egrep", "fgrep", "diff", NULL };
	static const char *const listers[] = { "ls", "echo", "printf", "stat", "du", "find", "wc", "test", "[",
		"[[", "file",
		"basename", "dirname", "realpath", "readlink", NULL };
	bool lists = str_is_among(str_of(a->at[0].text), listers), searches = false;

	for (size_t i = 0; i < a->count; i++) {
		const char *t = a->at[i].text;
		bool flag = t[0] == '-' && t[1];
		bool open = a->at[i].glob || (a->at[i].source.n && memchr(a->at[i].source.p, '$', a->at[i].source.n));
		if (str_is_among(str_of(t), finders) || (open && !lists) || is_shell(t))
			return true;
		searches |= str_is_among(str_of(t), searchers);
		if (searches && flag && (t[1] == '-' ? t[2] == 'r' || t[2] == 'd' : strpbrk(t, "rRd") != NULL))
			return true;
	}
	return false;
}

/* Why a command that only reads is asked about all the same; NULL: it is not. */
static const char *doubt(const struct line *l, const struct args *a)
{
	const struct permission_call *call = l->d->call;

	for (size_t i = 0; call->git_runs && i < a->count; i++)
		if (names_git(a->at[i].text))
			return "settings of the repository may have git run programs";
	return call->loose && finds_files(a) ? "nothing confines it, and what it reads may be secret" : NULL;
}

void line_cover(struct line *l, const struct shell_command *c)
{
	bool reads = l->reads = !l->open && c->word_count && only_reads_alone(l, c);
	bool plan = l->d->p->mode == PERMISSION_PLAN;
	const struct rule *r = plan && !reads ? NULL : allow_rule(l, c);
	struct args a = args_of(&l->arena, c, l->known);
	const char *words;

	if (r) {
		l->allowed = l->allowed ? l->allowed : r;
		return;
	}
	if (!c->word_count) {
		if (!sets_only(c))
			line_note(l, LEVEL_ALONE, NULL, "sets a variable that may change what is run",
				c->assigns[0].name);
		return;
	}
	const char *doubted = reads ? doubt(l, &a) : NULL;
	if (reads && !l->outside && !doubted)
		return;
	words = plan && !reads ? NULL : approval(l->d, line_source(l, c, line_unwrapped(c), false));
	if (words && assigns_safely(c)) {
		l->approved = words;
		return;
	}
	if (!reads && is_edit(l, c, &a))
		return;
	need(l, c, l->open ? "runs outside the sandbox" : doubted ? doubted : reads ? "reads outside the project" :
		plan ? "the mode plan only reads without a question" : "no rule allows it, and it does more than read");
}

/* --- suggestions ------------------------------------------------------------------------------------------ */

/* How many words say what such a program does: "git push", "npm run build". */
static size_t telling_words(const struct shell_command *c, size_t at)
{
	static const char *const programs[] = { "git", "npm", "pnpm", "yarn", "bun", "cargo", "go", "docker", "podman",
		"kubectl", "pip", "pip3", "poetry", "uv", "gh", "glab", "terraform", "meson", "dotnet", "gradle",
		"./gradlew", "mvn", "bundle", "rails", "composer", "php", "brew", "apt", "systemctl", "helm", NULL };
	static const char *const more[] = { "run", "exec", "compose", "remote", "stash", "config", "container", "image",
		"pr", "issue", NULL };

	if (!str_is_among(str_of(c->words[at].text), programs) || at + 1 >= c->word_count)
		return 0;
	return str_is_among(str_of(c->words[at + 1].text), more) ? 3 : 2;
}

/* What such words begin may go on with any program: only the whole is suggested. */
static bool runs_anything(const struct shell_command *c, size_t at)
{
	static const char *const rows[][2] = {
		{ "git", " config rebase bisect filter-branch submodule difftool mergetool clone " },
		{ "docker", " run exec create " }, { "podman", " run exec create " }, { "kubectl", " exec run " },
		{ "npm", " exec x create " }, { "pnpm", " exec dlx create " }, { "yarn", " exec dlx create " },
		{ "bun", " x create " }, { "uv", " run " }, { "poetry", " run " }, { "bundle", " exec " },
	};
	char word[40];

	if (at + 1 >= c->word_count)
		return false;
	int n = snprintf(word, sizeof word, " %s ", c->words[at + 1].text);
	for (size_t i = 0; n < (int)sizeof word && i < countof(rows); i++)
		if (strcmp(c->words[at].text, rows[i][0]) == 0 && strstr(rows[i][1], word))
			return true;
	return false;
}

static bool is_plain_word(const struct shell_word *w)
{
	return !w->unknown && !w->glob && !w->brace && !w->quoted && w->text[0] && w->text[0] != '-' &&
		!strpbrk(w->text, "*()\\");
}

static void suggest(struct line *l, struct str text, const char *after)
{
	char rule[PERMISSION_RULE_MAX];

	if (snprintf(rule, sizeof rule, "Bash(%.*s%s)", STR_ARGS(text), after) < (int)sizeof rule)
		suggest_rule(l->d->out, rule);
	else
		l->d->out->suggestion_count = PERMISSION_SUGGESTIONS + 1;
}

void line_suggest(struct line *l, const struct shell_command *c)
{
	size_t at = line_unwrapped(c), telling = telling_words(c, at);
	bool plain = telling && at + telling <= c->word_count && !needs_exact(c, at) && assigns_safely(c) &&
		!runs_anything(c, at);

	if (l->outside && !l->outside_written && l->reads) {
		bool folder = strcmp(c->words[at].text, "cd") == 0;
		for (size_t i = 0; i < l->now.count; i++)
			folder |= strcmp(l->now.at[i], l->outside_path) == 0;
		suggest_path(l->d, "Read", l->outside_path, folder ? "/**" : "");
		return;
	}
	for (size_t i = at; plain && i < at + telling; i++)
		plain = is_plain_word(&c->words[i]);
	if (plain) {
		struct shell_command head = *c;
		head.word_count = at + telling;
		suggest(l, line_source(l, &head, at, false), " *");
		return;
	}
	struct str text = line_source(l, c, needs_exact(c, at) ? 0 : at, !assigns_safely(c));
	if (memchr(text.p, '*', text.n) || memchr(text.p, '\\', text.n) || memchr(text.p, '\n', text.n))
		line_note(l, LEVEL_ALONE, NULL, "no rule can name it", text);
	else
		suggest(l, text, "");
}
