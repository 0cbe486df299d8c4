#include "provider/provider.h"

extern const struct provider provider_claude;

const struct provider *const providers[] = {
	&provider_claude,
};
const size_t provider_count = countof(providers);

const struct provider *provider_find(const char *name)
{
	for (size_t i = 0; i < provider_count; i++)
		if (strcmp(providers[i]->name, name) == 0)
			return providers[i];
	return NULL;
}

const char *provider_model(const struct provider *p, const char *name)
{
	if (!name)
		return p->default_model;
	for (const struct provider_alias *a = p->aliases; a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a->model;
	return name;
}
