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
