/*
 * What only reads: a table of programs, with the flags that make them more than
 * readers.  Anything not named here is asked about.
 */
#include "permit/command_never.h"

#include <stdio.h>

enum {
	ANY_ARGS = 1,           /* expansions do no harm */
	NO_ARGS = 2,
	NO_GLOBS = 4,           /* a file's name may be a flag that writes */
	ONE_OPERAND = 8,        /* the second would be written */
	PLAIN_FLAGS = 16,       /* words without a dash are flags as well */
};

static const struct reader {
	const char *name;
	const char *letters;        /* short flags that are asked about; NULL: none */
	const char *words;          /* long ones, with blanks around each */
	int how;
} readers[] = {
	{ "ls", NULL, "", 0 }, { "cat", NULL, "", 0 }, { "echo", NULL, "", ANY_ARGS }, { "printf", "v", "", ANY_ARGS },
	{ "pwd", NULL, "", 0 }, { "head", NULL, "", 0 }, { "tail", NULL, "", 0 }, { "grep", NULL, "", 0 },
	{ "egrep", NULL, "", 0 }, { "fgrep", NULL, "", 0 }, { "wc", NULL, "", 0 }, { "which", NULL, "", 0 },
	{ "diff", NULL, " output ", 0 }, { "cmp", NULL, "", 0 }, { "comm", NULL, "", 0 }, { "stat", NULL, "", 0 },
	{ "du", NULL, "", 0 }, { "df", NULL, "", 0 }, { "cd", NULL, "", 0 }, { "true", NULL, "", ANY_ARGS },
	{ "false", NULL, "", ANY_ARGS }, { ":", NULL, "", 0 }, { "test", "v", "", ANY_ARGS },
	{ "[", "v", "", ANY_ARGS },
	{ "[[", NULL, "", 0 }, { "basename", NULL, "", 0 }, { "dirname", NULL, "", 0 }, { "realpath", NULL, "", 0 },
	{ "readlink", NULL, "", 0 }, { "uname", NULL, "", 0 }, { "whoami", NULL, "", 0 }, { "id", NULL, "", 0 },
	{ "groups", NULL, "", 0 }, { "nproc", NULL, "", 0 }, { "arch", NULL, "", 0 }, { "tty", NULL, "", 0 },
	{ "hostname", NULL, "", NO_ARGS }, { "uptime", NULL, "", 0 }, { "free", NULL, "", 0 },
	{ "ps", "eE", "", PLAIN_FLAGS },
	{ "date", "sf", " set file ", 0 }, { "cal", NULL, "", 0 }, { "sleep", NULL, "", 0 }, { "seq", NULL, "", 0 },
	{ "expr", NULL, "", 0 }, { "type", NULL, "", 0 }, { "file", "mfC", " magic-file files-from compile ", 0 },
	{ "tree", "oR", " output fromfile fromtabfile ", 0 }, { "cut", NULL, "", 0 }, { "tr", NULL, "", 0 },
	{ "uniq", NULL, "", ONE_OPERAND },
	{ "sort", "oTS", " output compress-program temporary-directory files0-from ", NO_GLOBS }, { "nl", NULL, "", 0 },
	{ "tac", NULL, "", 0 }, { "rev", NULL, "", 0 }, { "fold", NULL, "", 0 }, { "paste", NULL, "", 0 },
	{ "join", NULL, "", 0 },
	{ "column", NULL, "", 0 }, { "od", NULL, "", 0 }, { "hexdump", NULL, "", 0 }, { "xxd", "r", "", ONE_OPERAND },
	{ "strings", NULL, "", 0 }, { "md5sum", NULL, "", 0 }, { "sha1sum", NULL, "", 0 }, { "sha256sum", NULL, "", 0 },
	{ "cksum", NULL, "", 0 }, { "rg", "z", " pre hostname-bin search-zip ", 0 },
	{ "jq", "fL", " from-file library-path ", 0 },
	{ "exit", NULL, "", 0 }, { "return", NULL, "", 0 }, { "break", NULL, "", 0 }, { "continue", NULL, "", 0 },
};

static const struct reader git_readers[] = {
	{ "status", NULL, "", NO_GLOBS }, { "log", NULL, " output ext-diff textconv ", NO_GLOBS },
	{ "diff", NULL, " output ext-diff textconv no-index ", NO_GLOBS },
	{ "show", NULL, " output ext-diff textconv ", NO_GLOBS },
	{ "blame", "S", " contents ignore-revs-file textconv ", NO_GLOBS },
	{ "rev-parse", NULL, "", NO_GLOBS }, { "ls-files", NULL, "", NO_GLOBS }, { "ls-tree", NULL, "", NO_GLOBS },
	{ "describe", NULL, "", NO_GLOBS }, { "shortlog", NULL, " output ", NO_GLOBS },
	{ "cat-file", NULL, " batch batch-check batch-command textconv filters ", NO_GLOBS },
	{ "rev-list", NULL, "", NO_GLOBS }, { "grep", "Of", " open-files-in-pager no-index textconv ", NO_GLOBS },
	{ "for-each-ref", NULL, "", NO_GLOBS }, { "merge-base", NULL, "", NO_GLOBS },
	{ "name-rev", NULL, "", NO_GLOBS },
	{ "count-objects", NULL, "", NO_GLOBS }, { "check-ignore", NULL, "", NO_GLOBS },
	{ "version", NULL, "", NO_GLOBS },
	{ "reflog", NULL, "", NO_ARGS }, { "whatchanged", NULL, " output ext-diff textconv ", NO_GLOBS },
};

/* Subcommands that read in some forms only: the words that may follow. */
static const char *const git_forms[][2] = {
	{ "branch", " -a -r -v -vv --list --all --remotes --show-current --verbose --no-color " },
	{ "remote", " -v --verbose show get-url origin upstream " },
	{ "tag", " -l --list -n " },
	{ "stash", " list show -p --stat " },
	{ "worktree", " list --porcelain " },
	{ "config", " --get user.name user.email core.editor " },
};

static bool long_flag(const char *words, const char *text)
{
	char name[40] = " ";
	size_t n = strcspn(text, "=");

	if (!words[0] || n + 3 > sizeof name)
		return words[0] != 0;
	memcpy(name + 1, text, n);
	return strstr(words, name) != NULL;     /* a beginning is enough for getopt */
}

/* Whether anything but the home or working folder is left open. */
static bool is_open(const char *text)
{
	for (const char *p = strchr(text, SHELL_OPEN); p; p = strchr(p + 1, SHELL_OPEN))
		if (strncmp(p + 1, "HOME\2", 5) != 0 && strncmp(p + 1, "PWD\2", 4) != 0)
			return true;
	return false;
}

/* Whether a variable whose name says that it holds a secret would be shown. */
static bool shows_secret(const char *text)
{
	static const char *const words[] = { "KEY", "TOKEN", "SECRET", "PASS", "CRED", "AUTH", "PRIVATE", "COOKIE",
		"ACCESS", "CONN", "_URL", "_URI", "_DSN" };

	for (const char *p = strchr(text, SHELL_OPEN); p; p = strchr(p + 1, SHELL_OPEN)) {
		struct str name = { p + 1, strcspn(p + 1, ":\2") };
		if (str_ends(name, "_PAT") || str_ends(name, "_PWD"))
			return true;
		for (size_t i = 0; i < countof(words); i++)
			if (memmem(name.p, name.n, words[i], strlen(words[i])))
				return true;
	}
	return false;
}

/* A word that xargs adds is any word; a wildcard, any name. */
static bool may_be_flag(const struct reader *r, const struct arg *arg)
{
	bool added = !arg->source.n && arg->unknown;

	return arg->glob && (r->how & (NO_GLOBS | ONE_OPERAND) || (added && (r->letters || r->words[0])));
}

static bool reads(const struct reader *r, const struct args *a, size_t first, const char **why)
{
	size_t operands = 0;

	for (size_t i = first; i < a->count; i++) {
		const struct arg *arg = &a->at[i];
		const char *t = arg->text;
		bool flag = t[0] == '-' && t[1];
		operands += !flag;
		if (arg->source.n && memmem(arg->source.p, arg->source.n, "${", 2) &&
			(memchr(arg->source.p, '=', arg->source.n) || memchr(arg->source.p, '@', arg->source.n) ||
			memmem(arg->source.p, arg->source.n, "${!", 3)))
			return *why = "an expansion sets or runs something", false;
		if (is_open(t) && !(r->how & ANY_ARGS))
			return *why = "an expansion decides what is read", false;
		if (shows_secret(t))
			return *why = "a variable may hold a secret", false;
		if (may_be_flag(r, arg))
			return *why = "a wildcard may become a flag", false;
		if ((flag ? t[1] != '-' : r->how & PLAIN_FLAGS) && r->letters && strpbrk(t + flag, r->letters))
			return *why = "a flag makes it more than a reader", false;
		if (flag && t[1] == '-' && long_flag(r->words, t + 2))
			return *why = "a flag makes it more than a reader", false;
	}
	if (((r->how & NO_ARGS) && a->count > first) || ((r->how & ONE_OPERAND) && operands > 1))
		return *why = "with these words it changes something", false;
	return true;
}

static bool git_reads(const struct args *a, const char **why)
{
	const char *verb = a->count > 1 ? a->at[1].text : "";

	if (a->count > 1 && strcmp(verb, "--no-pager") == 0) {
		struct args rest = { a->at + 1, a->count - 1, 1, true };
		return git_reads(&rest, why);
	}
	if (strcmp(verb, "--version") == 0)
		return a->count == 2;
	for (size_t i = 0; i < countof(git_readers); i++)
		if (strcmp(git_readers[i].name, verb) == 0)
			return reads(&git_readers[i], a, 2, why);
	for (size_t i = 0; i < countof(git_forms); i++) {
		if (strcmp(git_forms[i][0], verb) != 0)
			continue;
		bool all = a->count > 2 || strcmp(verb, "stash") != 0;
		/* This one asks the other machine. */
		all = all && (strcmp(verb, "remote") != 0 || a->count < 4 || strcmp(a->at[2].text, "show") != 0);
		for (size_t k = 2; k < a->count; k++) {
			char word[60];
			int n = snprintf(word, sizeof word, " %s ", a->at[k].text);
			all = all && n < (int)sizeof word && strstr(git_forms[i][1], word);
		}
		if (all && (strcmp(verb, "config") != 0 || (a->count > 2 && a->at[2].text[0] == '-')) && (strcmp(verb,
			"worktree") != 0 || a->count > 2))
			return true;
	}
	*why = "git would change something";
	return false;
}

/* What asks this machine's own daemon; flags before the verb may name another. */
static bool docker_reads(const struct args *a, const char **why)
{
	static const struct reader verbs[] = { { "ps", NULL, "", 0 }, { "images", NULL, "", 0 },
		{ "version", NULL, "", 0 }, { "info", NULL, "", 0 }, { "logs", NULL, "", 0 } };

	for (size_t i = 0; i < countof(verbs) && a->count > 1; i++)
		if (strcmp(verbs[i].name, a->at[1].text) == 0)
			return reads(&verbs[i], a, 2, why);
	*why = "docker would change something, or ask another daemon";
	return false;
}

static bool find_reads(const struct args *a, const char **why)
{
	static const char *const more[] = { "-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0",
		"-fprintf",
		"-fls", "-files0-from" };

	for (size_t i = 1; i < a->count; i++) {
		if (a->at[i].unknown)
			return *why = "a wildcard or expansion may become an action of find", false;
		for (size_t k = 0; k < countof(more); k++)
			if (strcmp(a->at[i].text, more[k]) == 0)
				return *why = "find would run, write or delete", false;
	}
	return true;
}

/* "sed -n 10,20p file" and "s/a/b/g" only. */
static bool sed_reads(const struct args *a, const char **why)
{
	bool script = false;

	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if (a->at[i].unknown)
			return *why = "a wildcard or expansion may become a flag of sed", false;
		if (t[0] == '-' && t[1] && strspn(t + 1, "nEr") != strlen(t + 1))
			return *why = "sed may write", false;
		if (t[0] == '-' || script)
			continue;
		script = true;
		bool prints = strspn(t, "0123456789,$pdq;") == strlen(t);
		const char *end = strrchr(t, '/');
		size_t slashes = 0;
		for (const char *p = t; *p; p++)
			slashes += *p == '/';
		bool replaces = strncmp(t, "s/", 2) == 0 && slashes == 3 && !strpbrk(t, ";\n}\\") && strspn(end + 1,
			"gIip0123456789") == strlen(end + 1);
		if (!prints && !replaces)
			return *why = "sed may write", false;
	}
	return script;
}

static bool asks_version(const struct args *a)
{
	static const char *const names =
		" node npm yarn pnpm python python3 pip pip3 cargo rustc go gcc clang make cmake java ruby "
		"docker kubectl meson ninja git tsc deno bun php perl ";
	char word[40];
	int n = snprintf(word, sizeof word, " %s ", a->at[0].text);

	return a->count == 2 && n < (int)sizeof word && strstr(names, word) &&
		(strcmp(a->at[1].text, "--version") == 0 || strcmp(a->at[1].text, "-V") == 0 ||
		(strcmp(a->at[1].text, "-v") == 0 && strncmp(a->at[0].text, "n", 1) == 0) ||
		(strcmp(a->at[1].text, "version") == 0 && strcmp(a->at[0].text, "go") == 0));
}

/* "@FILE" are words from a file, which complaints repeat. */
static bool names_words(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++)
		if (a->at[i].text[0] == '@')
			return true;
	return false;
}

/* jq's "env" and "$ENV", and what it reads by itself; ".env" is a member. */
static bool asks_environment(const struct args *a)
{
	for (size_t i = 1; i < a->count; i++) {
		const char *t = a->at[i].text;
		if (strstr(t, "ENV") || strstr(t, "import") || strstr(t, "include"))
			return true;
		for (const char *p = t; (p = strstr(p, "env")); p++)
			if (p == t || !strchr("._\"", p[-1]))
				return true;
	}
	return false;
}

bool only_reads(const struct args *a, const char **why)
{
	const char *name = a->at[0].text;

	*why = "it is not among the commands that only read";
	if (a->at[0].unknown && strcmp(name, "[") != 0 && strcmp(name, "[[") != 0)
		return *why = "an expansion decides what is run", false;
	if (strcmp(name, "git") == 0)
		return git_reads(a, why) || asks_version(a);
	if (strcmp(name, "find") == 0)
		return find_reads(a, why);
	if (strcmp(name, "docker") == 0 || strcmp(name, "podman") == 0)
		return docker_reads(a, why) || asks_version(a);
	if (strcmp(name, "sed") == 0)
		return sed_reads(a, why);
	if (strcmp(name, "command") == 0)
		return a->count == 3 && (strcmp(a->at[1].text, "-v") == 0 || strcmp(a->at[1].text, "-V") == 0) &&
			!a->at[2].unknown;
	if (strcmp(name, "jq") == 0 && asks_environment(a))
		return *why = "it may show variables that hold secrets, or read other files", false;
	if (strcmp(name, "strings") == 0 && names_words(a))
		return *why = "it takes its words from a file", false;
	if (asks_version(a))
		return true;
	for (size_t i = 0; i < countof(readers); i++)
		if (strcmp(readers[i].name, name) == 0)
			return reads(&readers[i], a, 1, why);
	return false;
}

bool is_safe_variable(struct str name)
{
	static const char *const names[] = { "NODE_ENV", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_COLLATE",
		"NO_COLOR",
		"FORCE_COLOR", "TZ", "TERM", "COLUMNS", "LINES", "RUST_BACKTRACE", "RUST_LOG", "CI", "DEBUG", NULL };

	return str_is_among(name, names);
}

bool is_harmless_variable(struct str name)
{
	bool lower = name.n > 0;

	if (is_safe_variable(name))
		return true;
	for (size_t i = 0; i < name.n; i++)
		lower &= (name.p[i] >= 'a' && name.p[i] <= 'z') || name.p[i] == '_' || (i && name.p[i] >= '0' &&
			name.p[i] <= '9');
	return lower;
}
