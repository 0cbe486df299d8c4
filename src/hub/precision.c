#include "hub/precision.h"

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "hub/graphs.h"
#include "hub/layout.h"

#define FILE_MAX ((size_t)1 << 20)

/* CACHE/models--OWNER--NAME/snapshots/COMMIT is OWNER/NAME, whichever commit. */
static char *key_of(const char *folder)
{
	own_mem char *path = mem_strdup(folder);

	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(path, '/');
		if (slash)
			*slash = '\0';
	}
	char *repo = layout_repo_name(path_base(path));
	return repo ? repo : mem_strdup(folder);
}

/* An empty object where there is no file, or one that nobody can read. */
static json_t *read_all(const char *home)
{
	own_mem char *path = home_path(home, HOME_PRECISIONS);
	struct error unread = {0};
	own_json *all = json_parse_file(path, FILE_MAX, &unread);

	return json_is_object(all) ? take(all) : json_object();
}

static bool has_graph(const char *folder, const char *precision)
{
	static const char *const folders[] = { "onnx/", "" };

	for (size_t i = 0; i < graph_name_count; i++) {
		if (strcmp(graph_names[i].precision, precision) != 0)
			continue;
		for (size_t j = 0; j < countof(folders); j++) {
			own_mem char *path = mem_printf("%s/%s%s", folder, folders[j], graph_names[i].file);
			if (path_is_file(path))
				return true;
		}
	}
	return false;
}

char *precision_chosen(const char *home, const char *folder)
{
	own_mem char *key = key_of(folder);
	own_json *all = read_all(home);
	const char *precision = json_member_string(all, key);

	return precision && has_graph(folder, precision) ? mem_strdup(precision) : NULL;
}

bool precision_choose(const char *home, const char *folder, const char *precision, struct error *err)
{
	own_mem char *path = home_path(home, HOME_PRECISIONS), *key = key_of(folder);
	own_json *all = read_all(home);
	own_buf text = BUF_INIT(FILE_MAX);

	if (precision && !has_graph(folder, precision))
		return error_set(err, ERROR_NOT_FOUND, "%s holds no precision %s", folder, precision);
	if (precision)
		json_object_set_new(all, key, json_string(precision));
	else
		json_object_del(all, key);
	return json_write(&text, all, err) && path_make(home, 0700, err) && file_write(path, buf_str(&text), 0600, err);
}
