/*
 * Settings: every value knows where it came from.
 *
 * Precedence, high to low: command line, environment, managed settings
 * (/etc/claude-code), .claude/settings.local.json (git root), .claude/settings.json
 * (start folder), ~/.claude/settings.json, ~/.shammah/config.toml, ~/.shammah/model
 * (the model only), default.  The JSON files are Claude Code's own, only read here
 * (config/settings_edit.h adds rules to them); their `shammah` object holds our
 * settings, their `env` object counts as environment with the precedence of its file.
 * Keys are found in an order of their own (config/keys.h), and so are teachers
 * (config/teachers.h).
 *
 * What a project brings is not trusted until the user trusts the folder: see
 * config/trust.h.  docs/configuration.md is the reference.
 *
 * A struct config is filled once and then read-only; any thread may read it.
 */
#pragma once

#include <stdint.h>

#include "base/json.h"
#include "config/stamp.h"

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
	SETTING_TRUSTED,         /* folders whose projects may set everything, one a line */
	SETTING_BUDGET,          /* dollars a month for teachers; unset: no limit */
	SETTING_SEARCH,          /* whom WebSearch asks, as tool/search_provider.h names them */
	SETTING_CONFINE,         /* whether commands of tools run confined, where that can be done */
	SETTING_NETWORK,         /* whether confined commands reach the network */
	SETTING_COUNT,
};

enum setting_kind { SETTING_TEXT, SETTING_NUMBER, SETTING_AMOUNT, SETTING_LIST, SETTING_SWITCH };

/* Whose word counts. */
enum setting_guard {
	GUARD_NONE,              /* any file's */
	GUARD_PATH,              /* a project that is not trusted may name it, but no folder */
	GUARD_TRUSTED,           /* a project's only when it is trusted */
	GUARD_USER,              /* never a project's */
	GUARD_DAEMON,            /* nor this: it is the daemon's, which serves all of them */
};

/* What a setting is, as data; `config`, the documents and their tests read it. */
struct setting_info {
	const char *name;        /* dotted: in config.toml, below `shammah` in settings.json, as `config` prints it */
	const char *variable;    /* environment variable; NULL: none */
	const char *flag;        /* command line; NULL: none */
	const char *standard;    /* default; NULL: unset */
	enum setting_kind kind;
	enum setting_guard guard;
	int64_t least, most, step;       /* of a number; it is a multiple of step, 0: any */
	bool at_start;           /* the daemon reads it when it starts, and not again */
	const char *what;        /* one line for the reader */
};

extern const struct setting_info settings[SETTING_COUNT];

#define CONFIG_MODEL_FILE "~/.shammah/model"     /* the origin of what `shammah models use` chose */
#define CONFIG_KEY_FILE "~/.anthropic/api_key"

struct value {
	char *text;              /* NULL: unset */
	char *origin;            /* "--port", "environment SHAMMAH_PORT", "~/.claude/settings.json", "default" */
};

#define TEACHER_HEADERS_MAX 32
#define TEACHER_ALIASES 3
extern const char *const teacher_aliases[TEACHER_ALIASES];      /* Claude Code's: "opus", "sonnet", "haiku" */

/*
 * A teacher: a provider with a model, a key and an address.  Keys of one teacher are
 * never sent to another's address.
 */
struct teacher_config {
	char *name;              /* what it is called by; no two are called alike */
	char *provider;          /* one of config/vendors.h */
	char *model;             /* maybe an alias; NULL: the provider's own choice */
	char *model_origin;      /* NULL with `model` */
	char *base_url;          /* NULL: the provider's own address */
	char *base_url_origin;   /* NULL with `base_url` */
	struct value key;        /* text NULL: none, or `helper` prints it */
	bool bearer;             /* the key travels as Authorization: Bearer */
	unsigned uncached;       /* of which models its vendor's cache of prompts is not asked: config/caching.h */
	bool lasting;            /* that cache shall keep them for an hour, which costs more */
	char *stands_for[TEACHER_ALIASES];       /* what these mean; NULL: as the vendor has it */
	char *helper;            /* a command of the user's that prints the key (config/key_helper.h); NULL: none */
	unsigned helper_ttl_s;   /* for how long what it printed holds; 0: ask it each time */
	bool priced;             /* the user says what its model costs: micro-dollars for a million tokens */
	uint32_t price_input, price_output;
	char **headers;          /* more header lines, "Name: value", ended by NULL; NULL: none.  May hold secrets */
	char *origin;            /* what made this teacher: a file, or where its key was found */
};

/* What was noticed while reading. */
enum finding_kind {
	FINDING_NOTE,            /* for who asks (`shammah config`) */
	FINDING_WARNING,         /* ignored, or not meant so */
	FINDING_ERROR,           /* this must not go on as if it were not there */
};
struct finding {
	enum finding_kind kind;
	char *text;              /* "FILE:LINE: key: what is wrong; accepted: ...", one line, no value quoted */
};

enum config_file_state {
	CONFIG_FILE_ABSENT, CONFIG_FILE_READ,
	CONFIG_FILE_BROKEN,      /* there, and not understood: a finding says why */
	CONFIG_FILE_STATES
};
extern const char *const config_file_state_names[CONFIG_FILE_STATES];

/* A file, or a folder of files, that was looked for. */
struct config_file {
	char *path;
	char *name;              /* as findings and origins name it, the home folder as ~ */
	enum config_file_state state;
	struct stamp stamp;
};

/* A variable of a file's `env` object. */
struct config_variable {
	char *name, *text;
	char *file;              /* its name */
};

struct config {
	struct value values[SETTING_COUNT];
	struct teacher_config *teachers;     /* in the order they are asked */
	size_t teacher_count;
	json_t *permissions;     /* [{"file", "folder", "permissions": {"allow": [...], ...}}], strongest first */
	json_t *sandbox;         /* "enabled", "autoAllowBashIfSandboxed", "excludedCommands", as far as they are set */
	struct finding *findings;
	size_t finding_count;
	struct config_file *files;           /* strongest first */
	size_t file_count;
	struct config_variable *variables;   /* no name twice */
	size_t variable_count;
};

/* Where to look.  A test makes its own; everyone else has them made. */
struct config_places {
	char *home;              /* the user's; NULL: none */
	char *ours;              /* $SHAMMAH_HOME, else ~/.shammah; NULL: none */
	char *claude;            /* $CLAUDE_CONFIG_DIR, else ~/.claude; NULL: none */
	char *managed;           /* "/etc/claude-code" */
	const char *draft;       /* what config.toml is to hold, read in its place; NULL: what it holds.  Borrowed */
	char *start;             /* the folder worked in; NULL: no project's settings (the daemon) */
};

/* The usual ones; `project`: with the current folder's project. */
void config_places_init(struct config_places *p, bool project);
void config_places_done(struct config_places *p);
#define own_config_places owns(config_places_done) struct config_places

/*
 * Reads everything but the command line.  A file that is missing is no error; one that
 * cannot be parsed, or holds a wrong value, is, and `err` says the first one; all are
 * among the findings, and the rest is read and usable.  config_done() in any case.
 */
bool config_load(struct config *c, const struct config_places *places, struct error *err) must_use;
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

/* Whether a switch is on; a switch always has a default. */
bool config_switch(const struct config *c, enum setting s);

/* An amount in millionths; `otherwise` when unset. */
int64_t config_micros(const struct config *c, enum setting s, int64_t otherwise);

/*
 * Puts those variables of `env` objects into the process's environment that it lacks and that
 * libraries read, such as HTTPS_PROXY; ours are read from where they stand.  Before threads start.
 */
void config_export(const struct config *c);

/* What a setting accepts: "a whole number from 1 to 65535".  Text for people. */
void setting_accepts(enum setting s, char *out, size_t size);

/* A value as a file has it, in the text that values[].text is; NULL: of another kind.  The caller frees. */
char *setting_from_json(enum setting s, const json_t *value);

/* The other way round: as a file is to have it.  NULL: a number that is none.  Lists have none either. */
json_t *setting_to_json(enum setting s, const char *text);

/* Whether an environment variable's name is one that Shammah reads (settings or not). */
bool config_knows_variable(const char *name);
