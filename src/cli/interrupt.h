/*
 * Ctrl+C as a cancel token.
 *
 * A thread of its own waits for SIGINT (blocked everywhere else), so nothing
 * happens in a signal handler.  While an answer is under way SIGINT fires its
 * token; otherwise it ends the program.  SIGTERM and SIGHUP do the same, and the
 * program ends then, at once with the second one.
 */
#pragma once

#include "base/cancel.h"

/* Once, before other threads exist. */
void interrupt_init(void);

/* From now on SIGINT fires `token`; NULL: it ends the program (exit code 130), or does nothing at a prompt. */
void interrupt_guards(struct cancel *token);

/* What is still to be said when SIGINT ends the program, in the thread that waits for it; until a token is guarded. */
void interrupt_says(void (*say)(const void *user), const void *user);

/*
 * For a program with a prompt of its own: SIGINT between answers is not meant to end it.  When another signal does,
 * `leaving` is called in the thread that waits for signals.
 */
void interrupt_at_prompt(void (*leaving)(const void *user), const void *user);

/* What to end with after a token was fired: 130, or 128 and the number of the signal that ends the program. */
int interrupt_code(void);
