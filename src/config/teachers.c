#include "config/teachers.h"

#include "base/mem.h"
#include "config/vendors.h"

void teacher_config_done(struct teacher_config *t)
{
	free(t->name);
	free(t->provider);
	free(t->model);
	free(t->base_url);
	free(t->key.text);
	free(t->key.origin);
	free(t->helper);
	for (char **h = t->headers; h && *h; h++)
		free(*h);
	free(t->headers);
	free(t->origin);
	*t = (struct teacher_config){0};
}

static struct teacher_config *add(struct config *c, const struct vendor *v, const char *key, const char *origin)
{
	c->teachers = mem_resize(c->teachers, c->teacher_count + 1, sizeof *c->teachers);
	struct teacher_config *t = &c->teachers[c->teacher_count++];

	*t = (struct teacher_config){
		.name = mem_strdup(v->name), .provider = mem_strdup(v->name), .key.text = mem_strdup(key),
		.key.origin = mem_strdup(origin), .origin = mem_strdup(origin),
	};
	return t;
}

static void add_claude(struct config *c)
{
	const struct value *key = &c->values[SETTING_API_KEY], *url = &c->values[SETTING_TEACHER_URL];

	if (!key->text)
		return;
	struct teacher_config *t = add(c, VENDOR_CLAUDE, key->text, key->origin);
	t->model = mem_strdup(c->values[SETTING_TEACHER_MODEL].text);
	t->base_url = strcmp(url->origin, "default") == 0 ? NULL : mem_strdup(url->text);
}

bool teachers_find(struct config *c, struct error *err)
{
	(void)err;
	add_claude(c);
	for (size_t i = 1; i < vendor_count; i++) {
		const struct vendor *v = &vendors[i];
		const char *key = NULL;
		size_t j = 0;
		while (v->keys[j] && !((key = getenv(v->keys[j])) && *key))
			j++;
		if (!v->keys[j])
			continue;
		own_mem char *origin = mem_printf("environment %s", v->keys[j]);
		struct teacher_config *t = add(c, v, key, origin);
		const char *url = v->address ? getenv(v->address) : NULL;
		t->base_url = url && *url ? mem_strdup(url) : NULL;
	}
	return true;
}
