/*
 * Every command of the line is looked at, then what it wraps: the words behind
 * a wrapper, the scripts given to shells, code given to interpreters.  Looking
 * through can only make a verdict worse.
 */
#include "permit/command.h"

#include <stdio.h>

#include "base/utf8.h"
#include "permit/command_code.h"
#include "permit/command_never.h"
#include "permit/glob.h"
#include "permit/places.h"

enum { SCRIPTS_MAX = 40, NESTED_MAX = 6, SOURCE_SHOWN = 100, FETCHERS = 5 };

struct judging {
	struct arena arena;
	struct command_judgement *out;
	int scripts;
};

/* One script on its way: the line, or one found in it. */
struct script {
	struct judging *j;
	struct shell_script commands;
	const struct variable *known;
	int depth;
};

static void judge_script(struct judging *j, struct str text, const struct variable *known, int depth);

/* The worst verdict and the first reason for it stay. */
static void decide(struct judging *j, enum command_verdict verdict, const char *why, struct str part)
{
	struct command_judgement *out = j->out;

	if (verdict <= out->verdict)
		return;
	out->verdict = verdict;
	bool cut = part.n > SOURCE_SHOWN;
	if (cut)
		part.n = SOURCE_SHOWN - utf8_incomplete_tail(part.p, SOURCE_SHOWN);
	snprintf(out->why, sizeof out->why, "%s%s%.*s%s", why, part.n ? ": " : "", (int)part.n, part.n ? part.p : "",
		cut ? "…" : "");
}

/* The words of a command as written. */
static struct str source_of(const struct shell_command *c)
{
	if (!c->word_count)
		return c->redirect_count ? c->redirects[0].target.source : c->assign_count ?
			c->assigns[0].value.source :
			(struct str){0};
	struct str first = c->words[0].source, last = c->words[c->word_count - 1].source;
	return last.p >= first.p ? (struct str){ first.p, (size_t)(last.p - first.p) + last.n } : first;
}

static void judge_text(const struct script *s, const char *text)
{
	judge_script(s->j, words_unmark(&s->j->arena, text), s->known, s->depth + 1);
}

/* --- what flows into a command --------------------------------------------------------------------- */

static bool flows_into(const struct shell_command *from, const struct shell_command *to)
{
	size_t stage = to->stage;

	for (const struct shell_pipe *p = to->pipe; p; stage = p->outer_stage, p = p->outer) {
		size_t other = from->stage;
		for (const struct shell_pipe *q = from->pipe; q; other = q->outer_stage, q = q->outer)
			if (p == q && other < stage)
				return true;
	}
	return false;
}

/* What fetches or hides the text it writes; the first FETCHERS are also looked for in substitutions. */
static const char *const sources[] = { "curl", "wget", "fetch", "base64", "base32", "xxd", "openssl", "nc", "ncat",
	"netcat",
	"socat", "rev", "tr", "gpg", "aria2c", "lwp-request", "http", NULL };
static const char *const listers[] = { "echo", "printf", "find", "ls", NULL };
static const char *const speakers[] = { "echo", "printf", NULL };
static const char *const talkers[] = { "nc", "ncat", "netcat", "socat", "telnet", NULL };

/* What echo and printf would write, and each of their words, for printf writes those. */
static void judge_spoken(const struct script *s, const struct shell_command *e, const struct args *a)
{
	if (!a->count || !str_is_among(str_of(arg_name(&a->at[0])), speakers))
		return;
	const char *text = args_join(&s->j->arena, a, a->count > 1 && a->at[1].text[0] == '-' ? 2 : 1);
	if (text && (strstr(text, "\\x") || strstr(text, "\\0") || strstr(text, "\\1")))
		decide(s->j, COMMAND_NEVER, "runs what was fetched or hidden, which nobody has seen", source_of(e));
	if (text)
		judge_text(s, text);
	for (size_t i = 1; i < a->count && a->count > 2; i++)
		if (strchr(a->at[i].text, ' '))
			judge_text(s, a->at[i].text);
}

static void judge_bodies(const struct script *s, const struct shell_command *c)
{
	for (size_t i = 0; i < c->redirect_count; i++) {
		const struct shell_redirect *r = &c->redirects[i];
		if (strcmp(r->op, "<<<") == 0)
			judge_text(s, r->target.text);
		else if (r->body.n)
			judge_script(s->j, r->body, s->known, s->depth + 1);
	}
}

/* Commands before this one in its pipeline: words that echo writes, or a source of what nobody has seen. */
static void judge_input(const struct script *s, const struct shell_command *c)
{
	for (const struct shell_command *e = s->commands.first; e; e = e->next) {
		if (e == c || !e->word_count || !flows_into(e, c))
			continue;
		struct args a = args_of(&s->j->arena, e, s->known);
		size_t at = 0, skipped;
		bool joined;
		struct args inner = a;
		while (inner.count && (skipped = wrapped_at(&inner, &joined)) && at < 8) {
			inner.at += skipped;
			inner.count -= skipped;
			at++;
		}
		if (inner.count && str_is_among(str_of(arg_name(&inner.at[0])), sources))
			decide(s->j, COMMAND_NEVER, "runs what was fetched or hidden, which nobody has seen",
				source_of(e));
		judge_spoken(s, e, &a);
		judge_bodies(s, e);
	}
}

static bool is_inside(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p < whole.p + whole.n;
}

/* A substitution whose output is run. */
static void judge_fetched(const struct script *s, const struct args *a)
{
	for (size_t i = 1; i < a->count; i++) {
		const struct arg *arg = &a->at[i];
		if (!strchr(arg->text, SHELL_OPEN))
			continue;
		for (size_t k = 0; k < FETCHERS; k++)
			if (memmem(arg->source.p, arg->source.n, sources[k], strlen(sources[k])))
				decide(s->j, COMMAND_NEVER, "runs what was fetched or hidden, which nobody has seen",
					arg->source);
		for (const struct shell_command *e = s->commands.first; e; e = e->next) {
			if (!e->word_count || !is_inside(e->words[0].source, arg->source))
				continue;
			struct args spoken = args_of(&s->j->arena, e, s->known);
			judge_spoken(s, e, &spoken);
		}
	}
}

/* --- one command --------------------------------------------------------------------------------------- */

static void judge_args(const struct script *s, const struct shell_command *c, const struct args *a, bool may_be_safe);

static struct args args_after(const struct args *a, size_t start)
{
	return (struct args){ a->at + start, a->count - start, 1, true };
}

/* sh, bash, ...: the text after -c, or what comes in. */
static void judge_shell(const struct script *s, const struct shell_command *c, const struct args *a)
{
	bool reads_input = true;

	judge_fetched(s, a);
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		bool flag = (t[0] == '-' || t[0] == '+') && t[1];
		if (flag && t[1] != '-' && strchr(t, 's'))
			break;
		if (flag && t[1] != '-' && strchr(t, 'c')) {
			while (i + 1 < a->count && (a->at[i + 1].text[0] == '-' || a->at[i + 1].text[0] == '+'))
				i++;
			for (i++; i < a->count; i++)
				judge_text(s, a->at[i].text);
			reads_input = false;
		} else if (!flag && strcmp(t, "-") != 0 && strcmp(t, "/dev/stdin") != 0) {
			reads_input = false;
		}
	}
	if (reads_input)
		judge_input(s, c);
	judge_bodies(s, c);
	for (const struct shell_command *e = s->commands.first; e; e = e->next)
		if (e->word_count && flows_into(c, e) && str_is_among(str_of(e->words[0].text), talkers))
			decide(s->j, COMMAND_NEVER, "gives a shell to the network", source_of(e));
}

static void found_script(void *context, struct str script)
{
	const struct script *s = context;

	judge_script(s->j, script, s->known, s->depth + 1);
}

static void judge_code(const struct script *s, struct str code)
{
	char *text = arena_copy(&s->j->arena, code);
	const char *why = text ? code_never(&s->j->arena, text) : NULL;
	struct script inner = *s;

	if (why)
		decide(s->j, COMMAND_NEVER, why, code);
	if (text)
		code_scripts(&s->j->arena, text, found_script, &inner);
}

static void judge_interpreter(const struct script *s, const struct shell_command *c, const struct args *a)
{
	bool operands = false;

	judge_fetched(s, a);
	for (size_t i = 1; i < a->count; i++) {
		operands |= a->at[i].text[0] != '-' || (a->at[i].text[1] && a->at[i].text[1] != '-');
		judge_code(s, words_unmark(&s->j->arena, a->at[i].text));
	}
	for (size_t i = 0; i < c->redirect_count; i++)
		if (c->redirects[i].body.n)
			judge_code(s, c->redirects[i].body);
	if (!operands)
		judge_input(s, c);
}

/* "*nv": for find, unlike a shell, '*' begins with a dot as well. */
static bool means_secret(const char *pattern)
{
	struct ignore_pattern p = { .text = str_of(pattern), .anchored = true };

	return strpbrk(pattern, "*?[") && pattern[strspn(pattern, "*?.")] && ignore_match(&p, (struct str)STR(".env"));
}

/* Secrets that find is told to look for: what it finds is given on. */
static const char *sought_secret(const struct args *a)
{
	static const char *const tests[] = { "-name", "-iname", "-path", "-ipath", "-wholename", NULL };

	for (size_t i = 1; i + 1 < a->count && strcmp(arg_name(&a->at[0]), "find") == 0; i++)
		if (str_is_among(str_of(a->at[i].text), tests) && (place_is_secret(a->at[i + 1].text) ||
			means_secret(a->at[i + 1].text)))
			return ".env";
	return NULL;
}

/* Commands in words of git that are not written with "!". */
static void judge_git(const struct script *s, const struct shell_command *c, const struct args *a)
{
	static const char *const flags[] = { "-x", "--exec", "--extcmd", NULL };
	static const char *const takers[] = { "rebase", "difftool", NULL };
	static const char *const runners[][2] = { { "submodule", "foreach" }, { "bisect", "run" } };
	size_t verb = git_verb_at(a), i = 1;

	for (; i + 1 < a->count && (!verb || i < verb); i++) {
		const char *equal = strchr(a->at[i + 1].text, '=');
		if (strcmp(a->at[i].text, "-c") == 0 && equal)
			judge_text(s, equal + 1);
	}
	for (; verb && i + 1 < a->count; i++) {
		struct str t = str_of(a->at[i].text);
		struct args rest = args_after(a, i + 1);
		bool runs = false;
		for (size_t k = 0; i == verb + 1 && k < countof(runners); k++)
			runs |= strcmp(a->at[verb].text, runners[k][0]) == 0 && str_is(t, runners[k][1]);
		if (str_ends(t, "-filter") || (runs && rest.count == 1) ||
			(str_is_among(t, flags) && str_is_among(str_of(a->at[verb].text), takers)))
			judge_text(s, a->at[i + 1].text);
		else if (runs)
			judge_args(s, c, &rest, false);
	}
}

/* What find, git, alias, trap and sed carry. */
static void judge_carried(const struct script *s, const struct shell_command *c, const struct args *a)
{
	const char *name = arg_name(&a->at[0]);

	if (strcmp(name, "git") == 0)
		judge_git(s, c, a);
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text, *equal = strchr(t, '=');
		if (strcmp(name, "find") == 0 && i + 1 < a->count &&
			(strncmp(t, "-exec", 5) == 0 || strncmp(t, "-ok", 3) == 0)) {
			struct args inner = args_after(a, i + 1);
			const char *secret = sought_secret(a);
			for (size_t k = 0; secret && k < inner.count; k++)
				if (strcmp(inner.at[k].text, "{}") == 0)
					inner.at[k].text = secret;
			judge_args(s, c, &inner, false);
		} else if (strcmp(name, "git") == 0 && t[0] == '!') {
			judge_text(s, t + 1);
		} else if ((strcmp(name, "git") == 0 && equal && equal[1] == '!') ||
			(strcmp(name, "alias") == 0 && equal)) {
			judge_text(s, equal + 1 + (equal[1] == '!'));
		} else if (strcmp(name, "trap") == 0 && i == 1) {
			judge_text(s, t);
		} else if (strcmp(name, "sed") == 0 || strcmp(name, "gsed") == 0) {
			const char *run = code_of_sed(&s->j->arena, t);
			if (run)
				judge_text(s, run);
		} else if ((strcmp(name, "su") == 0 || strcmp(name, "script") == 0 || strcmp(name, "flock") == 0) &&
			strcmp(t, "-c") == 0 && i + 1 < a->count) {
			judge_text(s, a->at[i + 1].text);
		}
	}
}

/* The words before xargs that would be added to its command. */
static struct args add_input(const struct script *s, const struct shell_command *c, const struct args *a)
{
	struct args out = { arena_alloc(&s->j->arena, (ARGS_MAX + 1) * sizeof *out.at), 0, 1, true };

	if (!out.at)
		return *a;
	memcpy(out.at, a->at, a->count * sizeof *out.at);
	out.count = a->count;
	for (const struct shell_command *e = s->commands.first; e; e = e->next) {
		if (!e->word_count || !flows_into(e, c) || !str_is_among(str_of(e->words[0].text), listers))
			continue;
		struct args more = args_of(&s->j->arena, e, s->known);
		bool chooses = false;
		for (size_t i = 1; i < more.count; i++)
			chooses |= more.at[i].text[0] == '-' && strncmp(more.at[i].text, "-print", 6) != 0;
		for (size_t i = 1; i < more.count && out.count < ARGS_MAX; i++)
			if (!chooses || place_is_critical(more.at[i].text))
				out.at[out.count++] = more.at[i];
		/* Files found in all of a folder are as good as the folder. */
		if (chooses && out.count > a->count && out.count < ARGS_MAX && strcmp(arg_name(&a->at[0]), "rm") == 0)
			out.at[out.count++] = (struct arg){ .text = "-r" };
		const char *secret = sought_secret(&more);
		if (secret && out.count < ARGS_MAX)
			out.at[out.count++] = (struct arg){ .text = secret };
	}
	out.at[out.count++] = (struct arg){ .text = "x", .unknown = true, .glob = true };
	return out;
}

static void judge_wrapped(const struct script *s, const struct shell_command *c, const struct args *a, size_t at,
	bool joined,
	bool may_be_safe)
{
	static const char *const seen_through[] = { "timeout", "time", "nice", "nohup", "stdbuf", "command", "builtin",
		"xargs", NULL };
	/* "time -o" writes, and xargs' flags change what is run. */
	bool plain = at == 1 || (strcmp(a->at[0].text, "xargs") != 0 && strcmp(a->at[0].text, "time") != 0) ||
		(at == 2 && strcmp(a->at[1].text, "-p") == 0);
	bool through = plain && str_is_among(str_of(a->at[0].text), seen_through);
	struct args inner = args_after(a, at);

	judge_fetched(s, a);
	if (joined) {
		const char *text = args_join(&s->j->arena, a, at);
		if (text)
			judge_text(s, text);
	}
	if (strcmp(arg_name(&a->at[0]), "xargs") == 0)
		inner = add_input(s, c, &inner);
	if (!through || joined)
		decide(s->j, COMMAND_ASK, "runs another command", source_of(c));
	judge_args(s, c, &inner, may_be_safe && through && !joined);
}

static void judge_args(const struct script *s, const struct shell_command *c, const struct args *a, bool may_be_safe)
{
	const char *why = a->count ? never_reason(a) : NULL;
	bool joined = false;

	if (!a->count)
		return;
	if (why)
		decide(s->j, COMMAND_NEVER, why, source_of(c));
	const char *name = arg_name(&a->at[0]);
	if (is_shell(name))
		judge_shell(s, c, a);
	else if (is_interpreter(name))
		judge_interpreter(s, c, a);
	else if (strcmp(name, "source") == 0 || strcmp(name, ".") == 0)
		judge_fetched(s, a);
	else
		judge_carried(s, c, a);
	bool asks_where = strcmp(name, "command") == 0 && a->count > 1 && strspn(a->at[1].text, "-vV") > 1;
	size_t at = asks_where ? 0 : wrapped_at(a, &joined);
	if (at)
		judge_wrapped(s, c, a, at, joined, may_be_safe);
	else if (!may_be_safe || !only_reads(a, &why))
		decide(s->j, COMMAND_ASK, may_be_safe ? why : "runs another command", source_of(c));
}

static void judge_redirect(const struct script *s, const struct shell_redirect *r)
{
	struct shell_command pseudo = { .words = (struct shell_word *)&r->target, .word_count = 1 };
	struct args a = args_of(&s->j->arena, &pseudo, s->known);
	bool writes = strchr(r->op, '>') != NULL;

	for (size_t i = 0; i < a.count && strncmp(r->op, "<<", 2) != 0; i++) {
		const char *t = a.at[i].text, *why = never_written(t);
		bool copies = r->op[1] == '&' && strspn(t, "0123456789-") == strlen(t);
		if (why && (writes || strncmp(t, "/dev/tcp", 8) == 0 || strncmp(t, "/dev/udp", 8) == 0))
			decide(s->j, COMMAND_NEVER, why, r->target.source);
		if (strchr(r->op, '<') && place_is_secret(t))
			decide(s->j, COMMAND_NEVER, "reads or sends secrets", r->target.source);
		bool harmless = copies || strcmp(t, "/dev/null") == 0 || strcmp(t, "/dev/stderr") == 0 || strcmp(t,
			"/dev/stdout") == 0;
		if (writes ? !harmless : a.at[i].unknown)
			decide(s->j, COMMAND_ASK, writes ? "writes to a file" : "an expansion decides what is read",
				r->target.source);
	}
}

/* A function that starts itself more than once, or on the side. */
static bool is_bomb(const struct shell_command *c)
{
	if (!c->function.n || !c->word_count || !str_is(c->function, c->words[0].text))
		return false;
	for (const struct shell_pipe *p = c->pipe; p; p = p->outer)
		if (p->background || p->stages > 1)
			return true;
	return false;
}

/* [[ and (( take a quoted "a[$(command)]" for a number, and run the command. */
static bool evaluates_quoted(const struct shell_command *c)
{
	struct str source = c->words[0].source;

	if (strcmp(c->words[0].text, "[[") != 0 && strcmp(c->words[0].text, "((") != 0)
		return false;
	return memchr(source.p, '`', source.n) || memchr(source.p, '\\', source.n) ||
		(memchr(source.p, '\'', source.n) && memchr(source.p, '$', source.n));
}

/* An array is often made to be run: only what would never be counts. */
static void judge_array(const struct script *s, const struct shell_command *c)
{
	struct command_judgement run = {0}, *whole = s->j->out;
	own_buf text = BUF_INIT(SHELL_BYTES_MAX);
	struct error err;

	for (size_t i = 0; i < c->assign_count; i++)
		if (!str_equal(c->assigns[i].name, c->assigns[0].name) || !buf_adds(&text, i ? " " : "", &err) ||
			!buf_adds(&text, c->assigns[i].value.text, &err))
			return;
	s->j->out = &run;
	judge_text(s, text.data);
	s->j->out = whole;
	if (run.verdict == COMMAND_NEVER)
		decide(s->j, run.verdict, run.why, (struct str){0});
}

static void judge_command(const struct script *s, const struct shell_command *c)
{
	struct args a = args_of(&s->j->arena, c, s->known);

	if (is_bomb(c))
		decide(s->j, COMMAND_NEVER, "starts itself without end", source_of(c));
	for (size_t i = 0; i < c->assign_count; i++)
		if (!is_harmless_variable(c->assigns[i].name) || strpbrk(c->assigns[i].value.text, "\1$`[("))
			decide(s->j, COMMAND_ASK, "sets a variable that may change what is run", c->assigns[i].name);
	for (size_t i = 0; i < c->redirect_count; i++)
		judge_redirect(s, &c->redirects[i]);
	if (c->assign_count > 1 && !c->word_count)
		judge_array(s, c);
	if (!c->word_count)
		judge_bodies(s, c);
	else if (evaluates_quoted(c))
		decide(s->j, COMMAND_ASK, "a test may run what is in quotes", source_of(c));
	if (!a.ok)
		decide(s->j, COMMAND_ASK, "has too many forms to look at", source_of(c));
	if (c->word_count && a.ok && !a.count)
		decide(s->j, COMMAND_ASK, "an expansion decides what is run", source_of(c));
	for (size_t i = 0; i < a.heads && i < a.count; i++) {
		struct args one = args_after(&a, i);
		judge_args(s, c, &one, true);
	}
}

/* Git's settings in another folder may name programs to run. */
static void judge_folder(const struct script *s)
{
	bool moved = false;

	for (const struct shell_command *c = s->commands.first; c; c = c->next) {
		const char *name = c->word_count ? c->words[0].text : "";
		moved |= strcmp(name, "cd") == 0 && !(c->word_count == 2 && strcmp(c->words[1].text, ".") == 0);
		if (moved && strcmp(name, "git") == 0)
			decide(s->j, COMMAND_ASK, "runs git where \"cd\" leads", source_of(c));
	}
}

static void judge_script(struct judging *j, struct str text, const struct variable *known, int depth)
{
	struct script s = { .j = j, .depth = depth };
	struct error err = {0};

	if (depth > NESTED_MAX || ++j->scripts > SCRIPTS_MAX) {
		decide(j, COMMAND_ASK, "holds too many commands inside others", (struct str){0});
		return;
	}
	if (!shell_parse(&j->arena, text, &s.commands, &err)) {
		char why[200];
		snprintf(why, sizeof why, "cannot be read as shell (%.150s)", err.text);
		decide(j, COMMAND_ASK, why, (struct str){0});
	}
	s.known = variables_of(&j->arena, &s.commands, known);
	for (const struct shell_command *c = s.commands.first; c && j->out->verdict != COMMAND_NEVER; c = c->next)
		judge_command(&s, c);
	judge_folder(&s);
}

void command_judge(struct str command, struct command_judgement *judgement)
{
	struct judging j = { .arena = ARENA_INIT(2 * SHELL_ARENA_BYTES), .out = judgement };

	*judgement = (struct command_judgement){ COMMAND_SAFE, "only reads" };
	if (command.n > COMMAND_LONG)
		decide(&j, COMMAND_ASK, "longer than 10000 bytes", (struct str){0});
	judge_script(&j, command, NULL, 0);
	arena_done(&j.arena);
}

json_t *explain_command(const json_t *input, struct error *err)
{
	static const char *const verdicts[] = { "safe", "ask", "never" };
	struct str command = json_member_str(input, "command");
	struct command_judgement judgement;

	if (!command.p) {
		error_set(err, ERROR_INVALID, "\"command\" is missing: give {\"command\": \"…\"}");
		return NULL;
	}
	command_judge(command, &judgement);
	return json_pack("{s:s, s:s}", "verdict", verdicts[judgement.verdict], "why", judgement.why);
}
