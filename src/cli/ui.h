/*
 * Questions in a terminal: menus by arrow keys or numbers, lines of text, secrets.
 *
 * A terminal that knows no control sequences gets the same questions as plain lines,
 * answered by number.  Lines are cut or folded to the terminal's width.
 */
#pragma once

#include "base/str.h"
#include "cli/term.h"

enum ui_result {
	UI_DONE,
	UI_BACK,                 /* Escape; "b" in a plain menu */
	UI_LEAVE,                /* Ctrl+C, or the terminal is gone */
};

/* `*chosen` is where the mark stands first, and what was chosen. */
enum ui_result ui_menu(struct term *t, const char *title, const char *const *items, size_t count, size_t *chosen);

/* A line of text, white space at its ends cut off; `initial` can be edited.  The caller frees *answer. */
enum ui_result ui_text(struct term *t, const char *question, const char *initial, char **answer);

/* The same, not shown. */
enum ui_result ui_secret(struct term *t, const char *question, char **answer);

/* Folded between words. */
void ui_say(struct term *t, const char *fmt, ...) printf_like(2, 3);

/* Columns that a text takes; up to `most` columns of it, in bytes. */
size_t ui_columns(struct str text);
size_t ui_fit(struct str text, size_t most);
