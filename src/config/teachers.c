#include "config/teachers.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"
#include "config/findings.h"
#include "config/keys.h"
#include "config/values.h"
#include "config/variables.h"

#define MODEL_VARIABLE "ANTHROPIC_MODEL"
#define HEADERS_VARIABLE "ANTHROPIC_CUSTOM_HEADERS"
#define BETAS_VARIABLE "ANTHROPIC_BETAS"
#define HEADERS_MAX 32
#define TEXT_MAX ((size_t)2048)

const struct teacher_key teacher_keys[] = {
	{ "provider", "a provider's name", "who is asked" },
	{ "model", "a string", "the model; without it the one the provider offers first" },
	{ "api_key", "a string", "the key; better in a variable of the environment" },
	{ "api_key_env", "a variable's name", "the variable that holds the key" },
	{ "base_url", "an http or https address", "where it is asked, with a key that this entry names" },
	{ "name", "a string", "what it is called by; the provider's name without it" },
	{ "headers", "a table of strings", "more header lines" },
	{ "enabled", "true or false", "false: as if it were not there" },
	{0},
};

/* Claude Code's variables for what an alias stands for. */
static const struct { const char *alias, *variable; } aliases[] = {
	{ "opus", "ANTHROPIC_DEFAULT_OPUS_MODEL" },
	{ "sonnet", "ANTHROPIC_DEFAULT_SONNET_MODEL" },
	{ "haiku", "ANTHROPIC_DEFAULT_HAIKU_MODEL" },
};

bool teachers_variable(const char *name)
{
	static const char *const others[] = { MODEL_VARIABLE, HEADERS_VARIABLE, BETAS_VARIABLE,
		"CLAUDE_CODE_API_KEY_HELPER_TTL_MS" };

	for (size_t i = 0; i < countof(others); i++)
		if (strcmp(others[i], name) == 0)
			return true;
	for (size_t i = 0; i < countof(aliases); i++)
		if (strcmp(aliases[i].variable, name) == 0)
			return true;
	return false;
}

void teacher_config_done(struct teacher_config *t)
{
	free(t->name);
	free(t->provider);
	free(t->model);
	free(t->model_origin);
	free(t->base_url);
	free(t->base_url_origin);
	value_done(&t->key);
	free(t->helper);
	for (char **h = t->headers; h && *h; h++)
		free(*h);
	free(t->headers);
	free(t->origin);
	*t = (struct teacher_config){0};
}
#define own_teacher owns(teacher_config_done) struct teacher_config

static void keep(struct config *c, struct teacher_config *t)
{
	c->teachers = mem_resize(c->teachers, c->teacher_count + 1, sizeof *c->teachers);
	c->teachers[c->teacher_count++] = *t;
	*t = (struct teacher_config){0};
}

/* ---- Address, model and headers that variables bring ---- */

static bool is_address(const char *text)
{
	struct str url = str_of(text);
	size_t scheme = str_starts(url, (struct str)STR("https://")) ? 8 : 7;

	if (!str_starts(url, (struct str)STR("https://")) && !str_starts(url, (struct str)STR("http://")))
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] >= 0x7f || url.n > TEXT_MAX)
			return false;
	size_t host = strcspn(url.p + scheme, "/?#");
	return host && !memchr(url.p + scheme, '@', host);
}

#define ADDRESS_ACCEPTED "accepted: an http or https address, without a name or password in it"

static void take_address(struct loader *l, const struct vendor *v, struct teacher_config *t)
{
	own_mem char *origin = NULL;
	const char *url = v->address && !t->base_url ? variable_find(l->c, v->address, &origin) : NULL;

	if (url && !is_address(url)) {
		finding_add(l->c, FINDING_ERROR, "%s: %s: is not accepted; " ADDRESS_ACCEPTED, origin, v->address);
	} else if (url) {
		t->base_url = mem_strdup(url);
		t->base_url_origin = take(origin);
	}
}

/* What an alias stands for where a variable says so; the provider knows what else it may. */
static void resolve_alias(struct loader *l, struct teacher_config *t)
{
	for (size_t i = 0; i < countof(aliases) && t->model; i++) {
		own_mem char *origin = NULL;
		const char *model = strcmp(t->model, aliases[i].alias) == 0 ?
			variable_find(l->c, aliases[i].variable, &origin) : NULL;
		if (!model)
			continue;
		free(t->model);
		free(t->model_origin);
		t->model = mem_strdup(model);
		t->model_origin = take(origin);
		return;
	}
}

static void take_model(struct loader *l, struct teacher_config *t)
{
	own_mem char *origin = NULL;
	const char *model = variable_find(l->c, MODEL_VARIABLE, &origin);

	if (!t->model && model) {
		t->model = mem_strdup(model);
		t->model_origin = take(origin);
	} else if (!t->model && l->model.text && strcmp(l->model.text, "default") != 0) {
		t->model = mem_strdup(l->model.text);
		t->model_origin = mem_strdup(l->model.origin);
	}
	resolve_alias(l, t);
}

static size_t count_headers(const struct teacher_config *t)
{
	size_t n = 0;

	while (t->headers && t->headers[n])
		n++;
	return n;
}

/* "Name: value", as HTTP has it (RFC 9110, 5.1 and 5.5). */
static bool is_header(struct str line)
{
	const char *colon = memchr(line.p, ':', line.n);
	size_t name = colon ? (size_t)(colon - line.p) : 0;

	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];
		if (i < name ? !isalnum(c) && !strchr("!#$%&'*+-.^_`|~", c) : (c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return name && line.n <= TEXT_MAX;
}

/* False when it is none, or one too many. */
static bool add_header(struct teacher_config *t, struct str line)
{
	size_t n = count_headers(t);

	if (!is_header(line) || n >= HEADERS_MAX)
		return false;
	t->headers = mem_resize(t->headers, n + 2, sizeof *t->headers);
	t->headers[n] = mem_strndup(line.p, line.n);
	t->headers[n + 1] = NULL;
	return true;
}

static void take_headers(struct loader *l, struct teacher_config *t)
{
	own_mem char *lines_origin = NULL, *betas_origin = NULL;
	const char *lines = variable_find(l->c, HEADERS_VARIABLE, &lines_origin);
	const char *betas = variable_find(l->c, BETAS_VARIABLE, &betas_origin);
	struct str rest = str_of(lines ? lines : ""), line;

	while (str_split(&rest, '\n', &line))
		if (str_trim(line).n && !add_header(t, str_trim(line)))
			finding_add(l->c, FINDING_ERROR,
				"%s: " HEADERS_VARIABLE ": is not accepted; accepted: at most %d lines "
				"\"Name: value\"",
				lines_origin, HEADERS_MAX);
	if (!betas)
		return;
	own_mem char *header = mem_printf("anthropic-beta: %s", betas);
	if (!add_header(t, str_of(header)))
		finding_add(l->c, FINDING_ERROR,
			"%s: " BETAS_VARIABLE ": is not accepted; accepted: names with commas between", betas_origin);
}

/* What variables say of a vendor; it belongs to the vendor's own address, or the one a variable names. */
static void take_variables(struct loader *l, const struct vendor *v, struct teacher_config *t)
{
	bool own_address = t->base_url;

	take_address(l, v, t);
	if (v != VENDOR_CLAUDE)
		return;
	take_model(l, t);
	if (!own_address)
		take_headers(l, t);
}

/* ---- Without [[teachers]] ---- */

static void find_all(struct loader *l)
{
	for (size_t i = 0; i < vendor_count; i++) {
		const struct vendor *v = &vendors[i];
		own_teacher t = {0};
		if (!key_find(l, v, NULL, NULL, &t))
			continue;
		t.name = mem_strdup(v->name);
		t.provider = mem_strdup(v->name);
		t.origin = mem_strdup(t.key.origin);
		take_variables(l, v, &t);
		keep(l->c, &t);
	}
}

/* ---- [[teachers]] ---- */

struct entry {
	struct loader *l;
	const struct vendor *vendor;
	const json_t *object;
	const char *path;        /* "teachers[0]" */
	bool ok;                 /* nothing was wrong so far */
};

static void entry_finding(struct entry *e, enum finding_kind kind, const char *key, const char *text)
{
	own_mem char *path = mem_printf("%s%s%s", e->path, *key ? "." : "", key);

	document_finding(e->l->teachers, e->l->c, kind, path, "%s", text);
	e->ok &= kind != FINDING_ERROR;
}

/* A string of the entry; NULL when it is not there or of another kind. */
static const char *entry_text(struct entry *e, const char *key)
{
	const json_t *value = json_object_get(e->object, key);
	const char *text = json_string_value(value);

	if (value && (!text || !*text || strlen(text) > TEXT_MAX)) {
		entry_finding(e, FINDING_ERROR, key, "is not accepted; accepted: a string, not empty");
		return NULL;
	}
	return text;
}

static void check_keys(struct entry *e)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)e->object, name, value) {
		const struct teacher_key *k = teacher_keys;
		while (k->name && strcmp(k->name, name) != 0)
			k++;
		if (!k->name)
			entry_finding(e, FINDING_WARNING, name, "unknown, and ignored");
	}
}

static bool is_enabled(struct entry *e)
{
	const json_t *value = json_object_get(e->object, "enabled");

	if (value && !json_is_boolean(value))
		entry_finding(e, FINDING_ERROR, "enabled", "is not accepted; accepted: true or false");
	return !json_is_false(value);
}

static void find_vendor(struct entry *e)
{
	const char *name = entry_text(e, "provider");
	own_buf accepted = BUF_INIT(1000);

	e->vendor = name ? vendor_find(name) : NULL;
	if (e->vendor)
		return;
	buf_put(&accepted,
		name || !json_object_get(e->object, "provider") ? "is not accepted; accepted: " : "accepted: ");
	for (size_t i = 0; i < vendor_count; i++)
		buf_putf(&accepted, "%s%s", i ? ", " : "", vendors[i].name);
	entry_finding(e, FINDING_ERROR, "provider", accepted.data);
}

static bool is_taken(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->teacher_count; i++)
		if (strcmp(c->teachers[i].name, name) == 0)
			return true;
	return false;
}

/* The entry's, else the provider's, with a number from the second on. */
static void take_name(struct entry *e, struct teacher_config *t)
{
	const char *name = entry_text(e, "name");

	t->name = mem_strdup(name ? name : e->vendor->name);
	if (name && is_taken(e->l->c, name))
		entry_finding(e, FINDING_ERROR, "name", "another teacher has that name; accepted: one of its own");
	for (const char *p = name; p && *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-_.", *p))
			continue;
		entry_finding(e, FINDING_ERROR, "name", "is not accepted; accepted: letters, digits, and any of - _ .");
		break;
	}
	for (unsigned i = 2; !name && is_taken(e->l->c, t->name); i++) {
		free(t->name);
		t->name = mem_printf("%s-%u", e->vendor->name, i);
	}
}

static void take_entry_address(struct entry *e, struct teacher_config *t)
{
	const char *url = entry_text(e, "base_url");

	if (url && !is_address(url)) {
		entry_finding(e, FINDING_ERROR, "base_url", "is not accepted; " ADDRESS_ACCEPTED);
	} else if (url) {
		t->base_url = mem_strdup(url);
		t->base_url_origin = mem_strdup(e->l->teachers->name);
	} else if (e->vendor->needs_address && !json_object_get(e->object, "base_url")) {
		entry_finding(e, FINDING_ERROR, "", "has no base_url; accepted: " "an http or https address");
	}
}

static void take_entry_headers(struct entry *e, struct teacher_config *t)
{
	json_t *headers = json_object_get(e->object, "headers"), *value;
	const char *name;
	bool ok = !headers || json_is_object(headers);

	json_object_foreach(headers, name, value) {
		own_mem char *line =
			json_is_string(value) ? mem_printf("%s: %s", name, json_string_value(value)) : NULL;
		ok = ok && line && !strchr(name, ':') && add_header(t, str_of(line));
	}
	if (!ok)
		entry_finding(e, FINDING_ERROR, "headers",
			"is not accepted; accepted: a table of at most 32 names and texts");
}

static bool is_first_of_vendor(const struct entry *e)
{
	for (size_t i = 0; i < e->l->c->teacher_count; i++)
		if (strcmp(e->l->c->teachers[i].provider, e->vendor->name) == 0)
			return false;
	return true;
}

/* True when the variable that the entry names, if any, has been dealt with. */
static bool take_named_key(struct entry *e, struct teacher_config *t)
{
	own_mem char *origin = NULL;
	const char *variable = entry_text(e, "api_key_env");

	if (!variable)
		return false;
	const char *text = variable_find(e->l->c, variable, &origin);
	if (text)
		(void)key_take(e->l->c, t, str_of(text), origin, e->vendor->bearer &&
			strcmp(e->vendor->bearer, variable) == 0);
	else
		entry_finding(e, FINDING_WARNING, "api_key_env", "this variable is not set");
	return true;
}

static void take_key(struct entry *e, struct teacher_config *t)
{
	const char *own = entry_text(e, "api_key"), *origin = e->l->teachers->name;

	if (take_named_key(e, t))
		return;
	if (own && (t->base_url || !is_first_of_vendor(e)))
		(void)key_take(e->l->c, t, str_of(own), origin, false);
	else if (!t->base_url)
		(void)key_find(e->l, e->vendor, own, origin, t);
}

static void complain_of_no_key(struct entry *e, const struct teacher_config *t)
{
	const char *variable = e->vendor->keys[0];
	own_mem char *text = t->base_url ?
		mem_printf("left out: no key; one found elsewhere is not sent to an address of your own; accepted: "
			"api_key_env = \"%s\", or api_key", variable) :
		mem_printf("left out: no key; accepted: api_key_env, api_key, or the variable %s", variable);

	entry_finding(e, FINDING_WARNING, "", text);
}

static void read_entry(struct loader *l, const json_t *object, const char *path)
{
	struct entry e = { .l = l, .object = object, .path = path, .ok = true };
	own_teacher t = {0};

	if (!json_is_object(object)) {
		entry_finding(&e, FINDING_ERROR, "", "is of another kind; accepted: a table");
		return;
	}
	check_keys(&e);
	if (!is_enabled(&e))
		return;
	find_vendor(&e);
	if (!e.vendor)
		return;
	const char *model = entry_text(&e, "model");
	t.provider = mem_strdup(e.vendor->name);
	t.origin = mem_strdup(l->teachers->name);
	t.model = mem_strdup(model);
	t.model_origin = model ? mem_strdup(l->teachers->name) : NULL;
	take_name(&e, &t);
	take_entry_address(&e, &t);
	take_entry_headers(&e, &t);
	take_key(&e, &t);
	take_variables(l, e.vendor, &t);
	if (!e.ok)
		return;
	if (t.key.text || t.helper || e.vendor->keyless)
		keep(l->c, &t);
	else
		complain_of_no_key(&e, &t);
}

static void read_entries(struct loader *l)
{
	size_t i;
	json_t *object;

	json_array_foreach(l->teacher_list, i, object) {
		own_mem char *path = mem_printf("%s[%zu]", l->teacher_path, i);
		if (i >= TEACHERS_MAX) {
			document_finding(l->teachers, l->c, FINDING_ERROR, path,
				"is one too many; accepted: %d teachers", TEACHERS_MAX);
			return;
		}
		read_entry(l, object, path);
	}
}

void teachers_find(struct loader *l)
{
	if (l->teachers)
		read_entries(l);
	else
		find_all(l);
}
