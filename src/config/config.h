/*
 * Settings: every value knows where it came from.
 *
 * Precedence, high to low: command line, environment, ~/.claude/settings.json
 * (Claude Code's own file; we only read it), ~/.shammah/model (the model only),
 * default.  The API key is found in an order of its own, see config_load().
 *
 * A struct config is filled once and then read-only; any thread may read it.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

enum setting {
	SETTING_MODEL,           /* the local model, as hub/spec.h reads it; unset: none */
	SETTING_CONTEXT,         /* most tokens of a conversation for the local model; unset: the model's own */
	SETTING_THREADS,         /* threads of the local model; unset: the number of cores */
	SETTING_KV_BITS,         /* of a number in the local model's keys and values: 8 or 16 */
	SETTING_KV_MEMORY,       /* megabytes for all keys and values of that; unset: a quarter of the memory */
	SETTING_BEGINNINGS,      /* megabytes of computed system prompts kept on disk; 0: none */
	SETTING_KEEP_ALIVE,      /* seconds without an answer until the local model's memory is given back; 0: never */
	SETTING_EMBEDDING_MODEL, /* makes vectors of texts, as hub/spec.h reads it; unset: hashed features do */
	SETTING_PORT,
	SETTING_ORIGINS,         /* web origins CORS allows, one a line */
	SETTING_TEACHER_MODEL,
	SETTING_TEACHER_URL,
	SETTING_API_KEY,
	SETTING_COUNT,
};

enum setting_kind { SETTING_TEXT, SETTING_NUMBER, SETTING_LIST, SETTING_SECRET };

/* What a setting is, as data; `config`, the documents and their tests read it. */
struct setting_info {
	const char *name;        /* as `shammah config` prints it */
	const char *key;         /* in settings.json, dotted; NULL: not there */
	const char *variable;    /* environment variable; NULL: none */
	const char *flag;        /* command line; NULL: none */
	const char *standard;    /* default; NULL: unset */
	enum setting_kind kind;
	int64_t least, most, step;       /* of a number; it is a multiple of step, 0: any */
	const char *what;        /* one line for the reader */
};

extern const struct setting_info settings[SETTING_COUNT];

#define CONFIG_MODEL_FILE "~/.shammah/model"     /* the origin of what `shammah models use` chose */

struct value {
	char *text;              /* NULL: unset */
	char *origin;            /* "--port", "environment SHAMMAH_PORT", "~/.claude/settings.json", "default" */
};

/*
 * A teacher: a provider with a model, a key and an address.  Keys of one teacher are
 * never sent to another's address.
 */
struct teacher_config {
	char *name;              /* what it is called by; no two are called alike */
	char *provider;          /* one of config/vendors.h */
	char *model;             /* as written, maybe an alias; NULL: the provider's own choice */
	char *base_url;          /* NULL: the provider's own address */
	struct value key;        /* text NULL: none, or `helper` prints it */
	bool bearer;             /* the key travels as Authorization: Bearer */
	char *helper;            /* a command of the user's that prints the key (config/key_helper.h); NULL: none */
	unsigned helper_ttl_s;   /* for how long what it printed holds; 0: ask it each time */
	char **headers;          /* more header lines, "Name: value", ended by NULL; NULL: none.  May hold secrets */
	char *origin;            /* what made this teacher: a file, or where its key was found */
};

struct config {
	struct value values[SETTING_COUNT];
	struct teacher_config *teachers;     /* in the order they are asked */
	size_t teacher_count;
	struct buf warnings;     /* one a line: unknown keys, ignored values */
};

/*
 * Reads everything but the command line.  The key is looked for in settings.json
 * env.SHAMMAH_API_KEY, then env.ANTHROPIC_API_KEY, then the environment in the
 * same order, then ~/.anthropic/api_key.  A file that is missing is no error; one
 * that cannot be parsed, or holds a wrong value, is.  config_done() in any case.
 */
bool config_load(struct config *c, struct error *err) must_use;
void config_done(struct config *c);
#define own_config owns(config_done) struct config

/* Takes a value from the command line, over everything else; checked like any other. */
bool config_set_flag(struct config *c, enum setting s, const char *text, struct error *err) must_use;

/* Makes a model the one in use, for all that name no other: writes home/model.  NULL: none any more. */
bool config_use_model(const char *home, const char *name, struct error *err) must_use;

/* The text, NULL when unset. */
const char *config_text(const struct config *c, enum setting s);

/* The number; `otherwise` when unset. */
int64_t config_number(const struct config *c, enum setting s, int64_t otherwise);

/* Whether an environment variable's name is one that Shammah reads (settings or not). */
bool config_knows_variable(const char *name);
