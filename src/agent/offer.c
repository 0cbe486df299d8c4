#include "agent/offer.h"

static json_t *describe(const struct tool_kind *kind, bool brief)
{
	struct error err = {0};
	const char *text = brief && kind->brief_schema ? kind->brief_schema : kind->schema;
	json_t *schema = json_parse_object(str_of(text), "schema", &err);

	return json_pack("{s:s, s:{s:s, s:s, s:o}}", "type", "function", "function", "name", kind->name,
		"description", brief ? kind->brief : kind->description, "parameters", schema);
}

json_t *offer_tools(bool brief, bool (*wanted)(void *user, const struct tool_kind *kind), void *user)
{
	json_t *tools = NULL;

	for (size_t i = 0; tool_kinds[i]; i++) {
		if ((brief && !tool_kinds[i]->brief) || (wanted && !wanted(user, tool_kinds[i])))
			continue;
		if (!tools)
			tools = json_array();
		json_array_append_new(tools, describe(tool_kinds[i], brief));
	}
	return tools;
}

bool offer_has(const json_t *tools, const char *name)
{
	json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool) {
		const char *known = json_member_string(json_object_get(tool, "function"), "name");
		if (known && strcmp(known, name) == 0)
			return true;
	}
	return false;
}
