#include "daemon/teacher_entry.h"

#include "base/mem.h"

/* --- made, shared, freed ---------------------------------------------------------------- */

static void free_headers(struct http_header *headers)
{
	for (struct http_header *h = headers; h && h->name; h++) {
		free((char *)h->name);
		mem_forget((char *)h->value);
	}
	free(headers);
}

/* Lines "Name: value".  Each may be a credential, so none follows a redirect. */
static bool read_headers(char *const *lines, struct http_header **out, struct error *err)
{
	size_t count = 0;

	while (lines && lines[count])
		count++;
	struct http_header *headers = mem_zeroed(count + 1, sizeof *headers);
	for (size_t i = 0; i < count; i++) {
		struct str value = str_of(lines[i]), name;
		if (!str_split(&value, ':', &name) || !value.p || !str_trim(name).n) {
			free_headers(headers);
			return error_set(err, ERROR_INVALID, "a header must be written \"Name: value\"");
		}
		name = str_trim(name);
		value = str_trim(value);
		headers[i] = (struct http_header){ .name = mem_strndup(name.p, name.n),
			.value = mem_strndup(value.p, value.n), .secret = true };
	}
	*out = headers;
	return true;
}

static void reach_unref(struct teacher_reach *r)
{
	if (atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	free(r->base_url);
	free_headers(r->headers);
	teacher_key_done(&r->key);
	free(r);
}

static struct teacher_reach *reach_create(const struct teacher_config *c, const struct provider *provider,
	struct error *err)
{
	struct http_header *headers = NULL;

	if (!read_headers(c->headers, &headers, err))
		return NULL;
	struct teacher_reach *r = mem_zeroed(1, sizeof *r);
	atomic_init(&r->refs, 1);
	r->provider = provider;
	r->base_url = mem_strdup(c->base_url);
	r->bearer = c->bearer;
	r->headers = headers;
	teacher_key_init(&r->key, c->key.text, c->helper, c->helper_ttl_s);
	return r;
}

struct teacher_entry *teacher_entry_create(const struct teacher_config *c, struct error *err)
{
	const struct provider *provider = provider_find(c->provider);

	if (!provider) {
		error_set(err, ERROR_INVALID, "%.40s: there is no provider %.40s", c->name, c->provider);
		return NULL;
	}
	struct teacher_reach *reach = reach_create(c, provider, err);
	if (!reach) {
		(void)error_prefix(err, "%.40s", c->name);
		return NULL;
	}
	struct teacher_entry *e = mem_zeroed(1, sizeof *e);
	atomic_init(&e->refs, 1);
	e->provider = provider;
	e->name = mem_strdup(c->name);
	e->model = mem_strdup(provider_model(provider, c->model));
	e->origin = mem_strdup(c->key.origin);
	e->uncached = c->uncached;
	e->lasting = c->lasting;
	for (size_t i = 0; i < TEACHER_ALIASES; i++)
		e->stands_for[i] = mem_strdup(c->stands_for[i]);
	e->priced = c->priced;
	e->price = price_flat(c->price_input, c->price_output);
	e->reach = reach;
	return e;
}

struct teacher_entry *teacher_entry_ref(struct teacher_entry *e)
{
	atomic_fetch_add(&e->refs, 1);
	return e;
}

void teacher_entry_unref(struct teacher_entry *e)
{
	if (!e || atomic_fetch_sub(&e->refs, 1) != 1)
		return;
	free(e->name);
	free(e->model);
	free(e->origin);
	for (size_t i = 0; i < TEACHER_ALIASES; i++)
		free(e->stands_for[i]);
	reach_unref(e->reach);
	free(e);
}

void teacher_entry_share(struct teacher_entry *fresh, const struct teacher_entry *other)
{
	struct teacher_reach *own = fresh->reach;

	atomic_fetch_add(&other->reach->refs, 1);
	fresh->reach = other->reach;
	reach_unref(own);
}

/* --- compared --------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_headers(const struct http_header *a, const struct http_header *b)
{
	for (; a->name && b->name; a++, b++)
		if (strcmp(a->name, b->name) != 0 || strcmp(a->value, b->value) != 0)
			return false;
	return !a->name && !b->name;
}

static bool same_reach(const struct teacher_reach *a, const struct teacher_reach *b)
{
	return a == b || (a->provider == b->provider && same_text(a->base_url, b->base_url) && a->bearer == b->bearer &&
		same_text(a->key.fixed, b->key.fixed) && same_text(a->key.helper, b->key.helper) &&
		a->key.ttl_s == b->key.ttl_s && same_headers(a->headers, b->headers));
}

bool teacher_entry_reaches_same(const struct teacher_entry *a, const struct teacher_entry *b)
{
	return same_reach(a->reach, b->reach);
}

static bool same_aliases(const struct teacher_entry *a, const struct teacher_entry *b)
{
	bool same = true;

	for (size_t i = 0; same && i < TEACHER_ALIASES; i++)
		same = same_text(a->stands_for[i], b->stands_for[i]);
	return same;
}

bool teacher_entry_same(const struct teacher_entry *a, const struct teacher_entry *b)
{
	return teacher_entry_reaches_same(a, b) && same_text(a->name, b->name) && same_text(a->model, b->model) &&
		same_text(a->origin, b->origin) && same_aliases(a, b) && a->uncached == b->uncached &&
		a->lasting == b->lasting && a->priced == b->priced &&
		a->price.input == b->price.input && a->price.output == b->price.output;
}

const struct price *teacher_entry_price(const struct teacher_entry *e, const char *model)
{
	return e->priced && same_text(e->model, model) ? &e->price : NULL;
}

const char *teacher_entry_lacks(const struct teacher_entry *e, bool named_model)
{
	if (!teacher_key_exists(&e->reach->key) && !e->provider->keyless)
		return "no key";
	if (!e->reach->base_url && !e->provider->default_base_url)
		return "no address";
	return e->model || named_model ? NULL : "no model";
}

/* --- named ------------------------------------------------------------------------------ */

/* What follows "NAME/" in the wish; false when it does not begin so. */
static bool after_name(struct str wish, const char *name, struct str *rest)
{
	size_t n = strlen(name);

	if (wish.n <= n + 1 || memcmp(wish.p, name, n) != 0 || wish.p[n] != '/')
		return false;
	*rest = str_from(wish, n + 1);
	return true;
}

/* What the user says it stands for goes before what the vendor says. */
static bool is_alias(const struct teacher_entry *e, struct str name, struct str *model)
{
	const struct provider *p = e->provider;

	for (size_t i = 0; i < TEACHER_ALIASES; i++)
		if (e->stands_for[i] && str_is(name, teacher_aliases[i])) {
			*model = str_of(e->stands_for[i]);
			return true;
		}
	for (const struct provider_alias *a = p->aliases; a && a->name; a++)
		if (str_is(name, a->name)) {
			*model = str_of(a->model);
			return true;
		}
	return false;
}

static bool has_prefix(const struct provider *p, struct str name)
{
	for (const char *const *prefix = p->model_prefixes; prefix && *prefix; prefix++)
		if (str_starts(name, str_of(*prefix)))
			return true;
	return false;
}

enum teacher_naming teacher_entry_names(const struct teacher_entry *e, struct str wish, struct str *model)
{
	*model = e->model ? str_of(e->model) : (struct str){ 0 };
	if (str_is(wish, e->name))
		return NAMED_NAME;
	if (e->model && str_is(wish, e->model))
		return NAMED_MODEL;
	if (after_name(wish, e->name, model) || after_name(wish, e->provider->name, model)) {
		(void)is_alias(e, *model, model);
		return e->model && str_is(*model, e->model) ? NAMED_NAME : NAMED_BY_PROVIDER;
	}
	if (is_alias(e, wish, model))
		return NAMED_ALIAS;
	*model = wish;
	return has_prefix(e->provider, wish) ? NAMED_PREFIX : NAMED_NOT;
}
