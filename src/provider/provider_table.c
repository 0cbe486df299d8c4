#include "provider/provider.h"

const struct provider providers[] = {
	{
		.name = "claude",
		.display_name = "Claude",
		.dialect = &dialect_claude,
		.default_model = "claude-sonnet-5-5",
		/* As Claude Code's own settings may name them. */
		.aliases = (const struct provider_alias[]){
			{ "default", "claude-sonnet-5-5" },
			{ "sonnet", "claude-sonnet-5-5" },
			{ "opus", "claude-opus-5-5" },
			{ "opusplan", "claude-opus-5-5" },
			{ "haiku", "claude-haiku-4-5" },
			{ 0 },
		},
		.model_prefixes = (const char *const[]){ "claude-", NULL },
		.default_base_url = "https://api.anthropic.com",
		.key_variable = "ANTHROPIC_API_KEY",
		.key_header = "x-api-key",
		.key_prefix = "sk-ant-",
		.refusable = (const char *const[]){ "temperature", "top_p", "top_k", NULL },
	},
};
const size_t provider_count = countof(providers);

const struct provider *provider_find(const char *name)
{
	for (size_t i = 0; i < provider_count; i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
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
