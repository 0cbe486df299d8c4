#include "tool/tool.h"

void tool_job_done(struct tool_job *job)
{
	buf_done(&job->text);
	json_decref(job->details);
	job->details = NULL;
}

static bool is_called(const struct tool_kind *kind, struct str name)
{
	struct str rest = str_of(kind->old_names ? kind->old_names : ""), old;

	if (str_is(name, kind->name))
		return true;
	while (str_split(&rest, '|', &old))
		if (old.n && str_equal(old, name))
			return true;
	return false;
}

const struct tool_kind *tool_find(struct str name)
{
	for (size_t i = 0; tool_kinds[i]; i++)
		if (is_called(tool_kinds[i], name))
			return tool_kinds[i];
	return NULL;
}
