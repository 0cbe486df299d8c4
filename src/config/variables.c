#include "config/variables.h"

#include "base/mem.h"

static struct config_variable *find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->variable_count; i++)
		if (strcmp(c->variables[i].name, name) == 0)
			return &c->variables[i];
	return NULL;
}

void variable_set(struct config *c, const char *name, const char *text, const char *file)
{
	struct config_variable *v = find(c, name);

	if (!v) {
		c->variables = mem_resize(c->variables, c->variable_count + 1, sizeof *c->variables);
		v = &c->variables[c->variable_count++];
		*v = (struct config_variable){ .name = mem_strdup(name) };
	}
	free(v->text);
	free(v->file);
	v->text = mem_strdup(text);
	v->file = mem_strdup(file);
}

const struct config_variable *variable_of_files(const struct config *c, const char *name)
{
	const struct config_variable *v = find(c, name);

	return v && *v->text ? v : NULL;
}

char *variable_origin(const char *name)
{
	return mem_printf("environment %s", name);
}

const char *variable_find(const struct config *c, const char *name, char **origin)
{
	const char *text = getenv(name);
	const struct config_variable *v = text && *text ? NULL : variable_of_files(c, name);

	if (origin && ((text && *text) || v))
		*origin = v ? mem_strdup(v->file) : variable_origin(name);
	return v ? v->text : text && *text ? text : NULL;
}

/* Where files are looked for is settled by then. */
static bool exported(const char *name)
{
	return !config_knows_variable(name) || strncmp(name, "HF_", 3) == 0 || strcmp(name, "NO_COLOR") == 0;
}

void config_export(const struct config *c)
{
	for (size_t i = 0; i < c->variable_count; i++)
		if (exported(c->variables[i].name))
			(void)setenv(c->variables[i].name, c->variables[i].text, 0);
}
