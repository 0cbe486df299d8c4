/*
 * The command line.
 *
 * Two tables, of commands and of options, are the whole truth: the parser, the
 * help, and the test that checks every document read them.
 */
#pragma once

#include "config/config.h"
#include "route/route.h"

struct options;

struct command {
	const char *name;
	const char *usage;           /* what follows "shammah NAME" */
	const char *what;            /* one line */
	const char *words;           /* accepted first words, separated by '|'; NULL: any text, "": none */
	int (*run)(const struct options *o, struct config *c);   /* the exit code */
};

/* In the order the help shows them; ends with a NULL name. */
extern const struct command commands[];

const struct command *command_find(struct str name);

struct option {
	const char *name;            /* "--model" */
	char letter;                 /* of a short form, 0: none */
	const char *argument;        /* "DIR"; NULL: takes none */
	const char *what;            /* one line; NULL: not shown */
	bool (*read)(struct options *o, const char *value, struct error *err);
	bool many;                   /* the words behind its value are values as well, once there is a question */
};

extern const struct option option_table[];      /* ends with a NULL name */

/* Texts that were given, one after the other. */
struct option_list {
	char **at;
	size_t count;
	bool given;
};

enum output_format { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_STREAM_JSON };

enum mode { MODE_INTERACTIVE, MODE_QUERY, MODE_DAEMON };

struct options {
	const struct command *command;   /* NULL: the prompt, or with `print` one answer */
	char *text;                  /* the words that are no option, joined by spaces; NULL: none */
	const char *directory;       /* the PATH to work in; NULL: here */
	bool over_budget, print, quiet, help, version, jsonl, follow, json, online, yes, background, dry_run;
	bool allow, ask, deny;       /* permissions: of which list a rule is */
	enum mode mode;
	enum route_wish wish;
	const char *model, *port;    /* as written; NULL: not given */
	const char *teacher;         /* who is asked, by a name of its own or of its model; NULL: not given */
	const char *system_prompt, *tokenizer, *precision, *revision, *file;
	const char *scope;           /* permissions: whose settings file; NULL: not given */
	int64_t max_tokens;          /* -1: not given */
	double temperature;          /* NAN: not given */
	/* Tools, as Claude Code's command line has them (cli/options_tools.c). */
	enum output_format output;
	bool stream_input, partial, verbose, skip_permissions;
	unsigned max_turns;          /* 0: not given */
	struct option_list allowed, denied, tools, folders;
	const char *permission_mode, *settings, *append_system_prompt;      /* NULL: not given */
	const char *session;         /* the conversation's name, a UUID; NULL: not given */
	const char *conversation;    /* a file with one to go on with (cli/again.h); NULL: not given */
	const char **written;        /* the options as they were written, without other words */
	size_t written_count;
	int ready_fd;                /* -1: not given; of a daemon started in the background */
};

/* ERROR_INVALID for wrong usage.  options_done() in any case. */
bool options_parse(struct options *o, int argc, char **argv, struct error *err) must_use;
void options_done(struct options *o);

/* Exit codes. */
enum { EXIT_ANSWERED = 0, EXIT_NO_ANSWER = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };
