/* [[teachers]], entry by entry. */
#include <ctype.h>

#include "base/mem.h"
#include "config/findings.h"
#include "config/keys.h"
#include "config/teacher_parts.h"
#include "config/teachers.h"
#include "config/variables.h"

#define TEXT_MAX ((size_t)2048)
#define PRICE_MAX 4000           /* dollars for a million tokens, in 32 bits of micro-dollars */
#define own_teacher owns(teacher_config_done) struct teacher_config

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

/* A request names who is asked by one word; a teacher must not be called as somebody else. */
static bool means_another(const struct entry *e, const char *name)
{
	static const char *const taken[] = { "auto", "known-answers", "local", "teacher" };

	for (size_t i = 0; i < countof(taken); i++)
		if (strcmp(taken[i], name) == 0)
			return true;
	return vendor_find(name) && vendor_find(name) != e->vendor;
}

static bool is_plain(const char *name)
{
	while (isalnum((unsigned char)*name) || (*name && strchr("-_.", *name)))
		name++;
	return !*name;
}

/* The entry's, else the provider's, with a number from the second on. */
static void take_name(struct entry *e, struct teacher_config *t)
{
	const char *name = entry_text(e, "name");

	t->name = mem_strdup(name ? name : e->vendor->name);
	if (name && !is_plain(name))
		entry_finding(e, FINDING_ERROR, "name", "is not accepted; accepted: letters, digits, and any of - _ .");
	else if (name && (is_taken(e->l->c, name) || means_another(e, name)))
		entry_finding(e, FINDING_ERROR, "name", "means another already; accepted: one of its own");
	for (unsigned i = 2; !name && is_taken(e->l->c, t->name); i++) {
		free(t->name);
		t->name = mem_printf("%s-%u", e->vendor->name, i);
	}
}

static void take_entry_address(struct entry *e, struct teacher_config *t)
{
	const char *url = entry_text(e, "base_url");

	if (url && !teacher_is_address(url)) {
		entry_finding(e, FINDING_ERROR, "base_url", "is not accepted; " TEACHER_ADDRESS_ACCEPTED);
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
		ok = ok && line && !strchr(name, ':') && teacher_add_header(t, str_of(line));
	}
	if (!ok)
		entry_finding(e, FINDING_ERROR, "headers",
			"is not accepted; accepted: a table of at most 32 names and texts");
}

/* Dollars as micro-dollars; false when there are none. */
static bool entry_price(struct entry *e, const char *key, uint32_t *micros)
{
	const json_t *value = json_object_get(e->object, key);
	double dollars = json_number_value(value);

	if (value && (!json_is_number(value) || !(dollars >= 0 && dollars <= PRICE_MAX)))
		entry_finding(e, FINDING_ERROR, key, "is not accepted; accepted: a number from 0 to 4000");
	else
		*micros = (uint32_t)(dollars * 1e6 + 0.5);
	return value != NULL;
}

static void take_prices(struct entry *e, struct teacher_config *t)
{
	bool input = entry_price(e, "price_input", &t->price_input);
	bool output = entry_price(e, "price_output", &t->price_output);

	t->priced = input && output;
	if (input != output)
		entry_finding(e, FINDING_ERROR, input ? "price_input" : "price_output",
			"is not enough; accepted: price_input and price_output together");
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
	const char *const *variables = e->vendor->keys;
	own_buf text = BUF_INIT(1000);

	if (t->base_url)
		buf_putf(&text, "left out: no key; one found elsewhere is not sent to an address of your own; "
			"accepted: api_key_env = \"%s\", or api_key", variables[0]);
	else
		buf_put(&text, "left out: no key; accepted: api_key_env, api_key, or the variable ");
	for (size_t i = 0; !t->base_url && variables[i]; i++)
		buf_putf(&text, "%s%s", i ? " or " : "", variables[i]);
	entry_finding(e, FINDING_WARNING, "", text.data);
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
	take_prices(&e, &t);
	take_key(&e, &t);
	teacher_take_variables(l, e.vendor, &t);
	if (!e.ok)
		return;
	if (t.key.text || t.helper || e.vendor->keyless)
		teacher_keep(l->c, &t);
	else
		complain_of_no_key(&e, &t);
}

void teacher_list_read(struct loader *l)
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
