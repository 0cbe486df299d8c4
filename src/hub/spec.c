#include "hub/spec.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "hub/graphs.h"
#include "hub/names.h"

/* ---- What is meant ---- */

static bool looks_like_folder(const char *text)
{
	return *text == '/' || *text == '~' || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ||
	       strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0;
}

static bool take_folder(struct model_spec *s, const char *text, struct error *err)
{
	own_mem char *home = text[0] == '~' && text[1] == '/' ? path_home(err) : NULL;
	own_mem char *path = home ? path_join(home, text + 2) : mem_strdup(text);
	char *full = realpath(path, NULL);

	if (!full)
		return error_errno(err, "the model folder %s", text);
	s->folder = full;
	return true;
}

static bool take_repository(struct model_spec *s, struct str name, struct error *err)
{
	struct error wrong = {0};
	own_mem char *repo = mem_strndup(name.p, name.n);

	if (!strchr(repo, '/') || !name_check_repo(repo, &wrong))
		return error_set(err, ERROR_INVALID,
			"there is no model %.100s: `shammah models list` shows the known ones; "
			"a repository of the Hub is OWNER/NAME, a folder begins with / or ./", repo);
	s->repo = take(repo);
	return true;
}

bool spec_parse(struct model_spec *s, const char *text, struct error *err)
{
	const char *at = strrchr(text, '@');
	struct str name = { text, at ? (size_t)(at - text) : strlen(text) };

	*s = (struct model_spec){0};
	if (looks_like_folder(text) || (!catalogue_find(name) && path_is_directory(text)))
		return take_folder(s, text, err);
	if (at && !name_check_revision(at + 1, err))
		return false;
	s->model = catalogue_find(name);
	if (!(s->model && !memchr(name.p, '/', name.n)) && !take_repository(s, name, err))
		return false;
	s->revision = at ? mem_strdup(at + 1) : NULL;
	return true;
}

void spec_done(struct model_spec *s)
{
	free(s->folder);
	free(s->repo);
	free(s->revision);
	*s = (struct model_spec){0};
}

const char *spec_repository(const struct model_spec *s, size_t i)
{
	if (s->repo)
		return i ? NULL : s->repo;
	return s->model && i < CATALOGUE_REPOSITORIES ? s->model->repositories[i] : NULL;
}

const char *spec_name(const struct model_spec *s)
{
	return s->folder ? s->folder : s->model ? s->model->name : s->repo;
}

/* ---- Where it is ---- */

/* A whole model of one precision in one repository: the graph with all its weights, and what it cannot do without. */
static char *find_one(const struct hub *hub, const char *repo, const char *revision, const char *file)
{
	static const char *const folders[] = { "onnx/", "" };
	struct error missing = {0};
	char *folder = NULL;

	for (size_t i = 0; i < countof(folders) && !folder; i++) {
		own_mem char *graph = mem_printf("%s%s*", folders[i], file);
		const char *const needed[] = { "config.json", "tokenizer.json", "tokenizer_config.json", graph };
		struct hub_want want = { .repo = repo, .revision = revision, .files = needed,
			.file_count = countof(needed) };
		folder = hub_find(hub, &want, &missing);
	}
	return folder;
}

static bool not_here(const struct model_spec *s, const char *precision, struct error *err)
{
	const char *name = spec_name(s);

	return error_set(err, ERROR_NOT_FOUND,
		"the model %s is not on this machine%s%s; `shammah models pull %s` fetches it", name,
		precision ? " in precision " : "", precision ? precision : "", name);
}

char *spec_find(const struct hub *hub, const struct model_spec *s, const char *precision, const char **found,
	struct error *err)
{
	char *folder = NULL;
	const char *repo;

	if (s->folder)
		return mem_strdup(s->folder);
	for (size_t i = 0; (repo = spec_repository(s, i)); i++) {
		for (size_t j = 0; !folder && j < graph_name_count; j++) {
			if (precision && strcmp(precision, graph_names[j].precision) != 0)
				continue;
			folder = find_one(hub, repo, s->revision, graph_names[j].file);
			if (folder && found)
				*found = graph_names[j].precision;
		}
		if (folder)
			return folder;
	}
	(void)not_here(s, precision, err);
	return NULL;
}

char *spec_locate(const char *text, struct error *err)
{
	own_model_spec spec = {0};
	own_hub hub = {0};

	if (!spec_parse(&spec, text, err))
		return NULL;
	if (!spec.folder && !hub_init(&hub, err))
		return NULL;
	return spec_find(&hub, &spec, NULL, NULL, err);
}
