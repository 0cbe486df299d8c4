#include "config/caching.h"

#include <string.h>
#include <strings.h>

#include "config/variables.h"

#define HOUR_VARIABLE "ENABLE_PROMPT_CACHING_1H"
#define MINUTES_VARIABLE "FORCE_PROMPT_CACHING_5M"      /* the stronger */

/* The i-th is the bit 1 << i. */
static const struct { const char *variable, *family; } switches[] = {
	{ "DISABLE_PROMPT_CACHING", "" },
	{ "DISABLE_PROMPT_CACHING_HAIKU", "haiku" },
	{ "DISABLE_PROMPT_CACHING_SONNET", "sonnet" },
	{ "DISABLE_PROMPT_CACHING_OPUS", "opus" },
};

/* As Claude Code reads its switches. */
static bool is_on(const struct config *c, const char *variable)
{
	static const char *const words[] = { "1", "true", "yes", "on" };
	const char *text = variable_find(c, variable, NULL);

	for (size_t i = 0; text && i < countof(words); i++)
		if (strcasecmp(words[i], text) == 0)
			return true;
	return false;
}

bool caching_is_off(unsigned uncached, const char *model)
{
	for (size_t i = 0; i < countof(switches); i++)
		if (uncached & 1u << i && strstr(model ? model : "", switches[i].family))
			return true;
	return false;
}

void caching_take(const struct config *c, struct teacher_config *t)
{
	for (size_t i = 0; i < countof(switches); i++)
		if (is_on(c, switches[i].variable))
			t->uncached |= 1u << i;
	t->lasting = is_on(c, HOUR_VARIABLE) && !is_on(c, MINUTES_VARIABLE);
}

bool caching_variable(const char *name)
{
	for (size_t i = 0; i < countof(switches); i++)
		if (strcmp(switches[i].variable, name) == 0)
			return true;
	return strcmp(name, HOUR_VARIABLE) == 0 || strcmp(name, MINUTES_VARIABLE) == 0;
}
