#include "permit/command_words.h"

#include <stdio.h>

#include "base/mem.h"

enum { EXPANSIONS_MAX = 6 };

/* One word on its way. */
struct making {
	struct arena *arena;
	const struct variable *known;
	struct args *out;
	const struct shell_word *word;
};

static char *join3(struct arena *arena, struct str a, struct str b, struct str c)
{
	char *p = arena_alloc(arena, a.n + b.n + c.n + 1);

	if (!p)
		return NULL;
	memcpy(p, a.p, a.n);
	memcpy(p + a.n, b.p, b.n);
	memcpy(p + a.n + b.n, c.p, c.n);
	return p;
}

static void add_arg(struct making *m, const char *text)
{
	struct args *out = m->out;

	if (!text || out->count >= ARGS_MAX) {
		out->ok = false;
		return;
	}
	out->at[out->count++] = (struct arg){ text, strchr(text, SHELL_OPEN) != NULL || m->word->glob || m->word->brace,
		m->word->glob, m->word->quoted, m->word->source };
}

/* Words between blanks, as bash splits what an unquoted expansion became. */
static void add_split(struct making *m, const char *text)
{
	while (*text) {
		text += strspn(text, " \t\n");
		size_t n = strcspn(text, " \t\n");
		if (n)
			add_arg(m, arena_copy(m->arena, (struct str){ text, n }));
		text += n;
	}
}

static void expand(struct making *m, const char *text, size_t from, int depth);

/* `text` with what stands from open to close replaced. */
static void replace(struct making *m, const char *text, const char *open, const char *close, struct str value,
	int depth)
{
	struct str before = { text, (size_t)(open - text) };
	char *made = join3(m->arena, before, value, str_of(close + 1));

	if (!made)
		m->out->ok = false;
	else
		expand(m, made, before.n + value.n, depth + 1);
}

/* Every value of the first expansion from `from` on. */
static void expand(struct making *m, const char *text, size_t from, int depth)
{
	const char *open = strchr(text + from, SHELL_OPEN), *close = open ? strchr(open, SHELL_CLOSE) : NULL;
	bool any = false;

	if (!m->out->ok)
		return;
	if (!close || depth > EXPANSIONS_MAX) {
		if (depth && !m->word->quoted)
			add_split(m, text);
		else
			add_arg(m, text);
		return;
	}
	struct str name = { open + 1, (size_t)(close - open) - 1 };
	const char *colon = memchr(name.p, ':', name.n);
	struct str given = colon ? str_from(name, (size_t)(colon - name.p) + 1) : (struct str){0};
	if (colon)
		name.n = (size_t)(colon - name.p);
	if (str_is(name, "IFS")) {
		replace(m, text, open, close, str_of(" "), depth);
		return;
	}
	int values = 0;
	for (const struct variable *v = m->known; v && name.n && values < 16; v = v->older)
		if (str_equal(v->name, name)) {
			replace(m, text, open, close, str_of(v->text), depth);
			any = true;
			values++;
		}
	if (colon)
		replace(m, text, open, close, given, depth);
	else if (!any)
		expand(m, text, (size_t)(close - text) + 1, depth);
}

/* The end of the braces opened at `open`, and whether a comma is right in them; NULL. */
static const char *brace_end(const char *open, bool *comma)
{
	int depth = 0;

	*comma = false;
	for (const char *p = open; *p; p++) {
		depth += *p == '{';
		*comma |= depth == 1 && *p == ',';
		if (*p == '}' && --depth == 0)
			return p;
	}
	return NULL;
}

static void expand_braces(struct making *m, const char *text, int depth)
{
	bool comma = false;
	const char *open = text, *end = NULL;

	while ((open = strchr(open, '{')) && (!(end = brace_end(open, &comma)) || !comma))
		open++;
	if (!open || depth > EXPANSIONS_MAX) {
		expand(m, text, 0, 0);
		return;
	}
	const char *piece = open + 1;
	int inner = 0;
	for (const char *p = piece; p <= end && m->out->ok; p++) {
		inner += *p == '{';
		if ((*p == ',' && !inner) || p == end) {
			char *made = join3(m->arena, (struct str){ text, (size_t)(open - text) },
				(struct str){ piece, (size_t)(p - piece) }, str_of(end + 1));
			if (!made)
				m->out->ok = false;
			else
				expand_braces(m, made, depth + 1);
			piece = p + 1;
		}
		inner -= *p == '}';
	}
}

struct args args_of(struct arena *arena, const struct shell_command *c, const struct variable *known)
{
	struct args out = { .ok = true };
	struct arg *room = mem_alloc(ARGS_MAX * sizeof *room);

	out.at = room;
	for (size_t i = 0; i < c->word_count && out.ok; i++) {
		struct making m = { arena, known, &out, &c->words[i] };
		if (c->words[i].brace)
			expand_braces(&m, c->words[i].text, 0);
		else
			expand(&m, c->words[i].text, 0, 0);
		if (i == 0)
			out.heads = out.count;
	}
	out.at = arena_alloc(arena, (out.count + 1) * sizeof *room);
	if (out.at)
		memcpy(out.at, room, out.count * sizeof *room);
	else
		out = (struct args){0};
	free(room);
	return out;
}

static const struct variable *add_variable(struct arena *arena, struct str name, const char *text,
	const struct variable *older)
{
	struct variable *v = arena_alloc(arena, sizeof *v);

	if (!v)
		return older;
	*v = (struct variable){ name, text, older };
	return v;
}

static bool is_function(const struct shell_script *script, const char *name)
{
	for (const struct shell_command *c = script->first; c; c = c->next)
		if (c->function.n && str_is(c->function, name))
			return true;
	return false;
}

/* "set -- a b" and calls of functions: $1, $@ and so on may be these. */
static const struct variable *add_arguments(struct arena *arena, const struct shell_command *c,
	const struct variable *known)
{
	static const char names[] = "123456789";
	size_t first = strcmp(c->words[0].text, "set") == 0 ? 2 : 1;

	for (size_t i = first; i < c->word_count && i - first < 9; i++) {
		known = add_variable(arena, (struct str){ names + i - first, 1 }, c->words[i].text, known);
		known = add_variable(arena, str_of("@"), c->words[i].text, known);
		known = add_variable(arena, str_of("*"), c->words[i].text, known);
	}
	return known;
}

const struct variable *variables_of(struct arena *arena, const struct shell_script *script,
	const struct variable *older)
{
	const struct variable *known = older;

	for (const struct shell_command *c = script->first; c; c = c->next) {
		for (size_t i = 0; i < c->assign_count; i++)
			known = add_variable(arena, c->assigns[i].name, c->assigns[i].value.text, known);
		if (c->word_count && (strcmp(c->words[0].text, "set") == 0 || is_function(script, c->words[0].text)))
			known = add_arguments(arena, c, known);
	}
	return known;
}

const char *args_join(struct arena *arena, const struct args *a, size_t start)
{
	size_t n = 1;

	for (size_t i = start; i < a->count; i++)
		n += strlen(a->at[i].text) + 1;
	char *text = arena_alloc(arena, n), *p = text;
	for (size_t i = start; text && i < a->count; i++)
		p += snprintf(p, n - (size_t)(p - text), "%s%s", i > start ? " " : "", a->at[i].text);
	return text;
}

const char *arg_name(const struct arg *a)
{
	const char *slash = strrchr(a->text, '/');

	return slash && slash[1] ? slash + 1 : a->text;
}

struct str words_unmark(struct arena *arena, const char *text)
{
	size_t n = 0;
	bool inside = false;
	char *p = arena_alloc(arena, strlen(text) * 4 + 1);

	for (; p && *text; text++) {
		if (*text == SHELL_OPEN) {
			inside = true;
			n += (size_t)snprintf(p + n, 4, text[1] == SHELL_CLOSE ? "${_" : "${");
		} else if (*text == SHELL_CLOSE) {
			inside = false;
			p[n++] = '}';
		} else {
			p[n++] = *text;
			if (inside && *text == ':')
				p[n++] = '-';
		}
	}
	return (struct str){ p ? p : "", n };
}
