#include "tool/open.h"

#include <stdlib.h>

#include "base/mem.h"
#include "permit/links.h"
#include "tool/input.h"

char *open_judge(const struct tool_context *c, struct str path, bool write, struct error *err)
{
	const struct path_question q = { str_of(c->root), str_of(c->cwd), str_of(c->home ? c->home : ""), path, write,
		&path_links_real, str_of(c->ours ? c->ours : "") };
	own_mem struct path_judgement *j = mem_alloc(sizeof *j);

	if (!path_judge(&q, j, err))
		return NULL;
	if (j->verdict == VERDICT_NEVER || !j->real[0]) {
		error_set(err, ERROR_DENIED, "%.*s: %s", STR_ARGS(path), j->why);
		return NULL;
	}
	return mem_strdup(j->real);
}

char *open_real(const struct tool_job *job, const char *member, bool write, struct error *err)
{
	struct str path = tool_input_str(job->input, member);

	if (!path.n || memchr(path.p, '\0', path.n)) {
		error_set(err, ERROR_INVALID, "`%s` must be the path of a file", member);
		return NULL;
	}
	return job->real && job->real[0] ? mem_strdup(job->real) : open_judge(job->context, path, write, err);
}

int open_to_read(const struct tool_job *job, const char *member, char **real, struct stat *was, struct error *err)
{
	*real = open_real(job, member, false, err);
	return *real ? real_open(*real, was, err) : -1;
}
