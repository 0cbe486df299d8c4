#include "config/teachers.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"
#include "config/caching.h"
#include "config/findings.h"
#include "config/keys.h"
#include "config/teacher_parts.h"
#include "config/values.h"
#include "config/variables.h"

#define MODEL_VARIABLE "ANTHROPIC_MODEL"
#define HEADERS_VARIABLE "ANTHROPIC_CUSTOM_HEADERS"
#define BETAS_VARIABLE "ANTHROPIC_BETAS"
#define TEXT_MAX ((size_t)2048)

const struct teacher_key teacher_keys[] = {
	{ "provider", "a provider's name", "who is asked" },
	{ "model", "a string", "the model; without it the one the provider offers first" },
	{ "api_key", "a string", "the key; better in a variable of the environment" },
	{ "api_key_env", "a variable's name", "the variable that holds the key" },
	{ "base_url", "an http or https address", "where it is asked, with a key that this entry names" },
	{ "name", "a string", "what it is called by; the provider's name without it" },
	{ "headers", "a table of strings", "more header lines" },
	{ "price_input", "a number from 0 to 4000", "dollars for a million tokens of what is asked" },
	{ "price_output", "a number from 0 to 4000", "dollars for a million tokens of what is answered" },
	{ "enabled", "true or false", "false: as if it were not there" },
	{0},
};

const char *const teacher_aliases[TEACHER_ALIASES] = { "opus", "sonnet", "haiku" };

/* Claude Code's, for what they stand for. */
static const char *const alias_variables[TEACHER_ALIASES] = {
	"ANTHROPIC_DEFAULT_OPUS_MODEL", "ANTHROPIC_DEFAULT_SONNET_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL",
};

bool teachers_variable(const char *name)
{
	static const char *const others[] = { MODEL_VARIABLE, HEADERS_VARIABLE, BETAS_VARIABLE,
		"CLAUDE_CODE_API_KEY_HELPER_TTL_MS" };

	for (size_t i = 0; i < countof(others); i++)
		if (strcmp(others[i], name) == 0)
			return true;
	for (size_t i = 0; i < TEACHER_ALIASES; i++)
		if (strcmp(alias_variables[i], name) == 0)
			return true;
	return caching_variable(name);
}

void teacher_config_done(struct teacher_config *t)
{
	free(t->name);
	free(t->provider);
	free(t->model);
	free(t->model_origin);
	free(t->base_url);
	free(t->base_url_origin);
	mem_forget(take(t->key.text));
	value_done(&t->key);
	free(t->helper);
	for (char **h = t->headers; h && *h; h++)
		mem_forget(*h);
	free(t->headers);
	for (size_t i = 0; i < TEACHER_ALIASES; i++)
		free(t->stands_for[i]);
	free(t->origin);
	*t = (struct teacher_config){0};
}
#define own_teacher owns(teacher_config_done) struct teacher_config

static bool is_near(const char *url)
{
	static const char *const hosts[] = { "http://127.", "http://localhost", "http://[::1]" };

	for (size_t i = 0; i < countof(hosts); i++)
		if (strncmp(url, hosts[i], strlen(hosts[i])) == 0)
			return true;
	return false;
}

static void note_open_key(struct config *c, const struct teacher_config *t)
{
	bool open = t->base_url && strncmp(t->base_url, "http://", 7) == 0 && !is_near(t->base_url);

	if (open && (t->key.text || t->helper))
		finding_add(c, FINDING_NOTE, "%s: %s: its key travels unencrypted to its address; accepted: https",
			t->base_url_origin, t->name);
}

void teacher_keep(struct config *c, struct teacher_config *t)
{
	c->teachers = mem_resize(c->teachers, c->teacher_count + 1, sizeof *c->teachers);
	c->teachers[c->teacher_count++] = *t;
	note_open_key(c, t);
	*t = (struct teacher_config){0};
}

/* ---- Address, model and headers that variables bring ---- */

bool teacher_is_address(const char *text)
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

static void take_address(struct loader *l, const struct vendor *v, struct teacher_config *t)
{
	own_mem char *origin = NULL;
	const char *url = v->address && !t->base_url ? variable_find(l->c, v->address, &origin) : NULL;

	if (url && !teacher_is_address(url)) {
		finding_add(
			l->c, FINDING_ERROR, "%s: %s: is not accepted; " TEACHER_ADDRESS_ACCEPTED, origin, v->address);
	} else if (url) {
		t->base_url = mem_strdup(url);
		t->base_url_origin = take(origin);
	}
}

/* What an alias stands for where a variable says so; the provider knows what else it may. */
static void resolve_alias(struct loader *l, struct teacher_config *t)
{
	for (size_t i = 0; i < TEACHER_ALIASES && t->model; i++) {
		own_mem char *origin = NULL;
		const char *model = strcmp(t->model, teacher_aliases[i]) == 0 ?
			variable_find(l->c, alias_variables[i], &origin) : NULL;
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

bool teacher_add_header(struct teacher_config *t, struct str line)
{
	size_t n = count_headers(t);

	if (!is_header(line) || n >= TEACHER_HEADERS_MAX)
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
		if (str_trim(line).n && !teacher_add_header(t, str_trim(line)))
			finding_add(l->c, FINDING_ERROR,
				"%s: " HEADERS_VARIABLE ": is not accepted; accepted: at most %d lines "
				"\"Name: value\"",
				lines_origin, TEACHER_HEADERS_MAX);
	if (!betas)
		return;
	own_mem char *header = mem_printf("anthropic-beta: %s", betas);
	if (!teacher_add_header(t, str_of(header)))
		finding_add(l->c, FINDING_ERROR,
			"%s: " BETAS_VARIABLE ": is not accepted; accepted: names with commas between", betas_origin);
}

/* For questions that name a model of their own. */
static void take_aliases(struct loader *l, struct teacher_config *t)
{
	for (size_t i = 0; i < TEACHER_ALIASES; i++)
		t->stands_for[i] = mem_strdup(variable_find(l->c, alias_variables[i], NULL));
}

void teacher_take_variables(struct loader *l, const struct vendor *v, struct teacher_config *t)
{
	bool own_address = t->base_url;

	take_address(l, v, t);
	if (v != VENDOR_CLAUDE)
		return;
	take_model(l, t);
	take_aliases(l, t);
	caching_take(l->c, t);
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
		teacher_take_variables(l, v, &t);
		teacher_keep(l->c, &t);
	}
}

void teachers_find(struct loader *l)
{
	if (l->teachers)
		teacher_list_read(l);
	else
		find_all(l);
}
