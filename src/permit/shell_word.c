/*
 * Words: quotes, escapes and expansions.  A substitution calls the command
 * parser in place; backticks are unescaped into a text of their own first.
 */
#include "permit/shell_reader.h"

/* A text that grows in the arena. */
struct text {
	char *p;
	size_t n, cap;
};

static bool put(struct shell_reader *r, struct text *t, char c)
{
	if (t->n + 1 >= t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 32;
		char *p = arena_alloc(r->arena, cap);
		if (!p)
			return shell_fail(r, "the command takes too much memory");
		if (t->n)
			memcpy(p, t->p, t->n);
		t->p = p;
		t->cap = cap;
	}
	t->p[t->n++] = c;
	t->p[t->n] = 0;
	return true;
}

/* The mark of an expansion, with what is known of it. */
static bool put_unknown(struct shell_reader *r, struct text *t, struct shell_word *w, struct str name)
{
	w->unknown = true;
	bool ok = put(r, t, SHELL_OPEN);
	for (size_t i = 0; ok && i < name.n; i++)
		ok = put(r, t, name.p[i]);
	return ok && put(r, t, SHELL_CLOSE);
}

static bool enter(struct shell_reader *r)
{
	return ++r->depth <= SHELL_DEPTH_MAX || shell_fail(r, "the command is nested too deeply");
}

/* "$(", "<(", ">(" at the cursor: the list inside, and its parenthesis.  Pipelines inside are their own. */
static bool substitution(struct shell_reader *r)
{
	const struct shell_pipe *pipe = r->pipe;
	size_t stage = r->stage;
	bool quoted = r->quoted;

	r->at += 2;
	r->quoted = false;
	if (!enter(r) || !shell_list(r, ')'))
		return false;
	if (shell_peek(r, 0) != ')')
		return shell_fail(r, "a substitution has no end");
	r->at++;
	r->depth--;
	r->pipe = pipe;
	r->stage = stage;
	r->quoted = quoted;
	return true;
}

/* At a backtick. */
static bool backticks(struct shell_reader *r, bool quoted)
{
	struct text inner = {0};
	size_t start = r->at++;
	int c;

	while ((c = shell_peek(r, 0)) != '`') {
		if (c < 0)
			return r->at = start, shell_fail(r, "a backtick has no end");
		int next = shell_peek(r, 1);
		if (c == '\\' && (next == '`' || next == '\\' || next == '$' || (quoted && next == '"'))) {
			c = next;
			r->at++;
		}
		if (!put(r, &inner, (char)c))
			return false;
		r->at++;
	}
	r->at++;
	struct shell_reader own = *r;
	own.s = inner.p ? inner.p : "";
	own.n = inner.n;
	own.at = 0;
	own.waiting_count = 0;
	own.quoted = false;
	if (!own.origin) {
		own.origin = r->s + start;
		own.origin_size = r->at - start;
	}
	if (!enter(&own) || !shell_list(&own, -1))
		return false;
	if (own.at < own.n)
		return shell_fail(&own, "a parenthesis too many");
	r->words = own.words;
	r->tail = own.tail;
	return true;
}

bool shell_is_arithmetic(const struct shell_reader *r, size_t at)
{
	size_t open = 2;
	char quote = 0;

	for (size_t i = at + 2; i < r->n; i++) {
		char c = r->s[i];
		if (c == '\\' && quote != '\'')
			i++;
		else if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		else if (c == '(')
			open++;
		else if (c == ')' && --open == 1)
			return i + 1 < r->n && r->s[i + 1] == ')';
	}
	return false;
}

/* "${" at the cursor.  The name, and a default given for it. */
static bool parameter(struct shell_reader *r, struct text *t, struct shell_word *w)
{
	size_t start = r->at + 2, end = start;
	int c = shell_peek(r, 2);

	if (c == ' ' || c == '\t' || c == '\n' || c == '|')
		return shell_fail(r, "a substitution in braces, which not every bash knows");
	while (end < r->n && shell_is_name((unsigned char)r->s[end], end == start))
		end++;
	r->at = end;
	if (!enter(r) || !shell_region(r, "}"))
		return false;
	r->depth--;
	struct str name = { r->s + start, end - start };
	struct str rest = { r->s + end, r->at - 1 - end };
	if (rest.n && rest.p[0] == ':')
		rest = str_from(rest, 1);
	bool plain = rest.n > 1 && strchr("-=+", rest.p[0]);
	for (size_t i = 1; plain && i < rest.n; i++)
		plain = !strchr("$`\"'\\\1\2", rest.p[i]);
	if (!plain)
		return put_unknown(r, t, w, name);
	struct text both = {0};
	bool ok = true;
	for (size_t i = 0; ok && i < name.n; i++)
		ok = put(r, &both, name.p[i]);
	ok = ok && put(r, &both, ':');
	for (size_t i = 1; ok && i < rest.n; i++)
		ok = put(r, &both, rest.p[i]);
	return ok && put_unknown(r, t, w, (struct str){ both.p, both.n });
}

/* What `pwd` and `echo word` write is known: as a parameter's name, or its default. */
static struct str plain_output(struct shell_reader *r, struct str command)
{
	static const struct str echo = STR("echo ");
	char *output;

	if (str_is(command, "pwd"))
		return str_of("PWD");
	if (!str_starts(command, echo) || command.n == echo.n)
		return (struct str){0};
	for (size_t i = echo.n; i < command.n; i++)
		if (!shell_is_name((unsigned char)command.p[i], false) && !strchr("/.-", command.p[i]))
			return (struct str){0};
	output = arena_copy(r->arena, str_from(command, echo.n - 1));
	if (!output)
		return (struct str){0};
	output[0] = ':';
	return str_of(output);
}

/* At "$", of whatever kind but $'' and $"". */
static bool dollar(struct shell_reader *r, struct text *t, struct shell_word *w)
{
	int c = shell_peek(r, 1);
	size_t end = r->at + 1;

	if (c == '{')
		return parameter(r, t, w);
	if (c == '(' && shell_peek(r, 2) == '(' && shell_is_arithmetic(r, r->at + 1)) {
		r->at += 3;
		if (!enter(r) || !shell_region(r, "))"))
			return false;
		r->depth--;
		return put_unknown(r, t, w, (struct str){0});
	}
	if (c == '(') {
		size_t start = r->at + 2;
		if (!substitution(r))
			return false;
		struct str output = plain_output(r, (struct str){ r->s + start, r->at - 1 - start });
		return put_unknown(r, t, w, output);
	}
	if (c == '[') {     /* the old arithmetic */
		r->at += 2;
		if (!enter(r) || !shell_region(r, "]"))
			return false;
		r->depth--;
		return put_unknown(r, t, w, (struct str){0});
	}
	if (shell_is_name(c, true)) {
		while (end < r->n && shell_is_name((unsigned char)r->s[end], false))
			end++;
	} else if (c > 0 && strchr("@*#?-$!0123456789", c)) {
		end++;
	} else {
		r->at++;
		return put(r, t, '$');
	}
	struct str name = { r->s + r->at + 1, end - r->at - 1 };
	r->at = end;
	return put_unknown(r, t, w, name);
}

static bool single_quotes(struct shell_reader *r, struct text *t)
{
	size_t start = r->at++;
	int c;

	while ((c = shell_peek(r, 0)) != '\'') {
		if (c < 0)
			return r->at = start, shell_fail(r, "a quote has no end");
		if (!put(r, t, (char)c))
			return false;
		r->at++;
	}
	r->at++;
	return true;
}

/* Inside double quotes, or a here-document's body: up to `close`, or the end for -1. */
static bool double_quoted(struct shell_reader *r, struct text *t, struct shell_word *w, int close)
{
	size_t start = r->at;
	bool outer = r->quoted;
	int c;

	r->quoted = true;
	while ((c = shell_peek(r, 0)) != close) {
		int next = shell_peek(r, 1);
		bool ok = true;
		if (c < 0)
			return r->at = start, shell_fail(r, "a quote has no end");
		if (c == '\\' && next > 0 && strchr("$`\"\\\n", next)) {
			ok = next == '\n' || put(r, t, (char)next);
			r->at += 2;
		} else if (c == '$') {
			ok = dollar(r, t, w);
		} else if (c == '`') {
			ok = backticks(r, true) && put_unknown(r, t, w, (struct str){0});
		} else {
			ok = put(r, t, (char)c);
			r->at++;
		}
		if (!ok)
			return false;
	}
	r->quoted = outer;
	return true;
}

/* Up to `max` digits of a base at the cursor. */
static unsigned digits(struct shell_reader *r, unsigned base, int max)
{
	unsigned value = 0;

	for (int i = 0; i < max; i++, r->at++) {
		int c = shell_peek(r, 0);
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ?
			(unsigned)(c | 32) - 'a' + 10 : base;
		if (c < 0 || digit >= base)
			break;
		value = value * base + digit;
	}
	return value;
}

/* The escape after a backslash inside $'': its byte; -1 for what we need not know exactly. */
static int ansi_escape(struct shell_reader *r)
{
	static const char letters[] = "abeEfnrtv\\'\"?", values[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
	int c = shell_peek(r, 0);
	const char *letter = c > 0 ? strchr(letters, c) : NULL;

	if (letter)
		return r->at++, values[letter - letters];
	if (c >= '0' && c <= '7')
		return (int)(digits(r, 8, 3) & 255);
	r->at++;
	if (c == 'x')
		return (int)(digits(r, 16, 2) & 255);
	if (c == 'u' || c == 'U') {
		unsigned point = digits(r, 16, c == 'u' ? 4 : 8);
		return point < 128 ? (int)point : -1;
	}
	return -1;
}

/* At $'. */
static bool ansi_quotes(struct shell_reader *r, struct text *t, struct shell_word *w)
{
	size_t start = r->at;
	int c;

	r->at += 2;
	while ((c = shell_peek(r, 0)) != '\'') {
		if (c < 0 || (c == '\\' && shell_peek(r, 1) < 0))
			return r->at = start, shell_fail(r, "a quote has no end");
		r->at++;
		if (c == '\\')
			c = ansi_escape(r);
		if (!(c > 2 ? put(r, t, (char)c) : put_unknown(r, t, w, (struct str){0})))
			return false;
	}
	r->at++;
	return true;
}

/* Anything that quotes or expands at the cursor; *found is false where nothing does. */
static bool special(struct shell_reader *r, struct text *t, struct shell_word *w, bool *found)
{
	int c = shell_peek(r, 0), next = shell_peek(r, 1);

	*found = true;
	if (c == '\\') {
		if (next < 0)
			return r->at++, put(r, t, '\\');
		r->at += 2;
		w->quoted |= next != '\n';
		return next == '\n' || put(r, t, (char)next);
	}
	if (c == '\'')
		return w->quoted = true, single_quotes(r, t);
	if (c == '$' && next == '\'')
		return w->quoted = true, ansi_quotes(r, t, w);
	if (c == '"' || (c == '$' && next == '"')) {
		r->at += c == '"' ? 1 : 2;
		w->quoted = true;
		if (!double_quoted(r, t, w, '"'))
			return false;
		r->at++;
		return true;
	}
	if (c == '$')
		return dollar(r, t, w);
	if (c == '`')
		return backticks(r, false) && put_unknown(r, t, w, (struct str){0});
	*found = false;
	return true;
}

bool shell_region(struct shell_reader *r, const char *close)
{
	struct shell_word w = {0};
	struct text t = {0};
	size_t start = r->at, open = 0, n = strlen(close);
	char opener = close[0] == ')' ? '(' : close[0] == '}' ? '{' : '[';

	bool arithmetic = close[0] == ')' || (close[0] == ']' && n == 1);

	if (n == 2 && close[0] == ']')
		opener = 0;
	while (r->at < r->n) {
		bool found;
		int c = shell_peek(r, 0);
		if (!open && r->n - r->at >= n && memcmp(r->s + r->at, close, n) == 0 &&
			(opener || shell_is_meta(shell_peek(r, 2)))) {
			r->at += n;
			return true;
		}
		if ((arithmetic && (c == '\'' || c == '"')) || ((arithmetic || r->quoted) &&
			(c == '\'' || (c == '$' && shell_peek(r, 1) == '\''))))
			return shell_fail(r, "a quote where shells do not agree on what it means");
		if (!special(r, &t, &w, &found))
			return false;
		if (found)
			continue;
		if ((c == '<' || c == '>') && shell_peek(r, 1) == '(') {
			if (!substitution(r))
				return false;
			continue;
		}
		if (opener && opener != '{')
			open += c == opener, open -= open && c == close[0];
		r->at++;
	}
	r->at = start;
	return shell_fail(r, "an expansion or test has no end");
}

bool shell_heredoc_body(struct shell_reader *r, struct str body)
{
	struct shell_reader own = *r;
	struct shell_word w = {0};
	struct text t = {0};

	own.at = (size_t)(body.p - r->s);
	own.n = own.at + body.n;
	own.waiting_count = 0;
	if (!double_quoted(&own, &t, &w, -1))
		return false;
	r->words = own.words;
	r->tail = own.tail;
	return true;
}

/* A leading ~, ~/ or ~name; ~+ is the working directory. */
static bool tilde(struct shell_reader *r, struct text *t, struct shell_word *w)
{
	r->at++;
	if (shell_peek(r, 0) == '+' || shell_peek(r, 0) == '-')
		return r->at++, put_unknown(r, t, w, str_of("PWD"));
	while (shell_is_name(shell_peek(r, 0), false) || shell_peek(r, 0) == '-')
		r->at++;
	return put_unknown(r, t, w, str_of("HOME"));
}

/* Whether the unquoted "{" at the cursor begins {a,b} or {1..9}. */
static bool is_brace(const struct shell_reader *r)
{
	size_t open = 0;
	bool comma = false;

	for (size_t i = r->at; i < r->n && !strchr(" \t\n;&|<>", r->s[i]); i++) {
		char c = r->s[i];
		comma |= c == ',' || (c == '.' && i + 1 < r->n && r->s[i + 1] == '.');
		open += c == '{';
		if (c == '}' && --open == 0)
			return comma;
	}
	return false;
}

bool shell_word_read(struct shell_reader *r, struct shell_word *w)
{
	struct text t = {0};
	size_t start = r->at;
	int c;

	*w = (struct shell_word){0};
	if (++r->words > SHELL_WORDS_MAX)
		return shell_fail(r, "too many words");
	if (shell_peek(r, 0) == '~' && !tilde(r, &t, w))
		return false;
	while ((c = shell_peek(r, 0)) >= 0) {
		bool found;
		if ((c == '<' || c == '>') && shell_peek(r, 1) == '(') {
			if (!substitution(r) || !put_unknown(r, &t, w, (struct str){0}))
				return false;
			continue;
		}
		if (shell_is_meta(c))
			break;
		if (!special(r, &t, w, &found))
			return false;
		if (found)
			continue;
		if (strchr("?*+@!", c) && shell_peek(r, 1) == '(')
			return shell_fail(r, "an extended pattern, which not every bash reads so");
		w->glob |= c == '*' || c == '?' || c == '[';
		w->brace |= c == '{' && is_brace(r);
		if (!put(r, &t, (char)c))
			return false;
		r->at++;
	}
	if (r->at == start)
		return shell_fail(r, c < 0 ? "something is missing at the end" : "a word is missing");
	w->text = t.p ? t.p : "";
	w->source = r->origin ? (struct str){ r->origin, r->origin_size } : (struct str){ r->s + start, r->at - start };
	return true;
}
