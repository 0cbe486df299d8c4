/*
 * Simple commands: their words, assignments and redirections, and the bodies of
 * here-documents, which begin at the next newline.
 */
#include "permit/shell_reader.h"

#include <stdio.h>

void *shell_grow(struct shell_reader *r, void *old, size_t count, size_t size)
{
	if (count & (count - 1))
		return old;
	void *p = arena_alloc(r->arena, (count ? 2 * count : 1) * size);
	if (!p)
		return shell_fail(r, "the command takes too much memory"), NULL;
	if (count)
		memcpy(p, old, count * size);
	return p;
}

struct shell_command *shell_add_command(struct shell_reader *r)
{
	struct shell_command *c = arena_alloc(r->arena, sizeof *c);

	if (!c || r->script->count >= SHELL_COMMANDS_MAX)
		return shell_fail(r, "too many commands"), NULL;
	c->pipe = r->pipe;
	c->stage = r->stage;
	c->function = r->function;
	*r->tail = c;
	r->tail = &c->next;
	r->script->count++;
	return c;
}

static struct shell_word *add_word(struct shell_reader *r, struct shell_command *c)
{
	struct shell_word *words = shell_grow(r, c->words, c->word_count, sizeof *words);

	if (!words)
		return NULL;
	c->words = words;
	words[c->word_count] = (struct shell_word){ .text = "" };
	return &words[c->word_count++];
}

struct shell_word *shell_add_assign(struct shell_reader *r, struct shell_command *c, struct str name)
{
	struct shell_assign *assigns = shell_grow(r, c->assigns, c->assign_count, sizeof *assigns);

	if (!assigns)
		return NULL;
	c->assigns = assigns;
	assigns[c->assign_count] = (struct shell_assign){ name, { .text = "", .source = { name.p, 0 } } };
	return &assigns[c->assign_count++].value;
}

/* --- blanks, newlines, here-documents ------------------------------------------------- */

void shell_skip_blanks(struct shell_reader *r)
{
	for (;;) {
		int c = shell_peek(r, 0);
		if (c == ' ' || c == '\t')
			r->at++;
		else if (c == '\\' && shell_peek(r, 1) == '\n')
			r->at += 2;
		else if (c == '#')
			while (shell_peek(r, 0) >= 0 && shell_peek(r, 0) != '\n')
				r->at++;
		else
			return;
	}
}

/* A line of a here-document that ends it. */
static bool is_delimiter(struct str line, const struct shell_redirect *redirect)
{
	while (redirect->op[2] == '-' && line.n && line.p[0] == '\t')
		line = str_from(line, 1);
	return str_is(line, redirect->target.text);
}

/* Bodies begin after the newline; at the cursor. */
static bool read_heredocs(struct shell_reader *r)
{
	size_t count = r->waiting_count;

	r->waiting_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct shell_redirect *redirect = &r->waiting[i].command->redirects[r->waiting[i].redirect];
		size_t start = r->at;
		bool ended = false;
		while (!ended && r->at < r->n) {
			const char *end = memchr(r->s + r->at, '\n', r->n - r->at);
			size_t n = end ? (size_t)(end - r->s) - r->at : r->n - r->at;
			ended = is_delimiter((struct str){ r->s + r->at, n }, redirect);
			if (ended)
				redirect->body = (struct str){ r->s + start, r->at - start };
			r->at += n + (end != NULL);
		}
		if (!ended)
			return r->at = start, shell_fail(r, "a here-document has no end");
		if (!redirect->target.quoted && !shell_heredoc_body(r, redirect->body))
			return false;
	}
	return true;
}

bool shell_skip_newlines(struct shell_reader *r)
{
	for (shell_skip_blanks(r); shell_peek(r, 0) == '\n'; shell_skip_blanks(r)) {
		r->at++;
		if (!read_heredocs(r))
			return false;
	}
	return true;
}

/* --- redirections ------------------------------------------------------------------------------ */

static const char *const operators[] = { "&>>", "<<<", "<<-", "&>", ">>", ">|", ">&", "<<", "<>", "<&", ">", "<" };

/* The operator at the cursor after a number or {name}; *skip is the size of those.  NULL where none is. */
static const char *redirect_operator(const struct shell_reader *r, size_t *skip)
{
	size_t n = 0;

	while (shell_peek(r, n) >= '0' && shell_peek(r, n) <= '9')
		n++;
	if (!n && shell_peek(r, 0) == '{') {
		for (n = 1; shell_is_name(shell_peek(r, n), n == 1); n++)
			;
		if (n == 1 || shell_peek(r, n++) != '}')
			return NULL;
	}
	if (shell_peek(r, n) != '<' && shell_peek(r, n) != '>' && (n || shell_peek(r, 0) != '&'))
		return NULL;
	if (!n && shell_peek(r, 1) == '(')
		return NULL;
	*skip = n;
	for (size_t i = 0; i < countof(operators); i++) {
		size_t size = strlen(operators[i]);
		if (r->n - r->at - n >= size && memcmp(r->s + r->at + n, operators[i], size) == 0)
			return operators[i];
	}
	return NULL;
}

static bool read_redirect(struct shell_reader *r, struct shell_command *c, const char *op, size_t skip)
{
	struct shell_redirect *list = shell_grow(r, c->redirects, c->redirect_count, sizeof *list);
	struct shell_word target;

	if (!list)
		return false;
	c->redirects = list;
	r->at += skip + strlen(op);
	shell_skip_blanks(r);
	if (!shell_word_read(r, &target))
		return false;
	struct shell_redirect *added = &list[c->redirect_count];
	*added = (struct shell_redirect){ .target = target, .body = { target.source.p, 0 } };
	snprintf(added->op, sizeof added->op, "%s", op);
	if (op[0] == '<' && op[1] == '<' && op[2] != '<') {
		if (r->waiting_count >= HEREDOCS_MAX)
			return shell_fail(r, "too many here-documents");
		if (target.unknown)
			return shell_fail(r, "a here-document's end is an expansion");
		r->waiting[r->waiting_count++] = (struct heredoc){ c, c->redirect_count };
	}
	c->redirect_count++;
	return true;
}

/* Those after a compound command, as a command without words. */
bool shell_redirects(struct shell_reader *r)
{
	struct shell_command *c = NULL;
	const char *op;
	size_t skip;

	for (shell_skip_blanks(r); (op = redirect_operator(r, &skip)); shell_skip_blanks(r)) {
		if (!c)
			c = shell_add_command(r);
		if (!c || !read_redirect(r, c, op, skip))
			return false;
	}
	return true;
}

/* --- simple commands --------------------------------------------------------------------------- */

/* "(a b c)" of an array. */
static bool read_array(struct shell_reader *r, struct shell_command *c, struct str name)
{
	r->at++;
	for (;;) {
		if (!shell_skip_newlines(r))
			return false;
		if (shell_peek(r, 0) == ')')
			return r->at++, true;
		struct shell_word w;
		if (!shell_word_read(r, &w))
			return false;
		struct shell_word *value = shell_add_assign(r, c, name);
		if (!value)
			return false;
		*value = w;
	}
}

/* The size of "name=", "name+=" at the cursor; 0 where it is none. */
static size_t assignment(const struct shell_reader *r)
{
	size_t n = 0;

	while (shell_is_name(shell_peek(r, n), n == 0))
		n++;
	if (!n)
		return 0;
	if (shell_peek(r, n) == '[') {
		while (shell_peek(r, n) >= 0 && shell_peek(r, n) != ']' && !shell_is_meta(shell_peek(r, n)) &&
			!strchr("$`'\"\\", shell_peek(r, n)))
			n++;
		if (shell_peek(r, n++) != ']')
			return 0;
	}
	n += shell_peek(r, n) == '+';
	return shell_peek(r, n) == '=' ? n + 1 : 0;
}

static bool read_assign(struct shell_reader *r, struct shell_command *c, size_t size)
{
	struct str name = { r->s + r->at, 0 };

	while (shell_is_name((unsigned char)name.p[name.n], name.n == 0))
		name.n++;
	r->at += size;
	if (shell_peek(r, 0) == '(')
		return read_array(r, c, name);
	struct shell_word *value = shell_add_assign(r, c, name), w;
	if (!value)
		return false;
	bool words = !shell_is_meta(shell_peek(r, 0)) ||
		((shell_peek(r, 0) == '<' || shell_peek(r, 0) == '>') && shell_peek(r, 1) == '(');
	if (words && !shell_word_read(r, &w))
		return false;
	if (words)
		c->assigns[c->assign_count - 1].value = w;
	return true;
}

static bool declares(const struct shell_command *c)
{
	static const char *const names[] = { "declare", "local", "export", "readonly", "typeset" };

	for (size_t i = 0; c->word_count && i < countof(names); i++)
		if (strcmp(c->words[0].text, names[i]) == 0)
			return true;
	return false;
}

bool shell_simple(struct shell_reader *r)
{
	struct shell_command *c = shell_add_command(r);

	if (!c)
		return false;
	for (bool any = false;; any = true) {
		size_t skip, size;
		shell_skip_blanks(r);
		const char *op = redirect_operator(r, &skip);
		int ch = shell_peek(r, 0);
		bool process = (ch == '<' || ch == '>') && shell_peek(r, 1) == '(';
		if (op) {
			if (!read_redirect(r, c, op, skip))
				return false;
		} else if (shell_is_meta(ch) && !process) {
			return any || shell_fail(r, ch < 0 ?
				"a command is missing at the end" : "a command is missing");
		} else if ((!c->word_count || declares(c)) && (size = assignment(r))) {
			if (!read_assign(r, c, size))
				return false;
		} else {
			struct shell_word w, *added;
			if (!shell_word_read(r, &w) || !(added = add_word(r, c)))
				return false;
			*added = w;
		}
	}
}

/* A construct that is its own command: "[[" or "((", for rules to name. */
bool shell_test(struct shell_reader *r, const char *open, const char *close)
{
	struct shell_command *c = shell_add_command(r);
	struct shell_word *w = c ? add_word(r, c) : NULL;

	if (!w)
		return false;
	w->text = open;
	w->source = r->origin ? (struct str){ r->origin, r->origin_size } : (struct str){ r->s + r->at, strlen(open) };
	size_t start = r->at;
	r->at += strlen(open);
	if (!shell_region(r, close))
		return false;
	if (!r->origin)
		w->source = (struct str){ r->s + start, r->at - start };
	return true;
}
