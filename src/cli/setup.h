/*
 * What the screens of `shammah setup` share.  Each changes the text of config.toml in
 * memory, or notes what is to be done; only the last writes.
 */
#pragma once

#include "cli/commands.h"
#include "cli/try_teacher.h"
#include "cli/ui.h"

enum setup_model { MODEL_AS_IT_IS, MODEL_NONE, MODEL_USE, MODEL_FETCH };

struct setup {
	struct term term;
	const struct options *options;
	char *home, *path;           /* ~/.shammah, its config.toml */
	struct buf was, text;        /* of that: as it was read, as it shall be */
	struct config config;        /* read with `text` in the file's place */
	enum setup_model model;
	enum ask_end tried;          /* how the last try ended */
	char *model_name;            /* to use or to fetch; NULL: none, or the one that fits */
};

#define SETUP_CHOICES_MAX 4

/* A question about a setting, and what may be chosen; without choices a line of text is asked for. */
struct setup_question {
	enum setting setting;
	const char *question;        /* NULL ends a table */
	struct setup_choice {
		const char *value, *line;    /* as config.toml has it, and as it is shown */
	} choices[SETUP_CHOICES_MAX];
};

/* Those of the screen of features. */
extern const struct setup_question setup_feature_table[];

/* Reads the configuration anew, with `text` in the place of config.toml. */
bool setup_reload(struct setup *s, struct error *err) must_use;

/* The entries of [[teachers]] in `text`; the caller owns the list, which may be empty. */
json_t *setup_entries(const struct setup *s) must_use;

/* Sets or (NULL: takes the value over otherwise) removes one key; what goes wrong is said. */
bool setup_change(struct setup *s, const char *path, json_t *value);

/* The screens; UI_BACK and UI_DONE lead back to the first, UI_LEAVE ends all. */
enum ui_result setup_teachers(struct setup *s);
enum ui_result setup_local_model(struct setup *s);
enum ui_result setup_features(struct setup *s);
enum ui_result setup_settings(struct setup *s);
enum ui_result setup_review(struct setup *s, bool *written);

/* Asks what a new teacher is, tries it, and adds it. */
enum ui_result setup_add_teacher(struct setup *s);

/* Asks for a key of that provider. */
enum ui_result setup_ask_key(struct setup *s, const char *provider, char **key);

/* A real request to the entry of that number, and what came of it, said; true when it answered. */
bool setup_try(struct setup *s, size_t entry);

/* Says so when another key than the entry's own will be used. */
void setup_say_key(struct setup *s, size_t entry);
