/*
 * What the two halves of the shell's parser share: words (shell_word.c) hold
 * commands, and commands (shell.c) are made of words.
 */
#pragma once

#include "permit/shell.h"

enum { HEREDOCS_MAX = 64 };

struct heredoc {
	struct shell_command *command;
	size_t redirect;
};

struct shell_reader {
	struct arena *arena;
	const char *s;
	size_t n, at;
	size_t depth, words;
	bool quoted;                /* inside double quotes or a here-document, where ' is a letter */
	const char *origin;         /* of text made from backticks: those; NULL when s is the text given */
	size_t origin_size;
	const char *begin;          /* of the text given */
	struct heredoc waiting[HEREDOCS_MAX];
	size_t waiting_count;
	const struct shell_pipe *pipe;
	size_t stage;
	struct str function;
	struct shell_script *script;
	struct shell_command **tail;
	struct error *err;
};

static inline int shell_peek(const struct shell_reader *r, size_t ahead)
{
	return r->n - r->at > ahead ? (unsigned char)r->s[r->at + ahead] : -1;
}

static inline bool shell_is_meta(int c)
{
	return c < 0 || (c && strchr(" \t\n|&;()<>", c));
}

static inline bool shell_is_name(int c, bool first)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first && c >= '0' && c <= '9');
}

/* False, with the error and its place. */
bool shell_fail(struct shell_reader *r, const char *what);

/* One more element after `count` of `size` bytes in an array that doubles; NULL and an error past the ceiling. */
void *shell_grow(struct shell_reader *r, void *old, size_t count, size_t size);

/* A command list up to `close`, which is left to the caller; -1: up to the end. */
bool shell_list(struct shell_reader *r, int close);

/* A word, which must be there. */
bool shell_word_read(struct shell_reader *r, struct shell_word *w);

/* Reads quotes and expansions up to the closing text outside them ("))", "]]"), and past it; none of it is a word. */
bool shell_region(struct shell_reader *r, const char *close);

/* Whether "((" at `at` is arithmetic: its parentheses close as "))". */
bool shell_is_arithmetic(const struct shell_reader *r, size_t at);

/* Substitutions in a here-document's body. */
bool shell_heredoc_body(struct shell_reader *r, struct str body);

/* --- simple commands (shell_simple.c) ------------------------------------------------ */

/* A new command at the end of the list; NULL and an error past the ceiling. */
struct shell_command *shell_add_command(struct shell_reader *r);

/* One more assignment, empty so far: its value; NULL and an error past the ceiling. */
struct shell_word *shell_add_assign(struct shell_reader *r, struct shell_command *c, struct str name);

/* Blanks, continuations and a comment; with newlines, also here-documents that wait for one. */
void shell_skip_blanks(struct shell_reader *r);
bool shell_skip_newlines(struct shell_reader *r);

/* At the cursor. */
bool shell_simple(struct shell_reader *r);

/* "[[" or "((", which is a command of that name without arguments. */
bool shell_test(struct shell_reader *r, const char *open, const char *close);

/* Those after a compound command, as a command without words. */
bool shell_redirects(struct shell_reader *r);
