/*
 * What a line of shell could run: bash's grammar, as far as commands matter,
 * read without running or expanding anything.
 *
 * Every simple command at any depth (pipelines, lists, subshells, functions,
 * loops, substitutions, here-documents) is listed in the order of the text,
 * whether or not it would be reached.  Grammar: POSIX.1-2017 "Shell Command
 * Language", and bash's manual for what it adds.  Extended patterns outside
 * [[ ]] and `${ command; }` are refused: bash reads them one way or the
 * other, by its options.
 *
 * All memory is the arena's; sources of words lie in the text read.  Any thread.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

enum {
	SHELL_BYTES_MAX = 1 << 16,
	SHELL_COMMANDS_MAX = 2000,
	SHELL_WORDS_MAX = 20000,
	SHELL_DEPTH_MAX = 50,
	SHELL_ARENA_BYTES = 16 << 20,   /* what the largest text may take */
};

/*
 * In a word's text an expansion stands as OPEN, its parameter's name (with
 * ":default" where one is given; nothing for a substitution), CLOSE.  `~` is HOME.
 */
#define SHELL_OPEN  '\1'
#define SHELL_CLOSE '\2'

struct shell_word {
	struct str source;      /* as written, inside the text read; in backticks: all of them */
	const char *text;       /* quotes and escapes undone */
	bool unknown;           /* an expansion decides what it is */
	bool glob;              /* an unquoted * ? [ */
	bool brace;             /* an unquoted {a,b} or {1..9} */
	bool quoted;
};

struct shell_assign {
	struct str name;
	struct shell_word value;    /* of an array or a loop: one assign an element */
};

struct shell_redirect {
	char op[4];             /* "<" ">" ">>" ">|" "<>" "<&" ">&" "&>" "<<" "<<-" "<<<" */
	struct shell_word target;
	struct str body;        /* a here-document's, as written */
};

struct shell_pipe {
	const struct shell_pipe *outer;     /* the pipeline one of whose stages this is in; NULL at the top */
	size_t outer_stage, stages;
	bool background;
};

struct shell_command {
	struct shell_word *words;           /* none: only assigns, or redirects of a compound command */
	struct shell_assign *assigns;
	struct shell_redirect *redirects;
	size_t word_count, assign_count, redirect_count;
	const struct shell_pipe *pipe;
	size_t stage;                       /* in the pipe, from 0 */
	struct str function;                /* whose body it is in; {0} */
	struct shell_command *next;
};

/* All commands found; those before the place of an error are there, too. */
struct shell_script {
	struct shell_command *first;
	size_t count;
};

/* False (ERROR_INVALID, ERROR_TOO_LARGE) says what is wrong and at which byte. */
bool shell_parse(struct arena *arena, struct str text, struct shell_script *script, struct error *err) must_use;
