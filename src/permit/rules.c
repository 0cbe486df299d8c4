/*
 * A rule's name decides how its specifier is read: a row of `tools`.  What a row does not know is an
 * error; deny and ask rules survive it, broken.
 */
#include "permit/rules.h"

#include <stdlib.h>

#include "base/mem.h"

const char *const rule_list_names[] = { "deny", "ask", "allow" };

/* A rule on its way. */
struct reading {
	struct rule *r;
	const struct rule_folders *folders;
	struct buf *odd;
	struct str spec;           /* between the parentheses */
};

static void tell(struct reading *g, const char *what)
{
	struct error err = {0};

	if (g->odd->len)
		(void)!(buf_adds(g->odd, "; ", &err));
	(void)!(buf_adds(g->odd, what, &err));
}

/* Reads g->spec as that kind's. */
static bool read_kind(struct reading *g, enum rule_kind kind);

/* What cannot be read: an allow rule is dropped, others ask. */
static bool broken(struct reading *g, const char *why)
{
	tell(g, why);
	if (g->r->list == RULE_ALLOW) {
		tell(g, "the rule allows nothing");
		return false;
	}
	g->r->list = RULE_ASK;
	g->r->kind = RULE_TOOL;
	g->r->broken = true;
	tell(g, g->r->tool.n ? "until it is mended, every call of the tool is asked about" :
		"until it is mended, every call of every tool is asked about");
	return true;
}

/* --- commands ------------------------------------------------------------------------ */

/* "\(" and "\)" stand for themselves. */
static char *unescape(struct str spec)
{
	char *out = mem_alloc(spec.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < spec.n; i++)
		if (spec.p[i] != '\\' || i + 1 == spec.n || !strchr("()", spec.p[i + 1]))
			out[n++] = spec.p[i];
	out[n] = '\0';
	return out;
}

static bool read_command(struct reading *g)
{
	struct str spec = str_trim(g->spec);

	g->r->kind = RULE_COMMAND;
	if (str_ends(spec, ":*")) {
		own_mem char *start = unescape((struct str){ spec.p, spec.n - 2 });
		g->r->spec = mem_printf("%s *", start);
		return true;
	}
	g->r->spec = unescape(spec);
	return true;
}

/* --- paths ---------------------------------------------------------------------------- */

/* The folder above; the root stays. */
static void cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* Takes what the pattern begins with, and makes its anchor of it. */
static bool read_anchor(struct reading *g, struct str *p)
{
	struct rule *r = g->r;
	const char *folder = g->folders->cwd;

	r->pattern.anchored = true;
	if (str_starts(*p, str_of("//"))) {
		folder = "";
	} else if (str_is(*p, "~") || str_starts(*p, str_of("~/"))) {
		folder = g->folders->home;
		*p = str_from(*p, 1);
	} else if (str_starts(*p, str_of("/"))) {
		folder = g->folders->source;
	} else {
		r->pattern.anchored = false;
		for (; str_starts(*p, str_of("./")); *p = str_from(*p, 2))
			r->pattern.anchored = r->list == RULE_ALLOW;
	}
	if (!folder)
		return broken(g, "the home folder is unknown"), false;
	r->anchor = mem_strdup(folder);
	while (r->anchor[0] && str_ends(str_of(r->anchor), "/"))
		r->anchor[strlen(r->anchor) - 1] = '\0';
	for (; !r->pattern.anchored && str_starts(*p, str_of("../")); *p = str_from(*p, 3))
		cut_last(r->anchor);
	return true;
}

/* The pattern without doubled slashes and ".", and without slashes at its ends. */
static char *plain_pattern(struct str p, bool *folder)
{
	char *out = mem_alloc(p.n + 1);
	size_t n = 0;
	struct str segment;

	*folder = str_ends(p, "/");
	while (str_split(&p, '/', &segment)) {
		if (!segment.n || str_is(segment, "."))
			continue;
		if (n)
			out[n++] = '/';
		memcpy(out + n, segment.p, segment.n);
		n += segment.n;
	}
	out[n] = '\0';
	return out;
}

/* "src/" and "src/ **" name one folder: where in allow rules, anywhere in others. */
static void settle_depth(struct rule *r, bool folder)
{
	size_t n = strlen(r->spec);
	bool inside = folder, was_anchored = r->pattern.anchored;

	while (n >= 3 && strcmp(r->spec + n - 3, "/**") == 0) {
		n -= 3;
		r->spec[n] = '\0';
		inside = true;
	}
	if (strcmp(r->spec, "**") == 0)
		r->spec[0] = '\0';
	if (strchr(r->spec, '/'))
		r->pattern.anchored = true;
	else if (inside && !was_anchored)
		r->pattern.anchored = r->list == RULE_ALLOW;
}

static bool read_path(struct reading *g)
{
	struct rule *r = g->r;
	struct str spec = str_trim(g->spec);
	bool folder, up = str_starts(spec, str_of("../")) || str_is(spec, "..");

	if (!spec.n)
		return broken(g, "the path is empty");
	if (spec.p[0] == '!')
		return broken(g, "a path that begins with \"!\" excepts nothing here");
	r->kind = RULE_PATH;
	if (!read_anchor(g, &spec))
		return r->broken;
	if (up)
		r->pattern.anchored = true;
	r->spec = plain_pattern(spec, &folder);
	settle_depth(r, folder);
	if (strcmp(r->spec, "..") == 0 || strncmp(r->spec, "../", 3) == 0 || strstr(r->spec, "/../"))
		return broken(g, "a path with \"..\" inside matches nothing");
	r->pattern.text = str_of(r->spec);
	r->pattern.fold = r->list != RULE_ALLOW;
	return true;
}

/* Of Write, as v1 had it, and of tools whose paths Claude Code never looks at. */
static bool read_old_path(struct reading *g)
{
	bool write = str_is(g->r->tool, "Write");

	if (write) {
		tell(g, "is v1's form: today it is Edit(PATH), which governs every tool that edits; "
			"taken for Write alone");
		if (!read_path(g))
			return false;
		g->r->both_roots = g->r->list != RULE_ALLOW && str_starts(str_trim(g->spec), str_of("/"));
		return true;
	}
	bool reads = str_is(g->r->tool, "Glob") || str_is(g->r->tool, "Grep");
	tell(g, reads ? "paths are governed by Read(PATH)" : "paths are governed by Edit(PATH)");
	if (g->r->list == RULE_ALLOW) {
		tell(g, "the rule allows nothing");
		return false;
	}
	tell(g, "taken for this tool alone");
	return read_path(g);
}

/* --- addresses ------------------------------------------------------------------------- */

static bool read_domain(struct reading *g, struct str host)
{
	host = str_trim(host);
	if (str_ends(host, "."))
		host.n--;
	if (!host.n || memchr(host.p, '/', host.n) || memchr(host.p, ':', host.n) || memchr(host.p, ' ', host.n))
		return broken(g, "\"domain:\" must be followed by a host's name alone");
	g->r->kind = str_is(host, "*") ? RULE_TOOL : RULE_DOMAIN;
	g->r->spec = mem_strndup(host.p, host.n);
	return true;
}

static bool read_address(struct reading *g)
{
	struct str spec = str_trim(g->spec);

	if (str_starts_like(spec, "domain:"))
		return read_domain(g, str_from(spec, 7));
	if (!str_starts_like(spec, "https://") && !str_starts_like(spec, "http://"))
		return broken(g, "WebFetch takes \"domain:HOST\"");
	struct str host = str_from(spec, str_starts_like(spec, "https") ? 8 : 7);
	struct error err = {0};
	const char *end = memchr(host.p, '/', host.n);
	if (end)
		host.n = (size_t)(end - host.p);
	if (!host.n)
		return broken(g, "WebFetch takes \"domain:HOST\"");
	tell(g, "is v1's form, matched by scheme, host, port and path: today it is WebFetch(domain:");
	(void)!(buf_add_str(g->odd, host, &err) && buf_adds(g->odd, ")", &err));
	g->r->kind = RULE_URL;
	g->r->spec = mem_strndup(spec.p, spec.n);
	return true;
}

/* --- tools --------------------------------------------------------------------------- */

/* What stands in parentheses behind a tool's name. */
struct rule_tool {
	const char *name;
	enum rule_kind kind;       /* RULE_TOOL: nothing but parameters */
	const char *primary;       /* what it works on, which no parameter rule matches */
	const char *const *parameters;
};

#define PARAMETERS(...) (const char *const[]){ __VA_ARGS__, NULL }

static const struct rule_tool tools[] = {
	{ "Bash", RULE_COMMAND, "command",
		PARAMETERS("timeout", "description", "run_in_background", "dangerouslyDisableSandbox") },
	{ "Read", RULE_PATH, "file_path", PARAMETERS("offset", "limit", "pages") },
	{ "Edit", RULE_PATH, "file_path", PARAMETERS("old_string", "new_string", "replace_all") },
	{ "Write", RULE_PATH, "file_path", PARAMETERS("content") },
	{ "MultiEdit", RULE_PATH, "file_path", PARAMETERS("edits") },
	{ "NotebookEdit", RULE_PATH, "notebook_path",
		PARAMETERS("cell_id", "new_source", "cell_type", "edit_mode") },
	{ "NotebookRead", RULE_PATH, "notebook_path", PARAMETERS("cell_id") },
	{ "Grep", RULE_PATH, "path", PARAMETERS("pattern", "glob", "output_mode", "type", "head_limit",
		"multiline", "-A", "-B", "-C", "-i", "-n") },
	{ "Glob", RULE_PATH, "path", PARAMETERS("pattern") },
	{ "WebFetch", RULE_DOMAIN, "url", PARAMETERS("prompt") },
	{ "WebSearch", RULE_TOOL, NULL, PARAMETERS("query") },
	{ "Agent", RULE_NAME, NULL, PARAMETERS("model", "isolation", "description", "prompt", "subagent_type",
		"run_in_background", "name") },
	{ "Task", RULE_NAME, NULL, PARAMETERS("model", "isolation", "description", "prompt", "subagent_type",
		"run_in_background", "name") },
	{ "Skill", RULE_NAME, NULL, PARAMETERS("args") },
	{ "TodoWrite", RULE_TOOL, NULL, PARAMETERS("todos") },
	{ "AskUserQuestion", RULE_TOOL, NULL, PARAMETERS("questions") },
	{ "ExitPlanMode", RULE_TOOL, NULL, PARAMETERS("plan") },
	{ "RunCode", RULE_TOOL, "code", PARAMETERS("language", "timeout") },
	{ "Restart", RULE_TOOL, NULL, PARAMETERS("reason") },
	{ "BashOutput", RULE_TOOL, NULL, PARAMETERS("bash_id", "filter") },
	{ "KillShell", RULE_TOOL, NULL, PARAMETERS("shell_id") },
	{ "TaskOutput", RULE_TOOL, NULL, PARAMETERS("task_id", "block", "timeout") },
	{ "TaskStop", RULE_TOOL, NULL, PARAMETERS("task_id") },
	{ "SlashCommand", RULE_NAME, NULL, PARAMETERS("command") },
	{ "PowerShell", RULE_COMMAND, "command", PARAMETERS("timeout", "description", "run_in_background") },
	{ "Cd", RULE_NOTHING, NULL, NULL },
	{ "LSP", RULE_TOOL, NULL, PARAMETERS("operation") },
};

static const struct rule_tool *find_tool(struct str name)
{
	for (size_t i = 0; i < countof(tools); i++)
		if (str_is(name, tools[i].name))
			return &tools[i];
	return NULL;
}

/* --- parameters and names ------------------------------------------------------------------ */

static bool is_name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* "model : opus"; false: it is no parameter's name and value. */
static bool split_parameter(struct str spec, struct str *name, struct str *value)
{
	const char *colon = spec.n ? memchr(spec.p, ':', spec.n) : NULL;

	if (!colon)
		return false;
	*name = str_trim((struct str){ spec.p, (size_t)(colon - spec.p) });
	*value = str_trim(str_from(spec, (size_t)(colon - spec.p) + 1));
	for (size_t i = 0; i < name->n; i++)
		if (!is_name_letter(name->p[i]))
			return false;
	return name->n > 0;
}

/* A parameter's rule, if the tool has such a parameter; *done then. */
static bool read_parameter(struct reading *g, const struct rule_tool *t, bool *done)
{
	struct str name, value;
	struct rule *r = g->r;

	*done = false;
	if ((t && !t->parameters) || !split_parameter(g->spec, &name, &value))
		return false;
	bool known = !t || str_is_among(name, t->parameters);
	bool primary = t && t->primary && str_is(name, t->primary);
	if (!known && !primary)
		return false;
	if (r->list == RULE_ALLOW && t && t->kind == RULE_COMMAND && str_is(value, "*"))
		return false;
	*done = true;
	if (primary) {
		tell(g, "what a tool works on cannot be matched by its parameter's name; write it without the name");
		if (r->list == RULE_ALLOW || !value.n) {
			tell(g, "the rule does nothing");
			return false;
		}
		r->list = RULE_ASK;
		tell(g, "taken for an ask rule without it");
		g->spec = value;
		return read_kind(g, t->kind);
	}
	if (r->list == RULE_ALLOW)
		return broken(g, "one parameter's value does not make a call safe: only deny and ask rules have them");
	r->kind = RULE_PARAMETER;
	r->parameter = mem_strndup(name.p, name.n);
	r->spec = mem_strndup(value.p, value.n);
	return true;
}

static bool read_name(struct reading *g)
{
	struct str spec = str_trim(g->spec);

	g->r->kind = RULE_NAME;
	g->r->parameter = mem_strdup(str_is(g->r->tool, "Skill") ? "skill" : "subagent_type");
	g->r->spec = mem_strndup(spec.p, spec.n);
	return true;
}

/* --- the whole rule ------------------------------------------------------------------------ */

static bool read_kind(struct reading *g, enum rule_kind kind)
{
	bool governs = str_is(g->r->tool, "Read") || str_is(g->r->tool, "Edit");

	switch (kind) {
	case RULE_COMMAND: return read_command(g);
	case RULE_PATH: return governs ? read_path(g) : read_old_path(g);
	case RULE_DOMAIN: return read_address(g);
	case RULE_NAME: return read_name(g);
	case RULE_NOTHING:
		tell(g, "governs /cd of Claude Code; nothing here");
		return false;
	default: return broken(g, "its tool has no such specifier");
	}
}

/* What is between the parentheses; *all: nothing that narrows the tool. */
static bool split_spec(struct reading *g, bool *all)
{
	struct rule *r = g->r;
	struct str text = str_of(r->text);
	const char *open = text.n ? memchr(text.p, '(', text.n) : NULL;

	r->tool = open ? str_trim((struct str){ text.p, (size_t)(open - text.p) }) : text;
	*all = !open;
	for (size_t i = 0; i < r->tool.n; i++)
		if ((unsigned char)r->tool.p[i] <= ' ' || strchr(")\"',", r->tool.p[i])) {
			r->tool.n = open ? r->tool.n : i;
			return broken(g, "it is no tool's name"), false;
		}
	if (!r->tool.n)
		return broken(g, "it names no tool"), false;
	if (!open)
		return true;
	if (!str_ends(text, ")"))
		return broken(g, "its parenthesis is not closed"), false;
	g->spec = (struct str){ open + 1, (size_t)(text.p + text.n - 1 - (open + 1)) };
	if (!str_trim(g->spec).n && r->list == RULE_ALLOW)
		return broken(g, "nothing stands between its parentheses"), false;
	const struct rule_tool *t = find_tool(r->tool);
	*all = !str_trim(g->spec).n || (str_is(str_trim(g->spec), "*") && !(t && t->kind == RULE_PATH)) ||
		(t && t->kind == RULE_COMMAND && str_is(str_trim(g->spec), ":*"));
	return true;
}

/* Allow rules may leave open only which tool of a named server of MCP. */
static bool check_name(struct reading *g)
{
	struct str tool = g->r->tool, server = str_starts(tool, str_of("mcp__")) ? str_from(tool, 5) : (struct str){0};
	const char *end = server.n ? memmem(server.p, server.n, "__", 2) : NULL;

	if (glob_is(tool) && g->r->list == RULE_ALLOW &&
		(!end || end == server.p || memchr(server.p, '*', (size_t)(end - server.p))))
		return broken(g, "an allow rule may hold \"*\" in a tool's name only after \"mcp__SERVER__\"");
	if (!find_tool(tool) && g->r->list != RULE_ALLOW && !glob_is(tool) && !memchr(tool.p, '_', tool.n))
		tell(g, "there is no tool of that name");
	return true;
}

static bool read_rule(struct rule *r, enum rule_list list, const char *text, const char *file,
	const struct rule_folders *folders, struct buf *odd)
{
	struct reading g = { r, folders, odd, {0} };
	struct str trimmed = str_trim(str_of(text));
	bool all, done = false;

	*r = (struct rule){ .list = list, .kind = RULE_TOOL, .file = mem_strdup(file) };
	r->text = mem_strndup(trimmed.p, trimmed.n);
	if (!trimmed.n) {
		tell(&g, "an empty rule names nothing, and does nothing");
		return false;
	}
	if (!split_spec(&g, &all))
		return r->broken;
	if (!check_name(&g))
		return false;
	if (all)
		return true;
	const struct rule_tool *t = find_tool(r->tool);
	if (!t && (glob_is(r->tool) || r->list == RULE_ALLOW))
		return broken(&g, "a tool of that name has no specifier");
	bool ok = read_parameter(&g, t, &done);
	if (done)
		return ok;
	return t ? read_kind(&g, t->kind) : broken(&g, "a tool of that name has no specifier but parameter:value");
}

bool rule_read(struct rule *r, enum rule_list list, const char *text, const char *file,
	const struct rule_folders *folders, struct buf *odd)
{
	bool kept = read_rule(r, list, text, file, folders, odd);

	r->odd = odd->len ? mem_strdup(odd->data) : NULL;
	return kept;
}

void rule_done(struct rule *r)
{
	free(r->odd);
	free(r->text);
	free(r->file);
	free(r->spec);
	free(r->anchor);
	free(r->parameter);
	*r = (struct rule){0};
}
