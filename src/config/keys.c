#include "config/keys.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/findings.h"
#include "config/values.h"
#include "config/variables.h"

#define KEY_MAX ((size_t)16384)
#define HELPER_TTL_VARIABLE "CLAUDE_CODE_API_KEY_HELPER_TTL_MS"
#define HELPER_TTL_MS 300000
#define HELPER_TTL_MS_MAX 86400000

bool key_take(struct config *c, struct teacher_config *t, struct str key, const char *origin, bool bearer)
{
	key = str_trim(key);
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] > ' ' && key.p[i] < 0x7f && key.n <= KEY_MAX)
			continue;
		finding_add(c, FINDING_ERROR, "%s: the API key is not accepted; accepted: at most %zu printable ASCII "
			"characters without a space", origin, KEY_MAX);
		return false;
	}
	if (!key.n)
		return false;
	value_replace(&t->key, mem_strndup(key.p, key.n), mem_strdup(origin));
	t->bearer = bearer;
	return true;
}

static bool is_bearer(const struct vendor *v, const char *variable)
{
	return v->bearer && strcmp(v->bearer, variable) == 0;
}

static bool of_files(struct loader *l, const struct vendor *v, struct teacher_config *t)
{
	for (size_t i = 0; v->keys[i]; i++) {
		const struct config_variable *x = variable_of_files(l->c, v->keys[i]);
		if (x && key_take(l->c, t, str_of(x->text), x->file, is_bearer(v, v->keys[i])))
			return true;
	}
	return false;
}

static bool of_process(struct loader *l, const struct vendor *v, struct teacher_config *t)
{
	for (size_t i = 0; v->keys[i]; i++) {
		const char *text = getenv(v->keys[i]);
		own_mem char *origin = variable_origin(v->keys[i]);
		if (text && key_take(l->c, t, str_of(text), origin, is_bearer(v, v->keys[i])))
			return true;
	}
	return false;
}

static unsigned helper_ttl_s(struct loader *l)
{
	own_mem char *origin = NULL;
	const char *text = variable_find(l->c, HELPER_TTL_VARIABLE, &origin);
	char *end;

	if (!text)
		return HELPER_TTL_MS / 1000;
	unsigned long ms = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && ms <= HELPER_TTL_MS_MAX)
		return (unsigned)(ms / 1000);
	finding_add(l->c, FINDING_ERROR, "%s: %s: is not accepted; accepted: milliseconds from 0 to %d", origin,
		HELPER_TTL_VARIABLE, HELPER_TTL_MS_MAX);
	return HELPER_TTL_MS / 1000;
}

static bool of_helper(struct loader *l, struct teacher_config *t)
{
	if (!l->helper.text)
		return false;
	t->helper = mem_strdup(l->helper.text);
	t->key.origin = mem_printf("%s apiKeyHelper", l->helper.origin);
	t->helper_ttl_s = helper_ttl_s(l);
	return true;
}

static bool of_key_file(struct loader *l, struct teacher_config *t)
{
	struct error err = {0};
	struct stamp stamp;
	size_t len;

	if (!l->places->home)
		return false;
	own_mem char *path = path_join(l->places->home, ".anthropic/api_key");
	own_mem char *text = document_text(path, CONFIG_KEY_FILE, KEY_MAX, &len, &stamp, &err);
	if (!text && err.kind != ERROR_NOT_FOUND)
		finding_add(l->c, FINDING_ERROR, "%s", err.text);
	file_note(l->c, path, CONFIG_KEY_FILE, text ? CONFIG_FILE_READ : err.kind == ERROR_NOT_FOUND ?
		CONFIG_FILE_ABSENT : CONFIG_FILE_BROKEN, &stamp);
	return text && key_take(l->c, t, (struct str){ text, len }, CONFIG_KEY_FILE, false);
}

static bool of_entry(struct loader *l, const char *own, const char *origin, struct teacher_config *t)
{
	return own && key_take(l->c, t, str_of(own), origin, false);
}

bool key_find(struct loader *l, const struct vendor *v, const char *own, const char *own_origin,
	struct teacher_config *t)
{
	if (v == VENDOR_CLAUDE)
		return of_files(l, v, t) || of_helper(l, t) || of_process(l, v, t) || of_entry(l, own, own_origin, t) ||
			of_key_file(l, t);
	return of_process(l, v, t) || of_files(l, v, t) || of_entry(l, own, own_origin, t);
}
