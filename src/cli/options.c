#include "cli/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/options_tools.h"

/* --- what each option does ------------------------------------------------------ */

#define FLAG(function, member) \
	static bool function(struct options *o, const char *value, struct error *err) \
	{ \
		(void)value; \
		(void)err; \
		o->member = true; \
		return true; \
	}
FLAG(take_over_budget, over_budget)
FLAG(take_print, print)
FLAG(take_quiet, quiet)
FLAG(take_help, help)
FLAG(take_version, version)
FLAG(take_jsonl, jsonl)
FLAG(take_follow, follow)
FLAG(take_json, json)
FLAG(take_online, online)
FLAG(take_yes, yes)
FLAG(take_background, background)
FLAG(take_allow, allow)
FLAG(take_ask, ask)
FLAG(take_deny, deny)
FLAG(take_dry_run, dry_run)

#define TEXT(function, member) \
	static bool function(struct options *o, const char *value, struct error *err) \
	{ \
		(void)err; \
		o->member = value; \
		return true; \
	}
TEXT(take_model, model)
TEXT(take_port, port)
TEXT(take_teacher, teacher)
TEXT(take_system_prompt, system_prompt)
TEXT(take_tokenizer, tokenizer)
TEXT(take_precision, precision)
TEXT(take_revision, revision)
TEXT(take_scope, scope)
TEXT(take_file, file)

static bool take_source(struct options *o, const char *value, struct error *err)
{
	return route_wish_find(str_of(value), &o->wish) ||
		error_set(err, ERROR_INVALID, "--source takes auto, known, local or teacher");
}

static bool take_max_tokens(struct options *o, const char *value, struct error *err)
{
	char *end;

	errno = 0;
	o->max_tokens = strtoll(value, &end, 10);
	return (*value && !*end && !errno && o->max_tokens >= 1 && o->max_tokens <= INT32_MAX) ||
		error_set(err, ERROR_INVALID, "--max-tokens takes a whole number from 1");
}

static bool take_temperature(struct options *o, const char *value, struct error *err)
{
	char *end;

	o->temperature = strtod(value, &end);
	return (*value && !*end && o->temperature >= 0 && o->temperature <= 2) ||
		error_set(err, ERROR_INVALID, "--temperature takes a number from 0 to 2");
}

static bool take_mode(struct options *o, const char *value, struct error *err)
{
	static const char *const names[] = { [MODE_INTERACTIVE] = "interactive", [MODE_QUERY] = "query",
		[MODE_DAEMON] = "daemon" };

	for (size_t i = 0; i < countof(names); i++) {
		if (strcmp(value, names[i]) == 0) {
			o->mode = (enum mode)i;
			return true;
		}
	}
	return error_set(err, ERROR_INVALID, "--mode takes interactive, query or daemon");
}

static bool take_ready_fd(struct options *o, const char *value, struct error *err)
{
	char *end;
	long fd = strtol(value, &end, 10);

	if (!*value || *end || fd < 3 || fd > 1 << 20)
		return error_set(err, ERROR_INVALID, "--ready-fd takes a descriptor");
	o->ready_fd = (int)fd;
	return true;
}

static bool take_conversation(struct options *o, const char *value, struct error *err)
{
	(void)err;
	o->conversation = value;
	return true;
}

const struct option option_table[] = {
	{ "--print", 'p', NULL, "answer once and exit", take_print },
	{ "--model", 0, "NAME", "the local model: a name, OWNER/NAME of the Hub, or a folder", take_model },
	{ "--source", 0, "WHO", "who may answer: auto, known, local or teacher", take_source },
	{ "--teacher", 0, "NAME", "ask this teacher: its name, PROVIDER/MODEL, or a model's name", take_teacher },
	{ "--over-budget", 0, NULL, "ask a teacher though the month's budget is spent", take_over_budget },
	{ "--system-prompt", 0, "TEXT", "what the model is told first", take_system_prompt },
	{ "--append-system-prompt", 0, "TEXT", "what it is told besides", options_take_append },
	{ "--output-format", 0, "F", "with -p: text, json or stream-json", options_take_output },
	{ "--input-format", 0, "F", "with -p: text or stream-json", options_take_input },
	{ "--include-partial-messages", 0, NULL, "with stream-json: answers as they come", options_take_partial },
	{ "--verbose", 0, NULL, "with -p: every step; json becomes a list of all messages", options_take_verbose },
	{ "--max-turns", 0, "N", "most answers with calls of tools to one question", options_take_max_turns },
	{ "--allowed-tools", 0, "RULES", "may run unasked: \"Read,Bash(git log *)\"", options_take_allowed, true },
	{ "--disallowed-tools", 0, "RULES", "may never run", options_take_denied, true },
	{ "--tools", 0, "NAMES", "the tools there are at all; \"\" is none", options_take_tools, true },
	{ "--permission-mode", 0, "M", "default, acceptEdits, plan, dontAsk or bypassPermissions", options_take_mode },
	{ "--dangerously-skip-permissions", 0, NULL, "the same as the last of these", options_take_skip },
	{ "--add-dir", 0, "DIR", "a further folder to work in", options_take_folder, true },
	{ "--settings", 0, "FILE", "permissions of a settings file, or its JSON, besides", options_take_settings },
	{ "--session-id", 0, "UUID", "the conversation's name in outputs, logs and checkpoints", options_take_session },
	{ "--allowedTools", 0, "RULES", NULL, options_take_allowed, true },
	{ "--disallowedTools", 0, "RULES", NULL, options_take_denied, true },
	{ "--max-tokens", 0, "N", "longest answer, in tokens", take_max_tokens },
	{ "--temperature", 0, "X", "0 always takes the likeliest word, up to 2", take_temperature },
	{ "--quiet", 'q', NULL, "do not say who answered, nor why it takes time", take_quiet },
	{ "--port", 0, "N", "port of the daemon (11435)", take_port },
	{ "--tokenizer", 0, "DIR", "explain: folder with tokenizer.json", take_tokenizer },
	{ "--jsonl", 0, NULL, "explain: one JSON object a line, in and out", take_jsonl },
	{ "--precision", 0, "P", "models pull, use: q4, q4f16, int8, fp16, ...", take_precision },
	{ "--revision", 0, "R", "models: a branch, tag or commit", take_revision },
	{ "--background", 0, NULL, "models pull: the daemon does it", take_background },
	{ "--json", 0, NULL, "models list, recommend, bench; metrics, config, doctor, permissions", take_json },
	{ "--online", 0, NULL, "doctor: also ask each teacher for a word", take_online },
	{ "--file", 0, "FILE", "rewind: only this file", take_file },
	{ "--dry-run", 0, NULL, "rewind: say what would be done, and do nothing", take_dry_run },
	{ "--allow", 0, NULL, "permissions add, remove: a rule that allows", take_allow },
	{ "--ask", 0, NULL, "the same: one that has calls asked about", take_ask },
	{ "--deny", 0, NULL, "the same: one that denies", take_deny },
	{ "--scope", 0, "SCOPE", "permissions: local (usual), project, user or approvals", take_scope },
	{ "--yes", 'y', NULL, "models rm, rewind: do not ask", take_yes },
	{ "--follow", 'f', NULL, "daemon logs: go on as the log grows", take_follow },
	{ "--mode", 0, "MODE", "as in older versions: interactive, query or daemon", take_mode },
	{ "--help", 'h', NULL, "this text; after a command, its own", take_help },
	{ "--version", 'v', NULL, "the version", take_version },
	{ "--ready-fd", 0, "FD", NULL, take_ready_fd },
	{ "--conversation", 0, "FILE", NULL, take_conversation },
	{0},
};

/* --- parsing ---------------------------------------------------------------------- */

static const struct option *find_option(struct str name)
{
	for (const struct option *x = option_table; x->name; x++)
		if (str_is(name, x->name) || (name.n == 2 && name.p[0] == '-' && x->letter && name.p[1] == x->letter))
			return x;
	return NULL;
}

/* One option at argv[*i], its value in the same word after '=' or in the next. */
static bool take_option(struct options *o, int argc, char **argv, int *i, struct error *err)
{
	struct str word = str_of(argv[*i]);
	const char *equals = word.n > 2 && word.p[1] == '-' ? strchr(argv[*i], '=') : NULL;
	struct str name = equals ? (struct str){ word.p, (size_t)(equals - word.p) } : word;
	const struct option *option = find_option(name);

	if (!option)
		return error_set(err, ERROR_INVALID, "there is no option %.*s; `shammah --help` lists them",
			STR_ARGS(name));
	if (!option->argument)
		return equals ? error_set(err, ERROR_INVALID, "%s takes no value", option->name) :
			option->read(o, NULL, err);
	const char *value = equals ? equals + 1 : *i + 1 < argc ? argv[++*i] : NULL;
	if (!value)
		return error_set(err, ERROR_INVALID, "%s needs a value: %s %s", option->name, option->name,
			option->argument);
	if (!option->read(o, value, err))
		return false;
	while (option->many && !equals && o->text && *i + 1 < argc && argv[*i + 1][0] != '-')
		if (!option->read(o, argv[++*i], err))
			return false;
	return true;
}

static void add_word(struct options *o, const char *word)
{
	char *joined = o->text ? mem_printf("%s %s", o->text, word) : mem_strdup(word);

	free(o->text);
	o->text = joined;
}

const struct command *command_find(struct str name)
{
	for (const struct command *c = commands; c->name; c++)
		if (str_is(name, c->name))
			return c;
	return NULL;
}

/* The first word may be a command or a folder; with -p every word is the question's. */
static void take_word(struct options *o, const char *word, bool first)
{
	if (first && !o->print && !o->command)
		o->command = command_find(str_of(word));
	else
		first = false;
	if (first && o->command)
		return;
	if (first && path_is_directory(word))
		o->directory = word;
	else
		add_word(o, word);
}

static bool is_accepted(const char *words, const char *text)
{
	struct str rest = str_of(words), word;

	while (str_split(&rest, '|', &word))
		if (str_is(word, text))
			return true;
	return false;
}

static bool check_words(const struct options *o, struct error *err)
{
	const struct command *c = o->command;

	if (!c || o->help || !c->words || is_accepted(c->words, o->text ? o->text : ""))
		return true;
	if (!*c->words)
		return error_set(err, ERROR_INVALID, "`shammah %s` takes no further words", c->name);
	return error_set(err, ERROR_INVALID, "usage: shammah %s %s", c->name, c->usage);
}

bool options_parse(struct options *o, int argc, char **argv, struct error *err)
{
	bool words_only = false, first = true;

	*o = (struct options){ .max_tokens = -1, .temperature = NAN, .ready_fd = -1 };
	o->written = mem_zeroed((size_t)argc + 1, sizeof *o->written);
	for (int i = 1; i < argc; i++) {
		if (!words_only && strcmp(argv[i], "--") == 0) {
			words_only = true;
		} else if (!words_only && argv[i][0] == '-' && argv[i][1]) {
			int from = i;
			if (!take_option(o, argc, argv, &i, err))
				return false;
			while (from <= i)
				o->written[o->written_count++] = argv[from++];
		} else {
			take_word(o, argv[i], first && !words_only);
			first = false;
		}
	}
	return check_words(o, err);
}

void options_done(struct options *o)
{
	free(o->text);
	o->text = NULL;
	free(o->written);
	o->written = NULL;
	options_tools_done(o);
}
