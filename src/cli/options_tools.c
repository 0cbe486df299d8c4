#include "cli/options_tools.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "permit/permission.h"

#define TURNS_MAX 10000

/* --- lists -------------------------------------------------------------------------------- */

static void add(struct option_list *l, struct str text)
{
	l->at = mem_resize(l->at, l->count + 1, sizeof *l->at);
	l->at[l->count++] = mem_strndup(text.p, text.n);
}

/* Rules stand behind commas or blanks, which may also stand in the parentheses of a rule. */
static bool add_rules(struct option_list *l, const char *value)
{
	struct str rest = str_of(value);

	l->given = true;
	while (rest.n) {
		size_t n = 0, deep = 0;
		while (n < rest.n && (deep || (rest.p[n] != ',' && rest.p[n] != ' '))) {
			deep += rest.p[n] == '(';
			deep -= rest.p[n] == ')' && deep;
			n++;
		}
		struct str rule = str_trim((struct str){ rest.p, n });
		if (rule.n)
			add(l, rule);
		rest = str_from(rest, n < rest.n ? n + 1 : n);
	}
	return true;
}

static void list_done(struct option_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->at[i]);
	free(l->at);
	*l = (struct option_list){0};
}

void options_tools_done(struct options *o)
{
	list_done(&o->allowed);
	list_done(&o->denied);
	list_done(&o->tools);
	list_done(&o->folders);
}

#define RULES(function, member) \
	bool function(struct options *o, const char *value, struct error *err) \
	{ \
		(void)err; \
		return add_rules(&o->member, value); \
	}
RULES(options_take_allowed, allowed)
RULES(options_take_denied, denied)
RULES(options_take_tools, tools)

bool options_take_folder(struct options *o, const char *value, struct error *err)
{
	if (!*value)
		return error_set(err, ERROR_INVALID, "--add-dir takes a folder");
	add(&o->folders, str_of(value));
	return true;
}

/* --- words and flags -------------------------------------------------------------------------- */

#define FLAG(function, member) \
	bool function(struct options *o, const char *value, struct error *err) \
	{ \
		(void)value; \
		(void)err; \
		o->member = true; \
		return true; \
	}
FLAG(options_take_partial, partial)
FLAG(options_take_verbose, verbose)
FLAG(options_take_skip, skip_permissions)

#define TEXT(function, member) \
	bool function(struct options *o, const char *value, struct error *err) \
	{ \
		(void)err; \
		o->member = value; \
		return true; \
	}
TEXT(options_take_append, append_system_prompt)
TEXT(options_take_settings, settings)

bool options_take_output(struct options *o, const char *value, struct error *err)
{
	static const char *const names[] = { [OUTPUT_TEXT] = "text", [OUTPUT_JSON] = "json",
		[OUTPUT_STREAM_JSON] = "stream-json" };

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(value, names[i]) == 0) {
			o->output = (enum output_format)i;
			return true;
		}
	return error_set(err, ERROR_INVALID, "--output-format takes text, json or stream-json");
}

bool options_take_input(struct options *o, const char *value, struct error *err)
{
	o->stream_input = strcmp(value, "stream-json") == 0;
	return o->stream_input || strcmp(value, "text") == 0 ||
		error_set(err, ERROR_INVALID, "--input-format takes text or stream-json");
}

bool options_take_max_turns(struct options *o, const char *value, struct error *err)
{
	char *end;

	errno = 0;
	long n = strtol(value, &end, 10);
	o->max_turns = n >= 1 && n <= TURNS_MAX ? (unsigned)n : 0;
	return (*value && !*end && !errno && o->max_turns) ||
		error_set(err, ERROR_INVALID, "--max-turns takes a whole number from 1");
}

bool options_take_mode(struct options *o, const char *value, struct error *err)
{
	enum permission_mode mode;

	o->permission_mode = value;
	return permission_mode_read(value, &mode) || error_set(err, ERROR_INVALID,
		"--permission-mode takes default, acceptEdits, plan, dontAsk or bypassPermissions");
}

/* RFC 9562: 8-4-4-4-12 hexadecimal digits. */
bool options_take_session(struct options *o, const char *value, struct error *err)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	bool right = strlen(value) == strlen(form);

	for (size_t i = 0; right && value[i]; i++)
		right = form[i] == '-' ? value[i] == '-' : isxdigit((unsigned char)value[i]) != 0;
	o->session = value;
	return right || error_set(err, ERROR_INVALID, "--session-id takes a UUID, as uuidgen prints one");
}
