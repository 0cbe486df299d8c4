#include "provider/openai.h"

bool openai_model_in(const char *model, const char *const *prefixes)
{
	while (*prefixes && strncmp(model, *prefixes, strlen(*prefixes)) != 0)
		prefixes++;
	return *prefixes != NULL;
}

static enum effort wished_effort(const struct request *request)
{
	if (request->effort == EFFORT_UNSET && request->chat.no_thoughts)
		return EFFORT_NONE;
	return request->effort;
}

bool openai_thoughtless(const struct request *request) { return wished_effort(request) == EFFORT_NONE; }

const char *openai_effort(const struct target *target, const struct request *request)
{
	const struct openai_efforts *row = target->provider->openai->efforts;

	while (row && row->prefix && strncmp(target->model, row->prefix, strlen(row->prefix)) != 0)
		row++;
	return row && row->prefix ? row->words[wished_effort(request)] : NULL;
}
