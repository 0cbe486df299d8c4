/*
 * Commands: a recursive descent over lists, pipelines and compound commands,
 * with words read in place (shell_word.c).  Commands join the list as they
 * begin, so that what stands before an error is known as well.
 */
#include "permit/shell_reader.h"

#include <stdio.h>

bool shell_fail(struct shell_reader *r, const char *what)
{
	size_t at = r->origin ? (size_t)(r->origin - r->begin) : r->at;

	return error_set(r->err, ERROR_INVALID, "at byte %zu: %s", at, what);
}

/* --- reserved words ------------------------------------------------------------------------ */

/* Whether the bare word at the cursor is `word`; skips it then. */
static bool shell_is_word(const struct shell_reader *r, const char *word)
{
	size_t n = strlen(word);

	return r->n - r->at >= n && memcmp(r->s + r->at, word, n) == 0 && shell_is_meta(shell_peek(r, n));
}

static bool shell_accept(struct shell_reader *r, const char *word)
{
	if (!shell_is_word(r, word))
		return false;
	r->at += strlen(word);
	return true;
}

static bool expect(struct shell_reader *r, const char *word)
{
	char what[60];

	if (!shell_skip_newlines(r))
		return false;
	if (shell_accept(r, word))
		return true;
	snprintf(what, sizeof what, "\"%s\" is missing", word);
	return shell_fail(r, what);
}

/* What ends a list without being part of it. */
static bool at_closer(const struct shell_reader *r)
{
	static const char *const closers[] = { "then", "else", "elif", "fi", "do", "done", "esac", "}" };

	for (size_t i = 0; i < countof(closers); i++)
		if (shell_is_word(r, closers[i]))
			return true;
	return shell_peek(r, 0) < 0 || shell_peek(r, 0) == ')' ||
		(shell_peek(r, 0) == ';' && (shell_peek(r, 1) == ';' || shell_peek(r, 1) == '&'));
}

/* --- compound commands --------------------------------------------------------------------------- */

static bool read_command(struct shell_reader *r);

static bool enter(struct shell_reader *r)
{
	return ++r->depth <= SHELL_DEPTH_MAX || shell_fail(r, "the command is nested too deeply");
}

static bool read_if(struct shell_reader *r)
{
	do {
		if (!shell_list(r, 0) || !expect(r, "then") || !shell_list(r, 0))
			return false;
	} while (shell_accept(r, "elif"));
	if (shell_accept(r, "else") && !shell_list(r, 0))
		return false;
	return expect(r, "fi");
}

static bool read_body(struct shell_reader *r)
{
	if (!shell_skip_newlines(r))
		return false;
	if (shell_accept(r, "{"))
		return shell_list(r, 0) && expect(r, "}");
	return expect(r, "do") && shell_list(r, 0) && expect(r, "done");
}

static bool read_while(struct shell_reader *r)
{
	return shell_list(r, 0) && read_body(r);
}

/* "for" and "select": the words a variable may be become its assignments. */
static bool read_for(struct shell_reader *r)
{
	struct shell_command *c;
	struct shell_word w;

	shell_skip_blanks(r);
	if (shell_peek(r, 0) == '(' && shell_peek(r, 1) == '(') {
		r->at += 2;
		if (!shell_region(r, "))"))
			return false;
	} else {
		if (!(c = shell_add_command(r)) || !shell_word_read(r, &w) || !shell_skip_newlines(r))
			return false;
		bool in = shell_accept(r, "in");
		for (shell_skip_blanks(r); in && !shell_is_meta(shell_peek(r, 0)); shell_skip_blanks(r)) {
			struct shell_word value;
			if (!shell_word_read(r, &value) || !shell_add_assign(r, c, str_of(w.text)))
				return false;
			c->assigns[c->assign_count - 1].value = value;
		}
	}
	shell_skip_blanks(r);
	if (shell_peek(r, 0) == ';')
		r->at++;
	return read_body(r);
}

static bool read_case(struct shell_reader *r)
{
	struct shell_word w;

	shell_skip_blanks(r);
	if (!shell_word_read(r, &w) || !expect(r, "in") || !shell_skip_newlines(r))
		return false;
	while (!shell_accept(r, "esac")) {
		if (shell_peek(r, 0) == '(')
			r->at++;
		for (;;) {
			shell_skip_blanks(r);
			if (!shell_word_read(r, &w))
				return false;
			shell_skip_blanks(r);
			if (shell_peek(r, 0) != '|')
				break;
			r->at++;
		}
		if (shell_peek(r, 0) != ')')
			return shell_fail(r, "a pattern of \"case\" has no end");
		r->at++;
		if (!shell_list(r, 0))
			return false;
		while (shell_peek(r, 0) == ';' || shell_peek(r, 0) == '&')
			r->at++;
		if (!shell_skip_newlines(r))
			return false;
	}
	return true;
}

static bool read_group(struct shell_reader *r)
{
	return shell_list(r, 0) && expect(r, "}");
}

/* The body of the function whose name has been read. */
static bool read_function(struct shell_reader *r, struct str name)
{
	struct str outer = r->function;

	if (!shell_skip_newlines(r))
		return false;
	r->function = name;
	bool ok = enter(r) && read_command(r);
	r->depth--;
	r->function = outer;
	return ok;
}

static bool read_named_function(struct shell_reader *r)
{
	struct shell_word w;

	shell_skip_blanks(r);
	if (!shell_word_read(r, &w))
		return false;
	shell_skip_blanks(r);
	if (shell_peek(r, 0) == '(' && shell_peek(r, 1) == ')')
		r->at += 2;
	return read_function(r, str_of(w.text));
}

static bool read_coproc(struct shell_reader *r)
{
	size_t n = 0;

	shell_skip_blanks(r);
	while (shell_is_name(shell_peek(r, n), n == 0))
		n++;
	size_t blanks = n;
	while (shell_peek(r, blanks) == ' ' || shell_peek(r, blanks) == '\t')
		blanks++;
	if (n && blanks > n && (shell_peek(r, blanks) == '{' || shell_peek(r, blanks) == '('))
		r->at += blanks;
	return read_command(r);
}

static const struct compound {
	const char *word;
	bool (*read)(struct shell_reader *r);
} compounds[] = {
	{ "{", read_group }, { "if", read_if }, { "while", read_while }, { "until", read_while }, { "for", read_for },
	{ "select", read_for }, { "case", read_case }, { "function", read_named_function }, { "coproc", read_coproc },
};

static bool read_subshell(struct shell_reader *r)
{
	r->at++;
	if (!shell_list(r, ')'))
		return false;
	if (shell_peek(r, 0) != ')')
		return shell_fail(r, "a subshell has no end");
	r->at++;
	return true;
}

/* "name ()" at the cursor: the size of the name, and of it all; 0. */
static size_t function_head(const struct shell_reader *r, size_t *all)
{
	size_t n = 0;

	while (!shell_is_meta(shell_peek(r, n)) && !strchr("$`'\"\\=", shell_peek(r, n)))
		n++;
	size_t at = n;
	while (shell_peek(r, at) == ' ' || shell_peek(r, at) == '\t')
		at++;
	if (!n || shell_peek(r, at++) != '(')
		return 0;
	while (shell_peek(r, at) == ' ' || shell_peek(r, at) == '\t')
		at++;
	*all = at + 1;
	return shell_peek(r, at) == ')' ? n : 0;
}

static bool read_compound(struct shell_reader *r, bool *found)
{
	*found = true;
	if (shell_peek(r, 0) == '(' && shell_peek(r, 1) == '(' && shell_is_arithmetic(r, r->at))
		return shell_test(r, "((", "))");
	if (shell_is_word(r, "[["))
		return shell_test(r, "[[", "]]");
	if (shell_peek(r, 0) == '(')
		return read_subshell(r);
	for (size_t i = 0; i < countof(compounds); i++)
		if (shell_accept(r, compounds[i].word))
			return compounds[i].read(r);
	*found = false;
	return true;
}

static bool read_command(struct shell_reader *r)
{
	const struct shell_pipe *pipe = r->pipe;
	size_t stage = r->stage, all, size;
	bool found;

	shell_skip_blanks(r);
	if (!enter(r) || !read_compound(r, &found))
		return false;
	r->depth--;
	r->pipe = pipe;
	r->stage = stage;
	if (found)
		return shell_redirects(r);
	if (at_closer(r))
		return shell_fail(r, shell_peek(r, 0) < 0 ? "a command is missing at the end" : "a command is missing");
	if ((size = function_head(r, &all))) {
		struct str name = { r->s + r->at, size };
		r->at += all;
		return read_function(r, name);
	}
	return shell_simple(r);
}

/* --- pipelines and lists ---------------------------------------------------------------------------- */

/* "!", "time", "time -p" before a pipeline. */
static void skip_prefixes(struct shell_reader *r)
{
	for (;;) {
		shell_skip_blanks(r);
		if (shell_accept(r, "time")) {
			shell_skip_blanks(r);
			shell_accept(r, "-p");
		} else if (!shell_accept(r, "!")) {
			return;
		}
	}
}

static bool read_pipeline(struct shell_reader *r, struct shell_pipe *pipe)
{
	for (;;) {
		r->pipe = pipe;
		r->stage = pipe->stages++;
		skip_prefixes(r);
		if (!read_command(r))
			return false;
		shell_skip_blanks(r);
		if (shell_peek(r, 0) != '|' || shell_peek(r, 1) == '|')
			return true;
		r->at += shell_peek(r, 1) == '&' ? 2 : 1;
		if (!shell_skip_newlines(r))
			return false;
	}
}

/* After a pipeline: whether another follows.  */
static bool read_separator(struct shell_reader *r, bool *more, bool *background)
{
	int c = shell_peek(r, 0), next = shell_peek(r, 1);

	*background = c == '&' && next != '&';
	*more = true;
	if ((c == '&' && next == '&') || (c == '|' && next == '|')) {
		r->at += 2;
		return shell_skip_newlines(r);
	}
	if ((c == ';' && next != ';' && next != '&') || *background)
		r->at++;
	else if (c != '\n')
		*more = false;
	if (!shell_skip_newlines(r))
		return false;
	*more &= !at_closer(r);
	return true;
}

bool shell_list(struct shell_reader *r, int close)
{
	const struct shell_pipe *outer = r->pipe;
	size_t outer_stage = r->stage;
	bool more = true, background;

	if (!shell_skip_newlines(r))
		return false;
	if (at_closer(r))
		more = false;
	while (more) {
		struct shell_pipe *pipe = arena_alloc(r->arena, sizeof *pipe);
		if (!pipe)
			return shell_fail(r, "the command takes too much memory");
		*pipe = (struct shell_pipe){ .outer = outer, .outer_stage = outer_stage };
		if (!read_pipeline(r, pipe) || !read_separator(r, &more, &background))
			return false;
		pipe->background = background;
	}
	r->pipe = outer;
	r->stage = outer_stage;
	if (close == -1 && shell_peek(r, 0) >= 0)
		return shell_fail(r, "something that does not belong here");
	return close != -1 || !r->waiting_count || shell_fail(r, "a here-document has no body");
}

bool shell_parse(struct arena *arena, struct str text, struct shell_script *script, struct error *err)
{
	struct shell_reader r = { .arena = arena, .s = text.p, .n = text.n, .begin = text.p, .script = script,
		.tail = &script->first, .err = err };

	*script = (struct shell_script){0};
	if (text.n > SHELL_BYTES_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the command is longer than %d bytes", SHELL_BYTES_MAX);
	for (; r.at < r.n; r.at++)
		if (r.s[r.at] >= 0 && r.s[r.at] <= 2)
			return shell_fail(&r, "a control character");
	r.at = 0;
	return shell_list(&r, -1);
}
