#include "cli/download_line.h"

#include <stdio.h>

#include "base/path.h"
#include "cli/bar.h"

static uint64_t number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* As much as is known. */
static const char *name_of(const json_t *download)
{
	const char *model = json_member_string(download, "model"), *repo = json_member_string(download, "repository");

	return model && *model ? model : repo && *repo ? path_base(repo) : "the model for this machine";
}

static void running(const json_t *d, char out[DOWNLOAD_LINE])
{
	const char *stage = json_member_string(d, "stage");
	char progress[PROGRESS_TEXT] = "";

	if (str_is(json_member_str(d, "stage"), "preparing"))
		snprintf(progress, sizeof progress, "%d %%",
			(int)(100 * json_number_value(json_object_get(d, "share"))));
	else if (!str_is(json_member_str(d, "stage"), "asking"))
		progress_text(number(d, "bytes"), number(d, "total"), number(d, "per_second"), progress);
	snprintf(out, DOWNLOAD_LINE, "%s %s%s%s", stage ? stage : "", name_of(d), *progress ? ": " : "", progress);
}

bool download_line(const json_t *status, char out[DOWNLOAD_LINE])
{
	const json_t *d = json_object_get(status, "download");
	struct str state = json_member_str(d, "state");
	const char *error = json_member_string(d, "error");

	*out = '\0';
	if (str_is(state, "running"))
		running(d, out);
	else if (str_is(state, "done"))
		snprintf(out, DOWNLOAD_LINE, "%s is here", name_of(d));
	else if (str_is(state, "failed"))
		snprintf(out, DOWNLOAD_LINE, "%s could not be fetched: %s", name_of(d), error ? error : "");
	return str_is(state, "running");
}
