/*
 * What the user sees: answers on standard output, everything else on standard
 * error.
 */
#pragma once

#include "cli/link.h"

struct show {
	bool terminal;           /* answers go to a terminal: control characters are made visible */
	bool colour;             /* on standard error */
	bool fresh_line;         /* the answer so far ends with a newline, or is empty */
	bool status;             /* standard error is a terminal where a line can be replaced */
	bool thinking;           /* show_thinking() stands on the line */
	char waits_for[450];     /* why the line counts down; "": it does not */
	char then[64];           /* what comes after the seconds */
	uint64_t until_ms;       /* of clock_ms() */
	unsigned shown_s;        /* the seconds that stand there */
	char problem[600];       /* of the settings, as said before the question; "": none */
};

void show_init(struct show *s);

/*
 * Appends a text as a terminal may have it: a model's must not be able to move the
 * cursor, change colours or talk to the terminal.  C0 controls but tab and newline, DEL, and C1 controls become
 * their visible pictures (U+2400 and on) or U+FFFD.
 */
bool show_visible(struct buf *out, struct str text, struct error *err) must_use;

/* A link_text_fn with the show as user: writes a piece of an answer, at once. */
bool show_text(void *show, struct str text, struct error *err);

/* Says on a terminal that a model thinks, until its answer comes or ends. */
void show_thinking(struct show *s);

/*
 * What happens while an answer is waited for: a wait counts down in a line of its own,
 * which what comes next replaces, and all else stays, a line each.  Where standard error
 * is no terminal every notice is one line.
 */
void show_notice(struct show *s, const struct link_notice *notice);

/* Some times a second: counts down. */
void show_tick(struct show *s);

/* Ends the answer's last line if it needs it. */
void show_end(struct show *s);

/* "- known answer topics/daemon-stop", "- Qwen2.5 on this machine, 34 tokens, 51.2 a second". */
void show_source(const struct show *s, const struct link_answer *a);

/* A message of ours, "shammah: …". */
void show_error(const struct show *s, const char *text);
void show_note(const struct show *s, const char *text);

/* The user stopped it: also wipes the "^C" that the terminal wrote where a line of its own begins. */
void show_stopped(const struct show *s);

/* What is wrong with changed settings; the daemon's notice of the same is not shown once more with the next answer. */
void show_problem(struct show *s, const char *text);

/* TodoWrite's list: a line each, marked by how far it is. */
void show_todo_list(const struct show *s, const json_t *todos);

/* Several lines of ours, as they are. */
void show_report(const struct show *s, const char *lines);

/* Asks on standard error and reads a line of standard input: true for "y…".  The end of input and Ctrl+C are a no. */
bool show_confirm(const char *question);
